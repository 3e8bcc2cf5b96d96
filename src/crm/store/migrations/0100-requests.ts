import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

/** Tickets get teams, a clock that can be stopped and extended, a history, and the contacts that spoke of them. */
export const requests: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  await teams(db)
  await columns(db)
  await whatIsKnown(db)
  await clock(db)
  await history(db)
}

/** Those that are named somewhere; what they are called comes with the city's configuration. */
async function teams(db: Kysely<Database>): Promise<void> {
  for (const table of ['teams', 'rulebooks']) {
    await sql`
      create table ${sql.table(table)} (
        id text primary key,
        version bigint not null default 1,
        body jsonb not null check (jsonb_typeof(body) = 'object')
      )`.execute(db)
  }
  await sql`
    insert into teams (id, body)
    select named.id, jsonb_build_object('name', jsonb_build_object('it', named.id, 'en', named.id),
      'kind', case named.id when 'first-level' then 'first-level' else 'specialist' end, 'contact', null)
    from (
      select 'first-level' as id
      union select team from tickets
      union select body->>'team' from topics where body->>'team' is not null
      union select unnest(teams) from users
    ) named`.execute(db)
}

async function columns(db: Kysely<Database>): Promise<void> {
  await sql`
    alter table tickets
      add column assignee_id uuid references users,
      add column rerouted integer not null default 0 check (rerouted >= 0),
      add column reopened integer not null default 0 check (reopened >= 0),
      add column answered_at timestamptz,
      add column closed_for text check (closed_for in
        ('withdrawn', 'duplicate', 'handed-over', 'not-for-the-city', 'anonymous', 'generic', 'offensive')),
      add column reference text check (reference <> ''),
      add column steps jsonb not null default '[]' check (jsonb_typeof(steps) = 'array')`.execute(db)
  await sql`
    create table ticket_contacts (
      ticket_id uuid not null references tickets on delete cascade,
      contact_id uuid not null references contacts,
      linked_at timestamptz not null default clock_timestamp(),
      primary key (ticket_id, contact_id)
    )`.execute(db)
  await sql`create index ticket_contacts_contact on ticket_contacts (contact_id)`.execute(db)
}

/**
 * When an old request was answered stands nowhere: the last change that is known of it, or its receipt. Why it is due when it is
 * follows from the rule there was, thirty days and on to the next working day.
 */
async function whatIsKnown(db: Kysely<Database>): Promise<void> {
  await sql`
    update tickets t set answered_at = greatest(t.received_at,
      (select max(l.at) from change_log l where l.entity = 'ticket' and l.id = t.id::text))
    where t.status in ('answered', 'resolved', 'closed')`.execute(db)
  await sql`
    update tickets t set steps = jsonb_build_array(
        jsonb_build_object('step', 'received', 'on', r.day),
        jsonb_build_object('step', 'term', 'rule', 'law-241', 'days', 30, 'source', 'L. 241/1990, art. 2', 'end', r.day + 30))
      || coalesce((
        select jsonb_agg(jsonb_build_object('step', 'moved', 'from', d::date, 'end', d::date + 1, 'holiday',
          case to_char(d, 'MM-DD')
            when '01-01' then 'new-year' when '01-06' then 'epiphany' when '04-25' then 'liberation' when '05-01' then 'labour'
            when '06-02' then 'republic' when '08-15' then 'assumption' when '10-04' then 'saint-francis'
            when '11-01' then 'all-saints' when '12-07' then 'saint-ambrose' when '12-08' then 'immaculate'
            when '12-25' then 'christmas' when '12-26' then 'saint-stephen'
            else case when extract(isodow from d) = 7 then null else 'easter-monday' end end) order by d)
        from generate_series(r.day + 30, t.due_on - 1, interval '1 day') d), '[]')
    from (select id, (received_at at time zone 'Europe/Rome')::date as day from tickets) r
    where r.id = t.id`.execute(db)
  await sql`
    alter table tickets
      add constraint tickets_team foreign key (team) references teams,
      add constraint tickets_answered check (status not in ('answered', 'resolved') or answered_at is not null),
      add constraint tickets_closed check (status <> 'closed' or answered_at is not null or closed_for is not null),
      add constraint tickets_closed_for check (closed_for is null or status = 'closed'),
      add constraint tickets_handed_over check (closed_for <> 'handed-over' or reference is not null),
      add constraint tickets_answered_after check (answered_at >= received_at)`.execute(db)
  await sql`create index tickets_team_open on tickets (team, due_on) where status <> 'closed'`.execute(db)
  await sql`create index tickets_unanswered on tickets (due_on) where answered_at is null and status <> 'closed'`.execute(
    db,
  )
}

async function clock(db: Kysely<Database>): Promise<void> {
  // `to_day` null: the clock stands. One at a time, in order, none without a reason.
  await sql`
    create table ticket_suspensions (
      ticket_id uuid not null references tickets on delete cascade,
      position integer not null check (position >= 0),
      from_day date not null,
      to_day date,
      reason text not null check (btrim(reason) <> ''),
      primary key (ticket_id, position),
      check (to_day >= from_day)
    )`.execute(db)
  await sql`create unique index ticket_suspensions_open on ticket_suspensions (ticket_id) where to_day is null`.execute(
    db,
  )
  await sql`
    create table ticket_extensions (
      ticket_id uuid not null references tickets on delete cascade,
      position integer not null check (position >= 0),
      on_day date not null,
      days integer not null check (days > 0),
      reason text not null check (btrim(reason) <> ''),
      primary key (ticket_id, position)
    )`.execute(db)
}

async function history(db: Kysely<Database>): Promise<void> {
  await sql`
    create table ticket_entries (
      id uuid primary key,
      version bigint not null default 1,
      ticket_id uuid not null references tickets on delete cascade,
      at timestamptz not null,
      author_id uuid not null references users,
      did text not null generated always as (body->>'did') stored,
      body jsonb not null check (jsonb_typeof(body) = 'object'),
      recorded_at timestamptz not null default clock_timestamp(),
      check (did in ('moved', 'noted', 'told', 'handed-over', 'assigned', 'stopped', 'resumed', 'extended', 'linked',
        'classified', 'attached')),
      -- What the law asks a reason for has one, unless retention has emptied it.
      check (did not in ('handed-over', 'stopped', 'extended', 'classified') or body ? 'purged'
        or coalesce(btrim(body->>'reason'), '') <> '')
    )`.execute(db)
  await sql`create index ticket_entries_ticket on ticket_entries (ticket_id, at, id)`.execute(db)
}
