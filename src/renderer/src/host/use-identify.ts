import type { Work } from '#contract/desk.ts'
import type { IdentificationMethod } from '#contract/domain/contact.ts'
import { announce } from '../ui/announce.tsx'
import { useFaultText } from '../ui/fault-text.tsx'
import { useDesk, useKeeper } from './desk.tsx'
import { toFault } from './fault.ts'

/** Says who is speaking and how the operator knows: in the draft at once, and as a command. */
export function useIdentify(
  work: Work | null,
): (citizenId: string | null, identification: IdentificationMethod) => void {
  const { desk } = useDesk()
  const keeper = useKeeper(work)
  const say = useFaultText()
  return (citizenId, identification) => {
    if (!work || !keeper) return
    const { contactId } = work
    keeper.edit((draft) => ({ ...draft, citizenId, identification }))
    keeper
      .flush()
      .then(() => desk.work.identify({ contactId, citizenId, identification }))
      .catch((error: unknown) => announce(say(toFault(error)), 'urgent'))
  }
}
