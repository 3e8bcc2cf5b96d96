import { type RawBuilder, sql } from 'kysely'
import type { Logger } from 'pino'
import { cityZone } from '#contract/domain/ids.ts'
import { inPlaceOf } from '../agenda/closure-rows.ts'
import { auditFreeOfHold, freeOfHold, requestFreeOfHold, visitFreeOfHold } from '../citizens/holds.ts'
import type { Sql } from '../store/query.ts'
import type { Db, Trx } from '../store/store.ts'
import { inTransaction } from '../store/transaction.ts'
import { announceChanges, appendCitizens } from '../sync/changes.ts'
import type { RetentionTerms } from './terms.ts'

export type Purged = Record<'contacts' | 'tickets' | 'appointments' | 'citizens' | 'reads' | 'audit', number>

/** Rows of one transaction: so few that no other writer waits for long. */
const batch = 200
/** Of the advisory lock that lets one process purge at a time; any number that nothing else takes. */
const lockKey = 72_110

/**
 * Takes the contents that are older than their terms, in small transactions that each leave the counts right; what they were is kept as
 * statistics without persons, and that they went is told to the desks. Whoever is on legal hold keeps everything. What cannot be taken of one
 * kind stops no other. `signal` ends it between two transactions.
 */
export async function purge(
  db: Db,
  log: Logger,
  terms: RetentionTerms,
  now: Date,
  signal: AbortSignal = new AbortController().signal,
): Promise<Purged> {
  const purged: Purged = { contacts: 0, tickets: 0, appointments: 0, citizens: 0, reads: 0, audit: 0 }
  const kinds = [
    ['appointments', purgeAppointments],
    ['tickets', purgeTickets],
    ['contacts', purgeContacts],
    ['citizens', citizensInTurn()],
    ['reads', purgeReads],
    ['audit', purgeAudit],
    ['audit', emptyMerges],
    ['citizens', forgetMerges],
  ] as const
  for (const [kind, work] of kinds) {
    const days = terms[kind]
    if (days === null) continue
    const before = limitOf(days, now)
    try {
      for (let count = batch; count === batch && !signal.aborted; purged[kind] += count) {
        count = await inTransaction(db, async (trx) => {
          const { rows } = await sql<{ mine: boolean }>`
            select pg_try_advisory_xact_lock(${lockKey}) as mine, set_config('ascolto.purge', 'on', true),
              set_config('ascolto.actor', '{"operation":"retention"}', true)`.execute(trx)
          return rows[0]?.mine ? await work(trx, before) : 0
        })
      }
    } catch (error) {
      log.error({ err: error, kind }, 'retention could not take what is over its term')
    }
  }
  if (signal.aborted) return purged
  await compactLog(db, new Date(now.getTime() - terms.changeLog * 86_400_000))
  if (Object.values(purged).some((count) => count > 0)) {
    log.info(purged, 'retention has taken what was over its terms')
    await announceChanges(db)
  }
  return purged
}

type Before = RawBuilder<string>

const limitOf = (days: number, now: Date): Before =>
  sql<string>`${new Date(now.getTime() - days * 86_400_000).toISOString()}::timestamptz`

/**
 * That line `m` of the audit is from before. Numbers and instants of entries rise together, but for moments: so the index of lines ends where the
 * term does. The instant as a value, for joined with its entry a line would be found by walking through all of them.
 */
const isFrom = (before: Before): Sql => sql`
  m.entry_id <= (select l.id from audit_entries l where l.at < ${before} order by l.at desc, l.id desc limit 1)
    and (select e.at from audit_entries e where e.id = m.entry_id) < ${before}`

/** Before every id. */
const nobody = '00000000-0000-0000-0000-000000000000'

