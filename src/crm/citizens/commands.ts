import type { CitizenDetails } from '#contract/domain/citizen-join.ts'
import { comparedDetails } from '#contract/domain/likeness.ts'
import { Fault } from '#contract/errors.ts'
import type { Trx } from '../store/store.ts'
import { appendChange, appendCitizens } from '../sync/changes.ts'
import type { Handler } from '../sync/handler.ts'
import { recordReads } from './reads.ts'
import { isAlikeToSomebody, lookAlone } from './search.ts'
import {
  columnsOf,
  lockSurvivor,
  requireAsSeen,
  saveCitizen,
  survivingCitizen,
  writeIdentities,
  writePhones,
} from './write.ts'

export const createCitizen: Handler<'citizen.create'> = async ({ trx }, citizen) => {
  const known = await trx.selectFrom('citizens').select('id').where('id', '=', citizen.id).executeTakeFirst()
  if (known) throw new Fault('conflict', 'citizen-exists')
  await lookAlone(trx)
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
      street: null,
      municipality: null,
      municipio: null,
      ...columnsOf(citizen),
      needs_duplicate_check: citizen.needsDuplicateCheck || (await isAlikeToSomebody(trx, citizen)),
    })
    .returning('version')
    .executeTakeFirstOrThrow()
  await writePhones(trx, citizen.id, citizen.phones)
  await writeIdentities(trx, citizen.id, citizen.identities)
  await appendChange(trx, 'citizen', citizen.id, version)
}

export const updateCitizen: Handler<'citizen.update'> = async ({ trx }, { citizenId, seen, change }) => {
  const citizen = await lockSurvivor(trx, citizenId)
  requireAsSeen(citizen, seen)
  const details = change as Partial<CitizenDetails>
  const compared = comparedDetails.some((key) => key in change)
  if (compared) await lookAlone(trx)
  const alike =
    citizen.needsDuplicateCheck || (compared && (await isAlikeToSomebody(trx, { ...citizen, ...details })))
  await saveCitizen(trx, citizen.id, { ...details, needsDuplicateCheck: alike })
}

/** As another than oneself, and both of them there. */
async function pairOf(trx: Trx, args: { citizenId: string; forId: string }) {
  const citizenId = await survivingCitizen(trx, args.citizenId)
  const forId = await survivingCitizen(trx, args.forId)
  if (citizenId === forId) throw new Fault('invalid', 'input-invalid', { params: { field: 'forId' } })
  return { citizenId, forId }
}

/** Who calls brings those for whom they may speak into the scope of desks, and takes them out of it. */
async function tellDelegation(trx: Trx, citizenId: string, forId: string): Promise<void> {
  await saveCitizen(trx, citizenId, {})
  await appendCitizens(trx, forId)
}

export const delegateCitizen: Handler<'citizen.delegate'> = async ({ trx }, args) => {
  const { citizenId, forId } = await pairOf(trx, args)
  const { kind, until } = args
  await trx
    .insertInto('citizen_delegations')
    .values({ citizen_id: citizenId, for_id: forId, kind, until })
    .onConflict((conflict) => conflict.columns(['citizen_id', 'for_id']).doUpdateSet({ kind, until }))
    .execute()
  await tellDelegation(trx, citizenId, forId)
}

export const endDelegation: Handler<'citizen.end-delegation'> = async ({ trx }, args) => {
  const { citizenId, forId } = await pairOf(trx, args)
  await trx
    .deleteFrom('citizen_delegations')
    .where('citizen_id', '=', citizenId)
    .where('for_id', '=', forId)
    .execute()
  await tellDelegation(trx, citizenId, forId)
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
