import type { Draft } from '#contract/desk.ts'

/**
 * What is booked or asked with a person in sight is theirs: who had only been taken for the caller by the number becomes the contact's person
 * before the command, which has its citizen from the draft. Null: nobody is in sight.
 */
export const actingFor =
  (citizenId: string | null) =>
  (draft: Draft): Draft =>
    citizenId === null || draft.citizenId !== null || draft.choice !== 'number'
      ? draft
      : { ...draft, citizenId, identification: 'none', choice: 'person' }
