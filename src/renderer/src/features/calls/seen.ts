import { useInfiniteQuery } from '@tanstack/react-query'
import { useDesk } from '../../host/desk.tsx'
import { sessionStore } from '../../host/session-store.ts'
import { useMinute } from '../../ui/now.ts'
import { missedSince } from './missed.ts'

/** Until when the list of calls was looked at in this window. */
const useSeen = sessionStore<{ until: string | null }>(() => ({ until: null }))

export const seeCalls = (until: string): void => useSeen.setState({ until })

/** How many calls of today were missed and not looked at. */
export function useMissed(): number {
  const { queries } = useDesk()
  const now = useMinute()
  const until = useSeen((state) => state.until)
  const { data } = useInfiniteQuery(queries.callHistory)
  return missedSince(data?.pages.flat() ?? [], until, now).length
}
