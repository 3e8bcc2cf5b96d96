import { sql } from 'kysely'
import { Citizen } from '#contract/domain/citizen.ts'
import { type CitizenDetails, joinCitizens, partCitizens } from '#contract/domain/citizen-join.ts'
import { Fault } from '#contract/errors.ts'
import type { Sql } from '../store/query.ts'
import type { MergeRecord } from '../store/schema.ts'
import type { Trx } from '../store/store.ts'
import { appendRepresented } from '../sync/changes.ts'
import type { Handler } from '../sync/handler.ts'
import { isAlikeToSomebody } from './search.ts'
import {
  lockCitizen,
  lockSurvivor,
  requireAsSeen,
  saveCitizen,
  survivingCitizen,
  tellDelegates,
} from './write.ts'

/** In one order, whoever is named first, so that two who join the same two do not wait for each other. */
async function lockBoth(trx: Trx, one: string, other: string): Promise<[Citizen, Citizen]> {
  const [first, second] = [one, other].toSorted() as [string, string]
  const found = [await lockCitizen(trx, first), await lockCitizen(trx, second)] as [Citizen, Citizen]
  return first === one ? found : [found[1], found[0]]
}

const hanging = [
  ['contacts', 'contact', 'contacts', 'citizen_id'],
  ['onBehalf', 'contact', 'contacts', 'on_behalf_of'],
  ['tickets', 'ticket', 'tickets', 'citizen_id'],
  ['appointments', 'appointment', 'appointments', 'citizen_id'],
] as const

/** What hangs on one person hangs on another, and every desk hears of it. `only`: of these rows. */
async function moveRows(
  trx: Trx,
  entity: string,
  table: string,
  column: string,
  { from, to, only }: { from: string; to: string; only?: readonly string[] },
): Promise<string[]> {
  const which: Sql = only === undefined ? sql`true` : sql`id = any(${[...only]}::uuid[])`
  const { rows } = await sql<{ id: string }>`
    with moved as (
      update ${sql.table(table)} set ${sql.ref(column)} = ${to}, version = version + 1
      where ${sql.ref(column)} = ${from} and ${which} returning id, version
    ), told as (
      insert into change_log (entity, id, version) select ${entity}::text, id::text, version from moved
    ) select id from moved order by id`.execute(trx)
  return rows.map(({ id }) => id)
}

export const mergeCitizens: Handler<'citizen.merge'> = async ({ trx, author }, args) => {
  if (args.keptId === args.mergedId)
    throw new Fault('invalid', 'input-invalid', { params: { field: 'mergedId' } })
  const [kept, merged] = await lockBoth(trx, args.keptId, args.mergedId)
  if (kept.mergedInto !== null || merged.mergedInto !== null) throw new Fault('conflict', 'citizen-merged')
  requireAsSeen(kept, args.seen.kept)
  requireAsSeen(merged, args.seen.merged)
  const joined = joinCitizens(kept, merged, args.take)
  const made = { ...kept, ...joined }
  if (!Citizen.safeParse(made).success) throw new Fault('invalid', 'input-invalid')

  const pair = { from: merged.id, to: kept.id }
  const moved: Record<string, string[]> = {}
  for (const [name, entity, table, column] of hanging)
    moved[name] = await moveRows(trx, entity, table, column, pair)
  const { rows: optOuts } = await sql<{ channel: MergeRecord['moved']['optOuts'][number] }>`
    insert into channel_opt_outs (citizen_id, channel, since)
    select ${kept.id}, channel, since from channel_opt_outs where citizen_id = ${merged.id}
    on conflict do nothing returning channel`.execute(trx)
  const { rows: delegations } = await sql<MergeRecord['moved']['delegations'][number]>`
    with theirs as (
      select case when citizen_id = ${merged.id} then ${kept.id}::uuid else citizen_id end as citizen_id,
        case when for_id = ${merged.id} then ${kept.id}::uuid else for_id end as for_id, kind, until
      from citizen_delegations where citizen_id = ${merged.id} or for_id = ${merged.id}
    ) insert into citizen_delegations (citizen_id, for_id, kind, until)
    select * from theirs where citizen_id <> for_id on conflict do nothing
    returning citizen_id, for_id, kind, until`.execute(trx)
  const { rows: held } = await sql`
    insert into legal_holds (citizen_id, reason, set_by, set_at)
    select ${kept.id}, reason, set_by, set_at from legal_holds where citizen_id = ${merged.id}
    on conflict do nothing returning citizen_id`.execute(trx)

  const record: MergeRecord = {
    before: kept,
    made,
    mergedMarked: merged.needsDuplicateCheck,
    moved: {
      ...(moved as Pick<MergeRecord['moved'], (typeof hanging)[number][0]>),
      ...{
        optOuts: optOuts.map(({ channel }) => channel),
        delegations,
        legalHold: held.length > 0,
      },
    },
  }
  await trx
    .insertInto('citizen_merges')
    .values({
      id: args.id,
      citizen_id: kept.id,
      merged_id: merged.id,
      made_by: author.id,
      record: JSON.stringify(record),
    })
    .execute()
  // An identity is one person's at a time; numbers and the rest the other keeps, so that it is whole when it is one again.
  await trx.deleteFrom('citizen_identities').where('citizen_id', '=', merged.id).execute()
  await saveCitizen(trx, merged.id, { mergedInto: kept.id, needsDuplicateCheck: false })
  const toCompare =
    (kept.needsDuplicateCheck || merged.needsDuplicateCheck) && (await isAlikeToSomebody(trx, made))
  await saveCitizen(trx, kept.id, { ...joined, needsDuplicateCheck: toCompare })
  await tellDelegates(trx, kept.id)
  await appendRepresented(trx, kept.id, merged.id)
}

