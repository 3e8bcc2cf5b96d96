import type { Work } from '#contract/desk.ts'
import { attempt } from './attempt.ts'
import { useKeeper } from './desk.tsx'
import { turnedTo, type Who } from './turned-to.ts'
import { useGiveBack } from './use-give-back.ts'

/** Says who is speaking and how the operator knows: in the draft at once, and with it as a command. */
export function useIdentify(work: Work | null): (who: Who) => void {
  const keeper = useKeeper(work)
  const giveBack = useGiveBack()
  return (who) => {
    if (!keeper || !work) return
    const { visit } = keeper.get().draft.booking
    keeper.edit(turnedTo(who))
    if (visit && keeper.get().draft.booking.visit === null) giveBack(work.contactId)
    void attempt('identify', () => keeper.flush())
  }
}
