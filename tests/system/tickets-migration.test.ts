import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Ticket, type TicketStatus } from '#contract/domain/ticket.ts'
import { TicketEntry } from '#contract/domain/ticket-entry.ts'
import type { Store } from '../../src/crm/store/engine.ts'
import { claimEpoch } from '../../src/crm/store/epoch.ts'
import { readEntries, readTickets } from '../../src/crm/tickets/rows.ts'
import { openBefore } from '../support/old-database.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

const states: TicketStatus[] = ['new', 'in-progress', 'waiting-citizen', 'answered', 'resolved', 'closed']
const count = 600

/** The schema as it was when a request had a kind, a text and a due date, filled with requests of every state. */
async function fillOld(store: Store): Promise<void> {
  const { db } = store
  await sql`insert into topics (id, body) values ('waste-tax', '{"team": "taxes"}'), ('noise', '{"team": "local-police"}')`.execute(
    db,
  )
  // Received on one day after another from 7 November on: 7 and 8 December, Christmas and New Year lie in the way of some.
  await sql`
    insert into tickets (id, protocol_year, protocol_number, kind, topic_id, text, status, received_at, due_on, team)
    select gen_random_uuid(), 2026, g, 'complaint', 'waste-tax', 'testo', (${states}::text[])[1 + g % 6],
      '2026-11-07T09:00:00Z'::timestamptz + (g % 60) * interval '1 day',
      '2026-12-07'::date + (g % 60) + case g % 60 when 0 then 2 when 1 then 1 else 0 end, 'old-team'
    from generate_series(1, ${count}) g`.execute(db)
  await sql`insert into ticket_protocols values (2026, ${count})`.execute(db)
  await sql`
    insert into change_log (entity, id, version, at)
    select 'ticket', id::text, 2, received_at + interval '5 days' from tickets where protocol_number % 12 = 3`.execute(
    db,
  )
}

test.each(['pglite', 'postgres'] as const)(
  'a database with requests of every state migrates whole on %s',
  async (engine) => {
    const { old, migrated } = await openBefore('0100', engine === 'postgres' ? postgres : null)
    await fillOld(old)
    const { rows: before } = await sql<{ id: string; protocol: string; status: string; dueOn: string }>`
        select id, protocol, status, due_on as "dueOn" from tickets order by protocol_number`.execute(old.db)
    const store = await migrated()
    const after = await readTickets(store.db, sql`true`, sql`order by t.protocol_number`)
    expect(after.map(({ id, protocol, status, dueOn }) => ({ id, protocol, status, dueOn }))).toEqual(before)
    for (const ticket of after) Ticket.parse(ticket)
    const answered = ['answered', 'resolved', 'closed']
    expect(after.every(({ status, answeredAt }) => answered.includes(status) === (answeredAt !== null))).toBe(
      true,
    )
    // Before messages were sent an answer counted as it was written.
    expect(after.every(({ answeredAt, metAt, unsent }) => metAt === answeredAt && !unsent)).toBe(true)
    // Known of some: when they were last changed. Of the others: not before they were received.
    const changed = after.find(({ protocol }) => protocol === 'R-2026-000003')
    expect(changed).toMatchObject({ status: 'answered', answeredAt: '2026-11-15T09:00:00.000Z' })

    const [patronDay] = after.filter(({ receivedAt }) => receivedAt.startsWith('2026-11-07'))
    expect(patronDay?.clock.steps).toEqual([
      { step: 'received', on: '2026-11-07' },
      { step: 'term', rule: 'law-241', days: 30, source: 'L. 241/1990, art. 2', end: '2026-12-07' },
      { step: 'moved', from: '2026-12-07', holiday: 'saint-ambrose', end: '2026-12-08' },
      { step: 'moved', from: '2026-12-08', holiday: 'immaculate', end: '2026-12-09' },
    ])
    const { rows: teams } = await sql<{ id: string }>`select id from teams order by id`.execute(store.db)
    expect(teams.map(({ id }) => id)).toEqual(['first-level', 'local-police', 'old-team', 'taxes'])

    // And they go on living: the next number, a legal move, and no other.
    const { db } = store
    const [fresh] = after.filter(({ status }) => status === 'new')
    await sql`update tickets set status = 'in-progress' where id = ${fresh?.id}`.execute(db)
    await expect(
      sql`update tickets set status = 'resolved' where id = ${fresh?.id}`.execute(db),
    ).rejects.toMatchObject({ code: '23514' })
  },
)