export const unmergeCitizen: Handler<'citizen.unmerge'> = async ({ trx, author }, { mergedId }) => {
  const merge = await trx
    .selectFrom('citizen_merges')
    .select(['id', 'citizen_id', 'made_at', 'record'])
    .where('merged_id', '=', mergedId)
    .where('undone_at', 'is', null)
    .executeTakeFirst()
  if (!merge) throw new Fault('not-found', 'record-not-found')
  const [kept, merged] = await lockBoth(trx, merge.citizen_id, mergedId)
  // Joined with a third since: what hung here hangs there, and that has to be undone first.
  if (kept.mergedInto !== null) throw new Fault('conflict', 'citizen-merged')
  if (merged.mergedInto !== kept.id) throw new Fault('not-found', 'record-not-found')

  const { record } = merge
  if (record === null) throw new Fault('conflict', 'merge-final')
  const joined: Joined = { mergedId, made_at: merge.made_at, record }
  const { before, made, moved, mergedMarked = true } = record
  for (const [name, entity, table, column] of hanging)
    await moveRows(trx, entity, table, column, { from: kept.id, to: merged.id, only: moved[name] })
  await partOptOuts(trx, kept.id, joined)
  await partDelegations(trx, kept.id, joined)
  await partHolds(trx, kept.id, joined)

  const parted: CitizenDetails = partCitizens(kept, before, made)
  await sql`
    update citizen_merges set undone_at = clock_timestamp(), undone_by = ${author.id} where id = ${merge.id}`.execute(
    trx,
  )
  await saveCitizen(trx, kept.id, parted)
  const back = made.identities.filter(
    ({ scheme, value }) =>
      !before.identities.some((own) => own.scheme === scheme && own.value === value) &&
      kept.identities.some((own) => own.scheme === scheme && own.value === value),
  )
  await saveCitizen(trx, merged.id, { mergedInto: null, identities: back })
  await markAgain(trx, kept.id, kept.needsDuplicateCheck || before.needsDuplicateCheck)
  await markAgain(trx, merged.id, mergedMarked)
  await tellDelegates(trx, kept.id)
  await tellDelegates(trx, merged.id)
  await appendRepresented(trx, kept.id, merged.id)
}

/** Whoever was to be compared is again, unless that was settled since: joined with another, or said to be two, they are found in the list of pairs alone. */
async function markAgain(trx: Trx, id: string, wasMarked: boolean): Promise<void> {
  const citizen = await lockCitizen(trx, id)
  const needsDuplicateCheck = wasMarked && (await isAlikeToSomebody(trx, citizen))
  if (needsDuplicateCheck !== citizen.needsDuplicateCheck) await saveCitizen(trx, id, { needsDuplicateCheck })
}

type Joined = { mergedId: string; made_at: string; record: MergeRecord }

