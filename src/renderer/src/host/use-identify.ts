import type { Work } from '#contract/desk.ts'
import type { IdentificationMethod } from '#contract/domain/contact.ts'
import { attempt } from './attempt.ts'
import { useDesk, useKeeper } from './desk.tsx'

/** Says who is speaking and how the operator knows: in the draft at once, and as a command. */
export function useIdentify(
  work: Work | null,
): (citizenId: string | null, identification: IdentificationMethod) => void {
  const { desk } = useDesk()
  const keeper = useKeeper(work)
  return (citizenId, identification) => {
    if (!work || !keeper) return
    const { contactId } = work
    keeper.edit((draft) => ({ ...draft, citizenId, identification }))
    void attempt('identify', async () => {
      await keeper.flush()
      await desk.work.identify({ contactId, citizenId, identification })
    })
  }
}
