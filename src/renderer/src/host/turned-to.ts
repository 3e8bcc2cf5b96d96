import { type Draft, emptyDraft } from '#contract/desk.ts'

export type Who = Pick<Draft, 'citizenId' | 'identification' | 'choice'>

/**
 * The draft once somebody else is speaking. An appointment that was being moved or made up for is the one's before: what was chosen for it goes. What
 * was chosen for nobody in particular stays, but for how the one before wanted to be told; and all of it while nobody was known: by saying who
 * speaks it becomes theirs. For whom they spoke is asked anew.
 */
export const turnedTo =
  (who: Who) =>
  (draft: Draft): Draft => ({
    ...draft,
    ...who,
    ...(who.citizenId === draft.citizenId ? {} : { booking: withoutTheirs(draft), onBehalfOf: null }),
  })

function withoutTheirs({ booking, citizenId }: Draft): Draft['booking'] {
  if (citizenId === null) return booking
  if (booking.moves !== null) return emptyDraft.booking
  if (booking.recoveryOf !== null) return { ...booking, recoveryOf: null, visit: null, notify: null }
  return { ...booking, notify: null }
}
