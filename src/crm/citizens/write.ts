import { sql } from 'kysely'
import type { z } from 'zod'
import type { CitizenSeen } from '#contract/commands/citizen.ts'
import type { Citizen, CitizenIdentity, CitizenPhone } from '#contract/domain/citizen.ts'
import { type CitizenDetails, sameDetail } from '#contract/domain/citizen-join.ts'
import { Fault } from '#contract/errors.ts'
import { type Places, statement } from '../store/query.ts'
import type { Trx } from '../store/store.ts'
import { appendChange } from '../sync/changes.ts'
import { readCitizens, survivorOf } from './rows.ts'

const stands = statement(
  ({ id }: Places<{ id: string }>) =>
    sql`select id from citizens where id = ${id} and merged_into is null for key share`,
)

/**
 * Refuses what names a person who does not exist; of one who was joined with another, answers the other, whom nobody joins with a third until
 * the end of the transaction.
 */
export async function survivingCitizen<I extends string | null>(trx: Trx, id: I): Promise<I> {
  if (id === null) return id
  for (let asked: string = id; ; ) {
    const standing = await stands.run(trx, { id: asked })
    if (standing.length > 0) return asked as I
    // Also who waited for a merge looks whom it has left.
    const survivor = await survivorOf(trx, id)
    if (survivor === null) throw new Fault('not-found', 'citizen-gone')
    asked = survivor
  }
}

/** The person, or whom they turned out to be, as `lockCitizen` does. */
export async function lockSurvivor(trx: Trx, id: string): Promise<Citizen> {
  for (;;) {
    const survivor = await survivorOf(trx, id)
    if (survivor === null) throw new Fault('not-found', 'citizen-gone')
    const citizen = await lockCitizen(trx, survivor)
    if (citizen.mergedInto === null) return citizen
  }
}

/** As they are, and nobody else's to change until the end of the transaction. */
export async function lockCitizen(trx: Trx, id: string): Promise<Citizen> {
  await sql`select 1 from citizens where id = ${id} for update`.execute(trx)
  const [citizen] = await readCitizens(trx, sql`c.id = ${id}`)
  if (!citizen) throw new Fault('not-found', 'citizen-gone')
  return citizen
}

/** Refuses where somebody was quicker. */
export function requireAsSeen(citizen: Citizen, seen: z.output<typeof CitizenSeen>): void {
  for (const [field, value] of Object.entries(seen))
    if (!sameDetail(citizen[field as keyof CitizenDetails], value))
      throw new Fault('conflict', 'citizen-stale', { params: { field } })
}

/** The columns of what is said of a person. Numbers and identities are rows of their own. */
export function columnsOf(details: Partial<CitizenDetails>) {
  const has = <K extends keyof CitizenDetails>(key: K) => details[key] !== undefined
  return {
    ...(has('givenName') && { given_name: details.givenName }),
    ...(has('familyName') && { family_name: details.familyName }),
    ...(has('birthDate') && { birth_date: details.birthDate }),
    ...(has('fiscalCode') && { fiscal_code: details.fiscalCode }),
    ...(has('language') && { language: details.language }),
    ...(has('otherLanguages') && { other_languages: details.otherLanguages }),
    ...(has('email') && { email: details.email }),
    ...(has('otherEmails') && { other_emails: details.otherEmails }),
    ...(has('address') && {
      street: details.address?.street ?? null,
      municipality: details.address?.municipality ?? null,
      municipio: details.address?.municipio ?? null,
    }),
    ...(has('otherAddresses') && { other_addresses: JSON.stringify(details.otherAddresses) }),
  }
}

export async function writePhones(trx: Trx, id: string, phones: readonly CitizenPhone[]): Promise<void> {
  if (phones.length === 0) return
  await trx
    .insertInto('citizen_phones')
    .values(phones.map(({ number, kind }, position) => ({ citizen_id: id, position, number, kind })))
    .execute()
}

/** An identity is one person's: who claims another's has to be looked at by somebody. */
export async function writeIdentities(
  trx: Trx,
  id: string,
  identities: readonly CitizenIdentity[],
): Promise<void> {
  for (const [position, { scheme, value }] of identities.entries()) {
    const { numInsertedOrUpdatedRows } = await trx
      .insertInto('citizen_identities')
      .values({ scheme, value, citizen_id: id, position })
      .onConflict((conflict) => conflict.columns(['scheme', 'value']).doNothing())
      .executeTakeFirst()
    if (numInsertedOrUpdatedRows === 0n) throw new Fault('conflict', 'identity-taken')
  }
}

type Saved = Partial<CitizenDetails> & Partial<Pick<Citizen, 'needsDuplicateCheck' | 'mergedInto'>>

/** Writes what is named, raises the version and says so in the change log; who speaks for somebody hears of a new name. */
export async function saveCitizen(trx: Trx, id: string, saved: Saved): Promise<void> {
  if (saved.phones !== undefined) {
    await trx.deleteFrom('citizen_phones').where('citizen_id', '=', id).execute()
    await writePhones(trx, id, saved.phones)
  }
  if (saved.identities !== undefined) {
    await trx.deleteFrom('citizen_identities').where('citizen_id', '=', id).execute()
    await writeIdentities(trx, id, saved.identities)
  }
  const { version } = await trx
    .updateTable('citizens')
    .set((eb) => ({
      ...columnsOf(saved),
      ...(saved.needsDuplicateCheck !== undefined && { needs_duplicate_check: saved.needsDuplicateCheck }),
      ...(saved.mergedInto !== undefined && { merged_into: saved.mergedInto }),
      version: eb('version', '+', 1),
    }))
    .where('id', '=', id)
    .returning('version')
    .executeTakeFirstOrThrow()
  await appendChange(trx, 'citizen', id, version)
  if (saved.givenName !== undefined || saved.familyName !== undefined) await tellDelegates(trx, id)
}

/** The rows of those who may speak for a person carry the person's name. */
export async function tellDelegates(trx: Trx, id: string): Promise<void> {
  await sql`
    insert into change_log (entity, id, version)
    select 'citizen', c.id::text, c.version from citizens c
    join citizen_delegations d on d.citizen_id = c.id where d.for_id = ${id}`.execute(trx)
}
