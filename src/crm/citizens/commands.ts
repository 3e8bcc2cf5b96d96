import { Fault } from '#contract/errors.ts'
import type { Trx } from '../store/store.ts'
import { appendChange } from '../sync/changes.ts'
import type { Handler } from '../sync/handler.ts'
import { recordReads } from './reads.ts'

/** Refuses a command that names a person who does not exist. */
export async function requireCitizen(trx: Trx, id: string | null): Promise<void> {
  if (id === null) return
  const found = await trx.selectFrom('citizens').select('id').where('id', '=', id).executeTakeFirst()
  if (!found) throw new Fault('not-found', 'citizen-gone')
}

export const createCitizen: Handler<'citizen.create'> = async ({ trx }, citizen) => {
  const known = await trx.selectFrom('citizens').select('id').where('id', '=', citizen.id).executeTakeFirst()
  if (known) throw new Fault('conflict', 'citizen-exists')

  const twin = await trx
    .selectFrom('citizens')
    .select('id')
    .where((eb) =>
      eb.or([
        eb('fiscal_code', '=', citizen.fiscalCode),
        eb.and([
          eb(
            'name_key',
            '=',
            eb.fn<string>('search_key', [eb.val(`${citizen.familyName} ${citizen.givenName}`)]),
          ),
          eb('birth_date', '=', citizen.birthDate),
        ]),
      ]),
    )
    .limit(1)
    .executeTakeFirst()

  const { version } = await trx
    .insertInto('citizens')
    .values({
      id: citizen.id,
      given_name: citizen.givenName,
      family_name: citizen.familyName,
      birth_date: citizen.birthDate,
      fiscal_code: citizen.fiscalCode,
      language: citizen.language,
      email: citizen.email,
      street: citizen.address?.street ?? null,
      municipality: citizen.address?.municipality ?? null,
      municipio: citizen.address?.municipio ?? null,
      needs_duplicate_check: citizen.needsDuplicateCheck || twin !== undefined,
    })
    .returning('version')
    .executeTakeFirstOrThrow()
  if (citizen.phones.length > 0) {
    await trx
      .insertInto('citizen_phones')
      .values(citizen.phones.map((phone, position) => ({ citizen_id: citizen.id, position, ...phone })))
      .execute()
  }
  await appendChange(trx, 'citizen', citizen.id, version)
}

export const recordRead: Handler<'citizen.read'> = async ({ trx, author }, read) => {
  await recordReads(trx, {
    userId: author.id,
    citizenIds: [read.citizenId],
    reason: read.reason,
    at: read.at,
    source: read.from,
  })
  await appendChange(trx, 'read', read.citizenId, 0)
}
