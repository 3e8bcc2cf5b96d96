import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

/** Messages to citizens about their appointments, the outbox of channels without a provider, and who wants none by which channel. */
export const messages: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  await sql`
    create table messages (
      id uuid primary key,
      appointment_id uuid not null references appointments on delete cascade,
      kind text not null check (kind in
        ('confirmation', 'change', 'cancellation', 'recovery', 'reminder', 'proposal', 'lapse')),
      channel text not null check (channel in ('email', 'sms', 'whatsapp')),
      language text not null,
      recipient text,
      made_at timestamptz not null default statement_timestamp(),
      -- What the message speaks of: another time or place of the appointment makes it outdated.
      starts_at timestamptz not null,
      office_id text not null,
      -- Which of the city's reminders it is; null for all other kinds.
      reminder integer,
      due_at timestamptz not null,
      state text not null check (state in ('queued', 'sent', 'failed', 'dropped')),
      reason text check (reason in
        ('refused', 'unreachable', 'unexpected', 'no-address', 'opted-out', 'superseded', 'outdated')),
      sent_at timestamptz,
      via text check (via in ('smtp', 'outbox')),
      attempts integer not null default 0 check (attempts >= 0),
      claimed_by uuid,
      claimed_until timestamptz,
      check ((state in ('failed', 'dropped')) = (reason is not null)),
      check ((state = 'sent') = (sent_at is not null and via is not null)),
      check (state <> 'queued' or recipient is not null),
      check ((claimed_by is null) = (claimed_until is null)),
      check (claimed_by is null or state = 'queued'),
      check ((kind = 'reminder') = (reminder is not null))
    )`.execute(db)
  await sql`create index messages_due on messages (due_at) where state = 'queued'`.execute(db)
  await sql`create index messages_appointment on messages (appointment_id, made_at)`.execute(db)
  await sql`create unique index messages_reminder on messages (appointment_id, channel, starts_at, office_id, reminder)
    where kind = 'reminder'`.execute(db)

  await sql`
    create table message_outbox (
      message_id uuid primary key,
      appointment_id uuid references appointments on delete set null,
      channel text not null check (channel in ('email', 'sms', 'whatsapp')),
      recipient text not null,
      subject text,
      body text not null,
      written_at timestamptz not null default clock_timestamp()
    )`.execute(db)
  await sql`create index message_outbox_written on message_outbox (written_at)`.execute(db)

  await sql`
    create table channel_opt_outs (
      citizen_id uuid not null references citizens on delete cascade,
      channel text not null check (channel in ('email', 'sms', 'whatsapp')),
      since timestamptz not null default clock_timestamp(),
      primary key (citizen_id, channel)
    )`.execute(db)
}