/** The ids of what is over its term, by kind, in the order of an index, so that no batch has to look at what is not. */
const overTerm = {
  appointments: (before) => sql`
    select a.id from appointments a where a.ends_at < ${before} and ${visitFreeOfHold(sql`a.id`)}
      and not exists (select 1 from (${inPlaceOf(sql`select a.id`)}) i join appointments later on later.id = i.id
        where later.ends_at >= ${before})
    order by a.ends_at`,
  tickets: (before) => sql`
    select t.id from tickets t where t.status = 'closed' and t.received_at < ${before} and ${requestFreeOfHold(sql`t.id`)}
      and not exists (select 1 from ticket_entries e where e.ticket_id = t.id and e.at >= ${before})
    order by t.received_at`,
  contacts: (before) => sql`
    select k.id from contacts k where k.started_at < ${before} and ${freeOfHold(sql`k.citizen_id`)}
      and ${freeOfHold(sql`k.on_behalf_of`)}
      and not exists (select 1 from tickets t where t.contact_id = k.id)
      and not exists (select 1 from ticket_contacts l where l.contact_id = k.id)
      and not exists (select 1 from appointments a where a.contact_id = k.id)
    order by k.started_at`,
  // Whom the registry knows stays; who was entered at a desk stays as long as something is theirs, or somebody who turned out to be
  // them is there. By those whom desks entered: an import writes every resident of the city into the audit.
  citizens: (before, after = nobody) => sql`
    select c.id from citizens c cross join lateral (
      select where ${freeOfHold(sql`c.id`)}
        and exists (select 1 from audit_changes m
          where m.citizen_id = c.id and m.what = 'citizens' and m.did = 'insert' and ${isFrom(before)})
        and not exists (select 1 from citizens o where o.merged_into = c.id)
        and not exists (select 1 from contacts k where k.citizen_id = c.id or k.on_behalf_of = c.id)
        and not exists (select 1 from tickets t where t.citizen_id = c.id)
        and not exists (select 1 from appointments a where a.citizen_id = c.id)
        and not exists (select 1 from reads r where r.citizen_id = c.id and r.at >= ${before})
      -- One by one: joined as a whole, every resident of the city would be read for each batch.
      offset 0) due
    where c.origin = 'desk' and c.id > ${after}::uuid
    order by c.id`,
  reads: (before) => sql`
    select r.id from reads r where r.at < ${before} and ${freeOfHold(sql`r.citizen_id`)} order by r.at`,
  audit: (before) => sql`
    select m.id from audit_changes m where ${isFrom(before)} and m.purged_at is null and ${auditFreeOfHold} order by m.entry_id`,
} satisfies Record<keyof Purged, (before: Before, after?: string) => Sql>

/** Joinings that still hold how the two were before, which is the audit's to keep. */
const mergesOverTerm = (before: Before): Sql => sql`
    select m.id from citizen_merges m where m.record is not null and m.made_at < ${before}
      and ${freeOfHold(sql`m.citizen_id`)} and ${freeOfHold(sql`m.merged_id`)} order by m.made_at`

/** Counting on would cost as much as taking them. */
const mostCounted = 1000

/** What a run at `at` would take, as things are now. */
export async function countDue(
  db: Db,
  terms: RetentionTerms,
  at: Date,
): Promise<Record<keyof Purged, { count: number; more: boolean } | null>> {
  const most = mostCounted + 1
  const due = async (kind: keyof Purged, over: (before: Before) => Sql = overTerm[kind]) => {
    const days = terms[kind]
    if (days === null) return null
    const { rows } = await sql<{ count: number }>`
      select count(*)::int as count from (${over(limitOf(days, at))} limit ${most}) d`.execute(db)
    const count = rows[0]?.count ?? 0
    return { count: Math.min(count, mostCounted), more: count > mostCounted }
  }
  return {
    contacts: await due('contacts'),
    tickets: await due('tickets'),
    appointments: await due('appointments'),
    citizens: await due('citizens'),
    reads: await due('reads'),
    audit: await due(
      'audit',
      (before) => sql`
        select from (${overTerm.audit(before)} limit ${most}) a
        union all select from (${mergesOverTerm(before)} limit ${most}) m`,
    ),
  }
}

/** In which words the counts of a kind are kept; the same for rows that are there and for those that go. */
export const counted = {
  contact: sql`select (k.started_at at time zone ${sql.lit(cityZone)})::date as day, 'contact' as kind,
    coalesce(k.topic_id, '') as topic, k.channel, coalesce(k.outcome, '') as outcome from contacts k where not k.practice`,
  ticket: sql`select (t.received_at at time zone ${sql.lit(cityZone)})::date as day, 'ticket' as kind, t.topic_id as topic,
    t.kind as channel, t.status as outcome from tickets t`,
  appointment: sql`select (a.starts_at at time zone ${sql.lit(cityZone)})::date as day, 'appointment' as kind,
    a.office_id as topic, a.channel, a.state as outcome from appointments a`,
} as const

