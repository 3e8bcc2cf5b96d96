import { useQuery } from '@tanstack/react-query'
import { useDesk } from '../../host/desk.tsx'

/** How many open requests somebody would leave behind who is then in the teams `left` only; null while that is not known. */
export function useOpenRequests(id: string, left: readonly string[], enabled: boolean): number | null {
  const { queries } = useDesk()
  const { data } = useQuery({ ...queries.openRequestsOf(id), enabled })
  return data && enabled
    ? data.reduce((sum, { team, count }) => (left.includes(team) ? sum : sum + count), 0)
    : null
}