test('of what was answered by a message, the term is met where that went out, and nowhere else', async () => {
  const { old, migrated } = await openBefore('0180')
  const { db } = old
  await sql`insert into teams (id, body) values ('registry', '{}')`.execute(db)
  await sql`insert into topics (id, body) values ('identity-card', '{"team": "registry"}')`.execute(db)
  await sql`
      insert into users (id, login, name, given_name, roles, teams, extension, password_hash)
      values (gen_random_uuid(), 'anna', 'Anna Riva', 'Anna', '{operator}', '{registry}', '3001', '-')`.execute(
    db,
  )
  // By number: said, sent, refused, lying in the outbox, and one that was reopened.
  await sql`
      insert into tickets (id, protocol_year, protocol_number, kind, topic_id, text, status, received_at, due_on, team, answered_at)
      select gen_random_uuid(), 2026, g, 'complaint', 'identity-card', 'testo', case g when 5 then 'in-progress' else 'answered' end,
        '2026-11-02T09:00:00Z', '2026-12-02', 'registry', '2026-11-10T09:00:00Z'
      from generate_series(1, 5) g`.execute(db)
  await sql`
      insert into ticket_entries (id, ticket_id, at, author_id, body)
      select gen_random_uuid(), t.id, t.answered_at, u.id,
        '{"did": "told", "channel": "email", "text": "Ecco.", "answered": "in-progress"}' from tickets t, users u`.execute(
    db,
  )
  await sql`
      insert into messages (id, ticket_entry_id, kind, channel, language, recipient, due_at, state, reason, via, sent_at)
      select gen_random_uuid(), e.id, 'told', 'email', 'it', 'ada@example.org', e.at,
        case t.protocol_number when 3 then 'failed' else 'sent' end, case t.protocol_number when 3 then 'refused' end,
        case t.protocol_number when 2 then 'smtp' when 4 then 'outbox' end,
        case when t.protocol_number <> 3 then e.at + interval '1 day' end
      from ticket_entries e join tickets t on t.id = e.ticket_id where t.protocol_number between 2 and 4`.execute(
    db,
  )
  const store = await migrated()
  const after = await readTickets(store.db, sql`true`, sql`order by t.protocol_number`)
  expect(after.map(({ metAt, unsent }) => [metAt, unsent])).toEqual([
    ['2026-11-10T09:00:00.000Z', false],
    ['2026-11-11T09:00:00.000Z', false],
    [null, true],
    [null, true],
    [null, false],
  ])
})

test('what was closed without answer or reason after a reopening is open again, and nothing else is', async () => {
  const { old, migrated } = await openBefore('0200')
  const { db } = old
  await sql`insert into teams (id, body) values ('registry', '{}')`.execute(db)
  await sql`insert into topics (id, body) values ('identity-card', '{"team": "registry"}')`.execute(db)
  // By number: closed with nothing after a reopening; withdrawn after one; answered; answered by what did not go out.
  await sql`
      insert into tickets (id, protocol_year, protocol_number, kind, topic_id, text, status, received_at, due_on, team, answered_at,
        reopened, met_at, unsent, closed_for)
      select gen_random_uuid(), 2026, g, 'complaint', 'identity-card', 'testo', 'closed', '2026-11-02T09:00:00Z', '2026-12-02', 'registry',
        '2026-11-10T09:00:00Z', case when g <= 2 then 1 else 0 end, case when g = 3 then '2026-11-10T09:00:00Z'::timestamptz end, g = 4,
        case when g = 2 then 'withdrawn' end
      from generate_series(1, 4) g`.execute(db)
  // Else the log begins anew when the CRM opens.
  await claimEpoch(db)
  const store = await migrated()
  const after = await readTickets(store.db, sql`true`, sql`order by t.protocol_number`)
  expect(after.map(({ status, reopened, closedFor }) => [status, reopened, closedFor])).toEqual([
    ['in-progress', 2, null],
    ['closed', 1, 'withdrawn'],
    ['closed', 0, null],
    ['closed', 0, null],
  ])
  const [entry, ...others] = await readEntries(store.db, sql`true`)
  expect(others).toEqual([])
  expect(TicketEntry.parse(entry)).toMatchObject({
    ...{ ticketId: after[0]?.id, authorId: null, what: { did: 'moved', to: 'in-progress' } },
  })
  const { rows: told } = await sql<{ entity: string; id: string }>`
        select entity, id from change_log order by seq`.execute(store.db)
  expect(told).toEqual(
    expect.arrayContaining([
      { entity: 'ticket', id: after[0]?.id },
      { entity: 'ticket-entry', id: entry?.id },
    ]),
  )
  await expect(
    sql`update tickets set status = 'closed' where id = ${after[0]?.id}`.execute(store.db),
  ).rejects.toMatchObject({ code: '23514' })
})

