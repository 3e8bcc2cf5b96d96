import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

/** A request's term is met by what was sent, said or posted, not by what was written; and one that is reopened has its term again. */
export const answersGoneOut: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  await sql`
    alter table tickets
      add column met_at timestamptz,
      add column unsent boolean not null default false`.execute(db)
  // Of those that were answered before messages were sent there is none: they count as it was written down.
  await sql`
    with last as (
      select distinct on (e.ticket_id) e.ticket_id, m.id is not null and (m.state <> 'sent' or m.via = 'outbox') as unsent, m.sent_at
      from ticket_entries e left join messages m on m.ticket_entry_id = e.id
      where e.did = 'told' and e.body->>'answered' is not null
      order by e.ticket_id, e.recorded_at desc, e.id desc
    ),
    changed as (
      update tickets t set version = t.version + 1, unsent = coalesce(l.unsent, false),
        met_at = case when coalesce(l.unsent, false) then null else greatest(t.received_at, coalesce(l.sent_at, t.answered_at)) end
      from tickets o left join last l on l.ticket_id = o.id
      where o.id = t.id and t.answered_at is not null and t.status in ('answered', 'resolved', 'closed')
      returning t.id, t.version
    )
    insert into change_log (entity, id, version) select 'ticket', id::text, version from changed`.execute(db)
  await sql`
    alter table tickets
      add constraint tickets_met check (met_at is null or (answered_at is not null and met_at >= received_at and not unsent)),
      add constraint tickets_unsent check (not unsent or status in ('answered', 'resolved', 'closed'))`.execute(
    db,
  )
  await sql`drop index tickets_unanswered`.execute(db)
  await sql`create index tickets_unmet on tickets (due_on) where met_at is null and (status <> 'closed' or unsent)`.execute(
    db,
  )
}