const count = (trx: Trx, rows: Sql) =>
  sql`
    insert into statistics as s (day, kind, topic, channel, outcome, count)
    select day, kind, topic, channel, outcome, count(*) from (${rows}) r group by 1, 2, 3, 4, 5
    on conflict (day, kind, topic, channel, outcome) do update set count = s.count + excluded.count`.execute(
    trx,
  )

const tell = (
  trx: Trx,
  entity: 'appointment' | 'ticket' | 'ticket-entry' | 'contact' | 'citizen',
  ids: Sql,
) =>
  sql`insert into change_log (entity, id, version) select ${entity}, i.id::text, 0 from (${ids}) i (id)`.execute(
    trx,
  )

/** With their last contact, request or appointment persons leave the desks that hold who has one: where a term is shorter than that, nothing else says so. */
async function tellPersons(trx: Trx, persons: Sql): Promise<void> {
  const { rows } = await sql<{ id: string }>`
    select distinct p.id from (${persons}) p (id) where p.id is not null`.execute(trx)
  await appendCitizens(trx, ...rows.map(({ id }) => id))
}

async function idsOf(trx: Trx, alias: string, rows: Sql): Promise<string[]> {
  const { rows: found } = await sql<{ id: string }>`
    ${rows} limit ${batch} for update of ${sql.ref(alias)} skip locked`.execute(trx)
  return found.map(({ id }) => id)
}

const anyOf = (ids: readonly string[]): Sql => sql`any(${[...ids]}::uuid[])`

async function purgeAppointments(trx: Trx, before: Before): Promise<number> {
  const ids = await idsOf(trx, 'a', overTerm.appointments(before))
  if (ids.length === 0) return 0
  await count(trx, sql`${counted.appointment} where a.id = ${anyOf(ids)}`)
  await tell(trx, 'appointment', sql`select unnest(${ids}::uuid[])`)
  await tellPersons(trx, sql`select citizen_id from appointments where id = ${anyOf(ids)}`)
  await sql`update appointments set recovery_of = null where recovery_of = ${anyOf(ids)}`.execute(trx)
  await sql`update slot_seats set appointment_id = null where appointment_id = ${anyOf(ids)}`.execute(trx)
  await sql`delete from closure_failures where appointment_id = ${anyOf(ids)}`.execute(trx)
  await sql`delete from message_outbox where appointment_id = ${anyOf(ids)}`.execute(trx)
  await sql`delete from appointments where id = ${anyOf(ids)}`.execute(trx)
  await emptyAuditOf(trx, ids)
  return ids.length
}

/** Their protocol numbers stay taken. */
async function purgeTickets(trx: Trx, before: Before): Promise<number> {
  const ids = await idsOf(trx, 't', overTerm.tickets(before))
  if (ids.length === 0) return 0
  await count(trx, sql`${counted.ticket} where t.id = ${anyOf(ids)}`)
  await tell(trx, 'ticket', sql`select unnest(${ids}::uuid[])`)
  await tellPersons(trx, sql`select citizen_id from tickets where id = ${anyOf(ids)}`)
  await tell(trx, 'ticket-entry', sql`select id from ticket_entries where ticket_id = ${anyOf(ids)}`)
  const { rows: parts } = await sql<{ id: string }>`
    select id from ticket_entries where ticket_id = ${anyOf(ids)}
    union all select id from ticket_attachments where ticket_id = ${anyOf(ids)}`.execute(trx)
  await sql`delete from tickets where id = ${anyOf(ids)}`.execute(trx)
  await emptyAuditOf(trx, [...ids, ...parts.map(({ id }) => id)])
  return ids.length
}

async function purgeContacts(trx: Trx, before: Before): Promise<number> {
  const ids = await idsOf(trx, 'k', overTerm.contacts(before))
  if (ids.length === 0) return 0
  await count(trx, sql`${counted.contact} and k.id = ${anyOf(ids)}`)
  await tell(trx, 'contact', sql`select unnest(${ids}::uuid[])`)
  await tellPersons(
    trx,
    sql`select unnest(array[citizen_id, on_behalf_of]) from contacts where id = ${anyOf(ids)}`,
  )
  await sql`delete from contacts where id = ${anyOf(ids)}`.execute(trx)
  await emptyAuditOf(trx, ids)
  return ids.length
}

