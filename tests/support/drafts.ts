import type { Draft } from '#contract/desk.ts'
import type { DeskClient } from './host.ts'

/** What changes in the draft of a contact, saved as a window does. */
export async function saveInDraft(
  client: DeskClient,
  contactId: string,
  what: Partial<Draft>,
): Promise<void> {
  const mine = (await client.work.list()).work.find((one) => one.contactId === contactId)
  if (!mine) throw new Error('no such work')
  await client.work.save({ contactId, revision: mine.revision, draft: { ...mine.draft, ...what } })
}

/** Who speaks, and how that is known. */
export const identify = (
  client: DeskClient,
  {
    contactId,
    ...who
  }: { contactId: string; citizenId: string | null; identification: Draft['identification'] },
): Promise<void> =>
  saveInDraft(client, contactId, { ...who, choice: who.citizenId === null ? 'another' : 'person' })
