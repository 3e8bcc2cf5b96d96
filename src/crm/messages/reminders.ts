import { sql } from 'kysely'
import { newId } from '#contract/domain/ids.ts'
import type { MessageChannel } from '#contract/domain/message.ts'
import { isClosed } from '../appointments/closed.ts'
import type { Db } from '../store/store.ts'
import { officeZone } from './facts.ts'
import { remindersFor } from './local-time.ts'
import { recipientOf } from './recipient.ts'
import type { Settings } from './templates.ts'

const pageSize = 500

type Candidate = {
  id: string
  startsAt: string
  officeId: string
  office: unknown
  channels: MessageChannel[]
}

/**
 * Queues the reminders of appointments that come near, by the channels by which the person was told of them; one that was moved gets
 * those of its new time. None of one whose office is closed then. Any number of processes may do it at once: a reminder is there once.
 */
export async function planReminders(db: Db, settings: Settings, now: Date): Promise<void> {
  const days = Math.max(-1, ...settings.reminders.map(({ daysBefore }) => daysBefore)) + 2
  const until = new Date(now.getTime() + days * 86_400_000)
  for (let after: Candidate | undefined, first = true; first || after; first = false) {
    const page = await candidates(db, now, until, after)
    for (const candidate of page) {
      const zone = officeZone(candidate.office)
      const planned = remindersFor(candidate.startsAt, zone, settings, now).flatMap(({ reminder, dueAt }) =>
        candidate.channels.map((channel) => ({ id: newId(), channel, reminder, dueAt: dueAt.toISOString() })),
      )
      if (planned.length > 0) await insert(db, candidate, planned)
    }
    after = page.length < pageSize ? undefined : page.at(-1)
  }
}

async function candidates(
  db: Db,
  now: Date,
  until: Date,
  after: Candidate | undefined,
): Promise<Candidate[]> {
  const from = after
    ? sql`(a.starts_at, a.id) > (${after.startsAt}::timestamptz, ${after.id}::uuid)`
    : sql`a.starts_at > ${now.toISOString()}::timestamptz`
  const { rows } = await sql<Candidate>`
    select a.id, a.starts_at as "startsAt", a.office_id as "officeId", o.body as office, told.channels
    from appointments a
    join offices o on o.id = a.office_id
    join lateral (
      select array_agg(distinct m.channel) as channels from messages m
      where m.appointment_id = a.id and m.kind in ('confirmation', 'change', 'proposal')
        and (m.reason is null or m.reason not in ('no-address', 'opted-out'))
    ) told on told.channels is not null
    where ${from} and a.starts_at < ${until.toISOString()}::timestamptz and a.state = 'confirmed'
      and not exists (select 1 from closures c where ${isClosed})
      and not exists (select 1 from messages r where r.appointment_id = a.id and r.kind = 'reminder'
        and r.starts_at = a.starts_at and r.office_id = a.office_id and r.state <> 'dropped'
        and not exists (select 1 from messages o where o.appointment_id = a.id and o.kind = 'reminder'
          and o.starts_at = a.starts_at and o.office_id = a.office_id and o.reason = 'superseded'))
    order by a.starts_at, a.id limit ${pageSize}`.execute(db)
  return rows
}

type Planned = { id: string; channel: MessageChannel; reminder: number; dueAt: string }

/** An appointment that was moved away and back has its reminders already: those that were dropped count again, those that went do not go twice. */
async function insert(db: Db, candidate: Candidate, planned: readonly Planned[]): Promise<void> {
  const column = <K extends keyof Planned>(name: K) => planned.map((reminder) => reminder[name])
  await sql`
    insert into messages (id, appointment_id, kind, reminder, channel, language, recipient, starts_at, office_id, due_at, state, reason)
    select n.id, a.id, 'reminder', n.reminder, n.channel, coalesce(p.language, 'it'), r.recipient, a.starts_at, a.office_id, n.due_at,
      case when r.recipient is null then 'dropped' else 'queued' end,
      case when r.recipient is null then 'no-address' end
    from appointments a
    cross join unnest(${column('id')}::uuid[], ${column('channel')}::text[], ${column('reminder')}::integer[],
      ${column('dueAt')}::timestamptz[]) as n (id, channel, reminder, due_at)
    left join citizens p on p.id = a.citizen_id
    cross join lateral (select ${recipientOf(sql`a`, sql`n.channel`)} as recipient) r
    where a.id = ${candidate.id} and a.state = 'confirmed' and a.starts_at = ${candidate.startsAt}::timestamptz
      and a.office_id = ${candidate.officeId}
    on conflict (appointment_id, channel, starts_at, office_id, reminder) where kind = 'reminder'
    do update set state = 'queued', reason = null, recipient = excluded.recipient, due_at = excluded.due_at, attempts = 0
    where messages.state = 'dropped' and messages.reason in ('superseded', 'outdated') and excluded.recipient is not null`.execute(
    db,
  )
}
