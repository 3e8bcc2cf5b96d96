import type { Draft, Work } from '#contract/desk.ts'
import { attempt } from './attempt.ts'
import { useKeeper } from './desk.tsx'

type Who = Pick<Draft, 'citizenId' | 'identification' | 'choice'>

/** Says who is speaking and how the operator knows: in the draft at once, and with it as a command. */
export function useIdentify(work: Work | null): (who: Who) => void {
  const keeper = useKeeper(work)
  return (who) => {
    if (!keeper) return
    keeper.edit((draft) => ({ ...draft, ...who }))
    void attempt('identify', () => keeper.flush())
  }
}