/** What came with the other goes back; what was said since stays and counts for both: for whom it was meant, nobody has said. */
async function partOptOuts(trx: Trx, keptId: string, { mergedId, made_at, record }: Joined): Promise<void> {
  const since = sql`o.citizen_id = ${keptId} and o.since >= ${made_at}::timestamptz`
  await sql`
    delete from channel_opt_outs o
    where o.citizen_id = ${keptId} and o.channel = any(${record.moved.optOuts}::text[]) and not (${since})`.execute(
    trx,
  )
  await sql`
    insert into channel_opt_outs (citizen_id, channel, since)
    select ${mergedId}, o.channel, o.since from channel_opt_outs o where ${since}
    on conflict do nothing`.execute(trx)
}

/** Those of the other stand again as they became while the two were one: one that was ended is ended. */
async function partDelegations(trx: Trx, keptId: string, { mergedId, record }: Joined): Promise<void> {
  const asKept = (column: string) =>
    sql`case when ${sql.ref(column)} = ${mergedId} then ${keptId}::uuid else ${sql.ref(column)} end`
  const [who, forWhom] = [asKept('d.citizen_id'), asKept('d.for_id')]
  await sql`
    delete from citizen_delegations d
    where (d.citizen_id = ${mergedId} or d.for_id = ${mergedId}) and ${who} <> ${forWhom}
      and not exists (select 1 from citizen_delegations k where k.citizen_id = ${who} and k.for_id = ${forWhom})`.execute(
    trx,
  )
  for (const { citizen_id, for_id } of record.moved.delegations) {
    const pair = sql`k.citizen_id = ${citizen_id} and k.for_id = ${for_id}`
    await sql`
      update citizen_delegations d set kind = k.kind, until = k.until from citizen_delegations k
      where ${pair} and (d.citizen_id = ${mergedId} or d.for_id = ${mergedId})
        and ${who} = k.citizen_id and ${forWhom} = k.for_id`.execute(trx)
    await sql`delete from citizen_delegations k where ${pair}`.execute(trx)
  }
}

/**
 * Of what came with the other, the hold goes back; one that was set or renewed since stays, and counts for both: for whom it was meant,
 * nobody has said.
 */
async function partHolds(trx: Trx, keptId: string, { mergedId, made_at, record }: Joined): Promise<void> {
  const since = sql`h.citizen_id = ${keptId} and h.set_at >= ${made_at}::timestamptz`
  if (record.moved.legalHold)
    await sql`
      delete from legal_holds h where h.citizen_id = ${keptId} and not (${since})`.execute(trx)
  await sql`
    insert into legal_holds (citizen_id, reason, set_by, set_at)
    select ${mergedId}, h.reason, h.set_by, h.set_at from legal_holds h where ${since}
    on conflict do nothing`.execute(trx)
}

/** Each pair in the order in which it is stored. */
async function pairsOf(trx: Trx, citizenId: string, otherIds: readonly string[]) {
  const pairs: { citizen_id: string; other_id: string }[] = []
  for (const id of otherIds) {
    const otherId = await survivingCitizen(trx, id)
    if (otherId === citizenId) throw new Fault('conflict', 'citizen-merged')
    const [citizen_id, other_id] = [citizenId, otherId].toSorted() as [string, string]
    pairs.push({ citizen_id, other_id })
  }
  return pairs
}

export const keepApart: Handler<'citizen.keep-apart'> = async ({ trx, author }, args) => {
  const citizen = await lockSurvivor(trx, args.citizenId)
  for (const pair of await pairsOf(trx, citizen.id, args.otherIds))
    await trx
      .insertInto('citizens_kept_apart')
      .values({ ...pair, set_by: author.id })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  // Kept apart one by one: the mark stays until the last.
  const toCompare = citizen.needsDuplicateCheck && (await isAlikeToSomebody(trx, citizen))
  await saveCitizen(trx, citizen.id, { needsDuplicateCheck: toCompare })
}

/** Marked as whoever was proposed is: also who is alike to nobody, for somebody had marked them to be looked at. */
export const compareAgain: Handler<'citizen.compare-again'> = async ({ trx, author }, args) => {
  const citizen = await lockSurvivor(trx, args.citizenId)
  for (const { citizen_id, other_id } of await pairsOf(trx, citizen.id, args.otherIds))
    await trx
      .deleteFrom('citizens_kept_apart')
      .where('citizen_id', '=', citizen_id)
      .where('other_id', '=', other_id)
      .where('set_by', '=', author.id)
      .execute()
  await saveCitizen(trx, citizen.id, { needsDuplicateCheck: true })
}