/** Of one run: most of whom a desk entered stay, and are looked at once in it. */
function citizensInTurn() {
  let after = nobody
  return async (trx: Trx, before: Before): Promise<number> => {
    const { rows } = await sql<{ id: string }>`
      ${overTerm.citizens(before, after)} limit ${batch}`.execute(trx)
    after = rows.at(-1)?.id ?? after
    const due = anyOf(rows.map(({ id }) => id))
    const ids = await idsOf(trx, 'c', sql`select c.id from citizens c where c.id = ${due}`)
    await forgetCitizens(trx, ids)
    return ids.length
  }
}

async function forgetCitizens(trx: Trx, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await tell(
    trx,
    'citizen',
    sql`select unnest(${ids}::uuid[]) union select d.citizen_id from citizen_delegations d where d.for_id = ${anyOf(ids)}`,
  )
  await sql`delete from citizens where id = ${anyOf(ids)}`.execute(trx)
  // That they were one with somebody stays for the report of who looked at them; how they were does not, and nothing is left to separate.
  await sql`
    update citizen_merges set record = null
    where record is not null and (citizen_id = ${anyOf(ids)} or merged_id = ${anyOf(ids)})`.execute(trx)
  // What the audit remembers of a person goes with them.
  await emptyAudit(trx, sql`citizen_id = ${anyOf(ids)}`)
}

async function purgeReads(trx: Trx, before: Before): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from reads where id = any(array(${overTerm.reads(before)} limit ${batch}))`.execute(trx)
  return Number(numAffectedRows ?? 0)
}

async function purgeAudit(trx: Trx, before: Before): Promise<number> {
  return emptyAudit(trx, sql`id = any(array(${overTerm.audit(before)} limit ${batch}))`)
}

async function emptyMerges(trx: Trx, before: Before): Promise<number> {
  const { numAffectedRows } = await sql`
    update citizen_merges set record = null where id = any(array(${mergesOverTerm(before)} limit ${batch}))`.execute(
    trx,
  )
  return Number(numAffectedRows ?? 0)
}

/**
 * Joinings of whom is there no more, once no report needs them: nobody was looked at under an id that leads nowhere else. What it takes is nobody's and not
 * counted; those that led to it go with the next run. What stays holds no more how the two were: a process of an earlier release takes persons without it.
 */
async function forgetMerges(trx: Trx): Promise<number> {
  const isThere = (id: Sql) => sql`exists (select from citizens c where c.id = ${id})`
  const isRead = (id: Sql) => sql`exists (select from reads r where r.citizen_id = ${id})`
  await sql`
    delete from citizen_merges m
    where not (${isThere(sql`m.citizen_id`)} and ${isThere(sql`m.merged_id`)})
      and not ${isRead(sql`m.merged_id`)} and (${isThere(sql`m.citizen_id`)} or not ${isRead(sql`m.citizen_id`)})
      and not exists (select from citizen_merges d where d.citizen_id = m.merged_id)`.execute(trx)
  await sql`
    update citizen_merges m set record = null
    where m.record is not null and not (${isThere(sql`m.citizen_id`)} and ${isThere(sql`m.merged_id`)})`.execute(
    trx,
  )
  return 0
}

/** What the audit remembers of rows goes with them; what has no id of its own is written there under its request's. */
const emptyAuditOf = (trx: Trx, ids: readonly string[]) =>
  emptyAudit(trx, sql`row_id = any(${[...ids]}::text[])`)

async function emptyAudit(trx: Trx, where: Sql): Promise<number> {
  const { numAffectedRows } = await sql`
    update audit_changes set before = null, after = null, purged_at = clock_timestamp()
    where purged_at is null and ${where}`.execute(trx)
  return Number(numAffectedRows ?? 0)
}

/**
 * Cuts the change log behind whole transactions that are settled and older than `before`, and says up to where: a reader who is behind
 * that begins anew, for what it has missed is there no more.
 */
export async function compactLog(db: Db, before: Date): Promise<void> {
  await inTransaction(db, async (trx) => {
    const { rows } = await sql<{ xid: string }>`
      select l.xid::text as xid from change_log l
      where l.at < ${before.toISOString()}::timestamptz and l.xid < pg_snapshot_xmin(pg_current_snapshot())
      order by l.xid desc limit 1`.execute(trx)
    const [last] = rows
    if (!last) return
    await sql`
      insert into change_log_horizon as h (xid) values (${last.xid}::xid8)
      on conflict (single) do update set xid = excluded.xid where h.xid < excluded.xid`.execute(trx)
    await sql`delete from change_log where xid <= ${last.xid}::xid8`.execute(trx)
  })
}