test('of clocks that stand, those that a wait stopped are known by their history', async () => {
  const { old, migrated } = await openBefore('0212')
  const { db } = old
  await sql`insert into teams (id, body) values ('registry', '{}')`.execute(db)
  await sql`insert into topics (id, body) values ('identity-card', '{"team": "registry"}')`.execute(db)
  await sql`
      insert into tickets (id, protocol_year, protocol_number, kind, topic_id, text, status, received_at, due_on, team)
      select gen_random_uuid(), 2026, g, 'complaint', 'identity-card', 'testo', 'waiting-citizen', '2026-11-02T09:00:00Z',
        '2026-12-02', 'registry' from generate_series(1, 2) g`.execute(db)
  await sql`
      insert into ticket_suspensions (ticket_id, position, from_day, reason)
      select id, 0, '2026-11-05', 'x' from tickets`.execute(db)
  await sql`
      insert into users (id, login, name, given_name, extension, roles, teams, password_hash)
      values (gen_random_uuid(), 'marta', 'Marta', 'Marta', '2001', '{specialist}', '{registry}', '-')`.execute(
    db,
  )
  // The second was stopped by itself, and waits since.
  await sql`
      insert into ticket_entries (id, ticket_id, author_id, at, body)
      select gen_random_uuid(), id, (select id from users), '2026-11-05T09:00:00Z'::timestamptz, case protocol_number when 1
        then '{"did": "moved", "from": "new", "to": "waiting-citizen", "reason": "x", "closedFor": null, "clock": "stopped"}'::jsonb
        else '{"did": "stopped", "on": "2026-11-05", "reason": "x"}'::jsonb end from tickets
      union all select gen_random_uuid(), id, (select id from users), '2026-11-06T09:00:00Z',
        '{"did": "moved", "from": "new", "to": "waiting-citizen", "reason": "x", "closedFor": null, "clock": null}'
      from tickets where protocol_number = 2`.execute(db)
  await claimEpoch(db)
  const store = await migrated()
  const after = await readTickets(store.db, sql`true`, sql`order by t.protocol_number`)
  const suspension = { from: '2026-11-05', to: null, reason: 'x' }
  expect(after.map(({ clock }) => clock.suspensions)).toEqual([
    [{ ...suspension, waiting: true }],
    [suspension],
  ])
})

test('what was left behind by who has left its team, or altogether, is nobody’s, and says why', async () => {
  const { old, migrated } = await openBefore('0218')
  const { db } = old
  await sql`insert into teams (id, body) values ('registry', '{}')`.execute(db)
  await sql`insert into topics (id, body) values ('identity-card', '{"team": "registry"}')`.execute(db)
  await sql`
      insert into users (id, login, name, given_name, roles, teams, extension, password_hash, deactivated_at)
      values (gen_random_uuid(), '1', 'Anna', 'Anna', '{specialist}', '{registry}', '3001', '-', null),
        (gen_random_uuid(), '2', 'Bea', 'Bea', '{specialist}', '{taxes}', '3002', '-', null),
        (gen_random_uuid(), '3', 'Carla', 'Carla', '{specialist}', '{registry}', '3003', '-', now())`.execute(
    db,
  )
  // By number as the logins; the fourth is the second's, and closed.
  await sql`
      insert into tickets (id, protocol_year, protocol_number, kind, topic_id, text, status, received_at, due_on, team, assignee_id,
        closed_for)
      select gen_random_uuid(), 2026, g, 'complaint', 'identity-card', 'testo', case g when 4 then 'closed' else 'new' end,
        '2026-11-02T09:00:00Z', '2026-12-02', 'registry',
        (select id from users where login = case g when 4 then '2' else g::text end), case g when 4 then 'withdrawn' end
      from generate_series(1, 4) g`.execute(db)
  await claimEpoch(db)
  const store = await migrated()
  const after = await readTickets(store.db, sql`true`, sql`order by t.protocol_number`)
  expect(after.map(({ assigneeName, version }) => [assigneeName, version])).toEqual([
    ['Anna', 1],
    [null, 2],
    [null, 2],
    ['Bea', 1],
  ])
  const entries = await readEntries(store.db, sql`true`)
  const whyOf = (id?: string) => TicketEntry.parse(entries.find(({ ticketId }) => ticketId === id)).what
  expect(entries).toHaveLength(2)
  expect(whyOf(after[1]?.id)).toMatchObject({ did: 'assigned', toId: null, why: 'other-team' })
  expect(whyOf(after[2]?.id)).toMatchObject({ did: 'assigned', toId: null, why: 'deactivated' })
})
