import { sql } from 'kysely'
import pino from 'pino'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { newId } from '#contract/domain/ids.ts'
import { purge as purgeMessages } from '../../src/crm/messages/queue.ts'
import { openRetention } from '../../src/crm/retention/jobs.ts'
import { compactLog, countDue, purge } from '../../src/crm/retention/purge.ts'
import { keepEverything, loadRetention } from '../../src/crm/retention/terms.ts'
import { openStore, type Store } from '../../src/crm/store/store.ts'
import { type CrmUnderTest, pullPage, startCrm } from '../support/crm.ts'
import {
  addAppointment,
  addDesk,
  addPerson,
  addSlot,
  addStream,
  bookingArgs,
  command,
  contactArgs,
  type Desk,
  fillSmallCity,
  inDays,
  type Person,
  someCitizen,
  ticketArgs,
} from '../support/crm-city.ts'
import { openDesk, type TestDesk } from '../support/desk.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'

let crm: CrmUnderTest
let person: Person
let desk: Desk
let streamId: string
let cacheDesk: TestDesk
let n = 0
let visits = 0
const log = pino({ level: 'silent' })
const dayMs = 86_400_000
beforeAll(async () => {
  crm = await startCrm()
  await fillSmallCity(crm.store.db)
  person = await addPerson(crm, { roles: ['operator', 'supervisor', 'administrator'] })
  desk = await addDesk(crm, person)
  streamId = await addStream(person, desk)
  const other = await addDesk(crm, person)
  const secret = other.credential.slice(other.deviceId.length + 1)
  cacheDesk = openDesk({
    url: crm.url,
    device: { deviceId: other.deviceId, secret },
    user: await person.api.me(),
    token: person.authorization.replace('Bearer ', ''),
  })
})
afterAll(async () => {
  await cacheDesk.close()
  await crm.stop()
})

const push = async (...commands: ReturnType<typeof command>[]) => {
  const { results } = await desk.api.sync.push({
    streamId,
    commands: commands.map((one) => {
      n += 1
      return { ...one, n }
    }),
  })
  expect(results.map(({ status, fault }) => [status, fault])).toEqual(commands.map(() => ['applied', null]))
}

/** A person who called, wrote a complaint that was answered, and came to a visit. */
async function life() {
  const citizen = someCitizen()
  const contact = contactArgs({ citizenId: citizen.id })
  const ticket = ticketArgs({ kind: 'complaint', citizenId: citizen.id })
  await push(
    command(0, 'citizen.create', citizen),
    command(0, 'contact.open', contact),
    command(0, 'ticket.open', ticket),
    command(0, 'ticket.tell', {
      ...{ id: newId(), ticketId: ticket.id, channel: 'phone', text: 'Riparata.', answers: true },
    }),
    command(0, 'ticket.move', {
      ...{ id: newId(), ticketId: ticket.id, to: 'closed', reason: null, closedFor: null },
    }),
    command(0, 'citizen.read', {
      ...{ citizenId: citizen.id, reason: { kind: 'search' }, at: new Date().toISOString(), from: 'cache' },
    }),
  )
  visits += 1
  const startsAt = inDays(visits)
  const slot = { id: await addSlot(crm.store.db, { startsAt, capacity: 2 }), startsAt }
  const appointment = await addAppointment(crm.store.db, slot, { citizenId: citizen.id })
  return { citizen, contact, ticket, appointment }
}

const statistics = async () => {
  const day = (days: number) => inDays(days).slice(0, 10)
  const { counts } = await person.api.retention.statistics({ from: day(-10), to: day(10) })
  return counts
}
const inYears = (years: number) => new Date(Date.now() + years * 365.25 * dayMs)
const seen = (who: { citizen: { id: string } }) => cacheDesk.cache.story(who.citizen.id)

test('what is over its terms goes, from here and from the desks; holds, counts and the fact stay', async () => {
  // So that the desk hears of it from the log, not by beginning anew.
  const terms = { ...(await loadRetention()), changeLog: 36_500 }
  const [one, held] = [await life(), await life()]
  await person.api.retention.hold({ id: held.citizen.id, reason: 'Causa pendente.' })
  await cacheDesk.until(() => seen(one)?.contacts.length === 1 && seen(held)?.contacts.length === 1)
  const before = await statistics()
  expect(before.length).toBeGreaterThan(2)

  await purge(crm.store.db, log, terms, inYears(1))
  expect(
    (await person.api.citizens.story({ id: one.citizen.id, reasonKind: 'search' })).tickets,
  ).toHaveLength(1)

  const purged = await purge(crm.store.db, log, terms, inYears(12))
  expect(purged).toMatchObject({ contacts: 1, tickets: 1, appointments: 1, citizens: 1 })
  await expect(person.api.citizens.get({ id: one.citizen.id, reasonKind: 'search' })).rejects.toMatchObject({
    data: { code: 'citizen-gone' },
  })
  const kept = await person.api.citizens.story({ id: held.citizen.id, reasonKind: 'search' })
  expect([kept.contacts, kept.tickets, kept.appointments].map((rows) => rows.length)).toEqual([1, 1, 1])

  // The desk's cache let go of everything of the one, and of nothing of the other.
  await cacheDesk.until(() => seen(one) === null)
  expect(cacheDesk.cache.ticket(one.ticket.id)).toBeNull()
  expect(cacheDesk.cache.ticketEntries(one.ticket.id)).toEqual([])
  expect(cacheDesk.cache.appointment(one.appointment)).toBeNull()
  expect(seen(held)).toMatchObject({ contacts: [{ id: held.contact.id }] })

  expect(await statistics()).toEqual(before)
  const { rows } = await sql<{ text: string; facts: number }>`
    select coalesce(string_agg(coalesce(before::text, '') || coalesce(after::text, ''), ''), '') as text,
      count(*) as facts from audit_changes
    where citizen_id = ${one.citizen.id} or row_id in (${one.ticket.id}, ${one.citizen.id})`.execute(
    crm.store.db,
  )
  expect(rows[0]?.text).toBe('')
  expect(rows[0]?.facts).toBeGreaterThan(5)
  const { entries } = await person.api.audit.list({ rowId: one.citizen.id })
  expect(entries.map(({ operation }) => operation)).toEqual(['retention', 'citizen.create'])

  await person.api.retention.release({ id: held.citizen.id })
  expect(await purge(crm.store.db, log, terms, inYears(12))).toMatchObject({ contacts: 1, citizens: 1 })
})

test.each(['contacts', 'tickets', 'appointments'] as const)(
  'a person leaves the desks with the last of their %s, where its term is shorter than what desks hold',
  async (kind) => {
    const none = { contacts: null, tickets: null, appointments: null }
    const terms = {
      ...{ ...(await loadRetention()), ...none, reads: null, audit: null, citizens: null },
      ...{ [kind]: 30, changeLog: 36_500 },
    }
    const [citizen, ward, friend] = [someCitizen(), someCitizen(), someCitizen()]
    const contact = contactArgs({ citizenId: citizen.id })
    const ticket = ticketArgs({ citizenId: citizen.id })
    await push(
      ...[citizen, ward, friend].map((one) => command(0, 'citizen.create', one)),
      command(0, 'citizen.delegate', {
        ...{ citizenId: citizen.id, forId: ward.id, kind: 'proxy', until: null },
      }),
    )
    const close = { endedAt: contact.startedAt, topicId: null, outcome: 'dropped' } as const
    if (kind === 'contacts')
      await push(
        command(0, 'contact.open', contact),
        command(0, 'contact.close', {
          ...{ ...close, contactId: contact.id, citizenId: citizen.id, identification: 'delegate' },
          ...{ triedBefore: [], triedDetail: '', onBehalfOf: friend.id, lineScore: null, note: '' },
        }),
      )
    if (kind === 'tickets')
      await push(
        command(0, 'ticket.open', ticket),
        command(0, 'ticket.move', {
          ...{ id: newId(), ticketId: ticket.id, to: 'closed', reason: null, closedFor: 'withdrawn' },
        }),
      )
    if (kind === 'appointments') {
      visits += 1
      const startsAt = inDays(visits)
      const slot = { id: await addSlot(crm.store.db, { startsAt, capacity: 2 }), startsAt }
      await addAppointment(crm.store.db, slot, { citizenId: citizen.id })
      await push(
        command(0, 'citizen.update', {
          citizenId: citizen.id,
          seen: { language: 'it' },
          change: { language: 'en' },
        }),
      )
    }
    const held = () => [citizen, ward, friend].map((one) => cacheDesk.cache.story(one.id) !== null)
    // Whom a caller speaks for is here with the caller's contacts.
    const here = {
      contacts: [true, true, true],
      tickets: [true, false, false],
      appointments: [true, false, false],
    }
    await cacheDesk.until(() => held().join() === here[kind].join())
    await purge(crm.store.db, log, terms, new Date(Date.now() + 80 * dayMs))
    await cacheDesk.until(() => held().every((one) => !one))
  },
)

/** What the audit still says of rows, by table. */
const remembered = async (...rowIds: string[]) => {
  const { rows } = await sql<{ what: string; contents: number }>`
    select what, count(*) filter (where before is not null or after is not null)::int as contents
    from audit_changes where row_id = any(${rowIds}::text[]) group by what order by what`.execute(
    crm.store.db,
  )
  return Object.fromEntries(rows.map(({ what, contents }) => [what, contents > 0]))
}

/** A request whose clock stood and was extended, with a file, of a call, and closed. */
async function eventful(citizenId: string) {
  const [contact, ticket] = [contactArgs({ citizenId }), ticketArgs({ citizenId })]
  const on = () => ({ id: newId(), ticketId: ticket.id })
  await push(
    command(0, 'contact.open', contact),
    command(0, 'ticket.open', ticket),
    command(0, 'ticket.extend', { ...on(), days: 5, reason: 'serve un sopralluogo' }),
    command(0, 'ticket.suspend', { ...on(), reason: 'mancano i documenti' }),
    command(0, 'ticket.resume', on()),
    command(0, 'ticket.link', { ...on(), contactId: contact.id }),
    command(0, 'ticket.move', { ...on(), to: 'closed', reason: null, closedFor: 'withdrawn' }),
  )
  const file = new File([Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')], 'foto.png')
  const { id: attachmentId } = await person.api.tickets.attach({ ...on(), file })
  const { entries } = await person.api.tickets.get({ id: ticket.id })
  return { contact, ticket, rows: [ticket.id, attachmentId, ...entries.map(({ id }) => id)] }
}
const partsOfRequests = [
  ...['ticket_attachments', 'ticket_contacts', 'ticket_entries', 'ticket_extensions', 'ticket_suspensions'],
  'tickets',
]
const ofEach = (names: string[], contents: boolean) =>
  Object.fromEntries(names.map((name) => [name, contents]))

test('what the audit remembers of contents goes with them, long before its own term', async () => {
  const terms = { ...(await loadRetention()), tickets: 730, citizens: null, changeLog: 36_500 }
  const one = await life()
  const { contact, rows } = await eventful(one.citizen.id)
  expect(await remembered(...rows)).toEqual(ofEach(partsOfRequests, true))
  const others = [one.contact.id, contact.id, one.appointment]
  expect(await remembered(...others)).toEqual({ appointments: true, contacts: true })

  expect(await purge(crm.store.db, log, terms, inYears(3))).toMatchObject({
    ...{ contacts: 2, tickets: 2, appointments: 1, audit: 0 },
  })
  expect(await remembered(...rows)).toEqual(ofEach(partsOfRequests, false))
  expect(await remembered(...others)).toEqual({ appointments: false, contacts: false })
  expect(await remembered(one.citizen.id)).toMatchObject({ citizens: true })
})

describe('a legal hold', () => {
  const join = (keptId: string, mergedId: string) =>
    command(0, 'citizen.merge', {
      ...{ id: newId(), keptId, mergedId, take: [], seen: { kept: {}, merged: {} } },
    })
  const held = async () =>
    (await person.api.retention.holds()).holds.map(({ citizenId, reason }) => ({ citizenId, reason }))
  const holdOf = async (citizenId: string) =>
    (await held()).find((one) => one.citizenId === citizenId)?.reason
  const readsOf = async (id: string) => (await person.api.citizens.reads({ id })).reads.length

  test('on whoever turned out to be another is the other’s, and keeps what was theirs and what the audit says of it', async () => {
    const terms = { ...(await loadRetention()), changeLog: 36_500 }
    const [kept, merged] = [await life(), await life()]
    const { rows } = await eventful(kept.citizen.id)
    await push(join(kept.citizen.id, merged.citizen.id))
    const reads = await readsOf(merged.citizen.id)
    expect(reads).toBeGreaterThan(0)

    const set = await person.api.retention.hold({ id: merged.citizen.id, reason: 'Causa pendente.' })
    expect(set.citizenId).toBe(kept.citizen.id)
    await purge(crm.store.db, log, terms, inYears(12))
    expect(await readsOf(merged.citizen.id)).toBe(reads)
    expect(await remembered(merged.citizen.id)).toMatchObject({ citizens: true })
    expect(await remembered(...rows)).toEqual(ofEach(partsOfRequests, true))

    await person.api.retention.release({ id: merged.citizen.id })
    expect(await holdOf(kept.citizen.id)).toBeUndefined()
    await purge(crm.store.db, log, terms, inYears(12))
    expect(await readsOf(merged.citizen.id)).toBe(0)
    expect(await remembered(...rows)).toEqual(ofEach(partsOfRequests, false))
  })

  test('keeps where messages went and what they said', async () => {
    const [one, other] = [await life(), await life()]
    await person.api.retention.hold({ id: other.citizen.id, reason: 'Causa pendente.' })
    for (const { appointment, ticket } of [one, other]) {
      await sql`
        insert into messages (id, appointment_id, kind, channel, language, recipient, starts_at, office_id, due_at, state, sent_at, via)
        select ${newId()}, id, 'change', 'sms', 'it', '+393471234567', starts_at, office_id, now(), 'sent', now(), 'outbox'
        from appointments where id = ${appointment}`.execute(crm.store.db)
      for (const about of [{ appointment_id: appointment }, { ticket_id: ticket.id }])
        await crm.store.db
          .insertInto('message_outbox')
          .values({
            message_id: newId(),
            ...about,
            channel: 'sms',
            recipient: '+393471234567',
            body: 'Testo',
          })
          .execute()
    }
    await purgeMessages(crm.store.db, inYears(1))
    const left = async ({ appointment, ticket }: typeof one) => {
      const { rows } = await sql<{ texts: number; recipients: number }>`
        select (select count(*)::int from message_outbox where appointment_id = ${appointment} or ticket_id = ${ticket.id}) as texts,
          (select count(recipient)::int from messages where appointment_id = ${appointment}) as recipients`.execute(
        crm.store.db,
      )
      return rows[0]
    }
    expect(await left(one)).toEqual({ texts: 0, recipients: 0 })
    expect(await left(other)).toEqual({ texts: 2, recipients: 1 })
  })

  test('keeps a request that was thought to be theirs', async () => {
    const terms = { ...(await loadRetention()), changeLog: 36_500 }
    const [thought, other] = [someCitizen(), someCitizen()]
    await push(...[thought, other].map((one) => command(0, 'citizen.create', one)))
    const asked = async (citizenId: string) => {
      const ticket = ticketArgs({ citizenId })
      const taken = { id: newId(), ticketId: ticket.id, citizenId: null, reason: 'un omonimo' }
      await push(
        command(0, 'ticket.open', ticket),
        command(0, 'ticket.identify', { ...taken, from: citizenId }),
        command(0, 'ticket.move', {
          ...{ id: newId(), ticketId: ticket.id, to: 'closed' },
          ...{ reason: null, closedFor: 'withdrawn' },
        }),
      )
      return ticket.id
    }
    const [kept, gone] = [await asked(thought.id), await asked(other.id)]
    await person.api.retention.hold({ id: thought.id, reason: 'Causa pendente.' })
    await purge(crm.store.db, log, terms, inYears(12))
    expect((await person.api.tickets.get({ id: kept })).ticket.id).toBe(kept)
    await expect(person.api.tickets.get({ id: gone })).rejects.toMatchObject({
      data: { code: 'ticket-gone' },
    })
    await person.api.retention.release({ id: thought.id })
  })

  test('keeps what was asked for in a contact before it was known who called, and what another contact was about', async () => {
    const terms = { ...(await loadRetention()), changeLog: 36_500 }
    const [caller, represented, stranger] = [someCitizen(), someCitizen(), someCitizen()]
    await push(...[caller, represented, stranger].map((one) => command(0, 'citizen.create', one)))
    const asked = async (citizenId: string, onBehalfOf: string | null = null) => {
      const contact = contactArgs()
      const own = ticketArgs({ contactId: contact.id })
      const others = ticketArgs()
      visits += 1
      const startsAt = inDays(visits)
      const slot = { id: await addSlot(crm.store.db, { startsAt, capacity: 1 }), startsAt }
      const visit = bookingArgs(slot, { contactId: contact.id })
      const closed = ({ id }: { id: string }) =>
        command(0, 'ticket.move', {
          ...{ id: newId(), ticketId: id, to: 'closed' },
          ...{ reason: null, closedFor: 'withdrawn' },
        })
      await push(
        command(0, 'contact.open', contact),
        ...[own, others].map((ticket) => command(0, 'ticket.open', ticket)),
        command(0, 'ticket.link', { ...{ id: newId(), ticketId: others.id }, contactId: contact.id }),
        command(0, 'appointment.book', visit),
        command(0, 'contact.close', {
          ...{ contactId: contact.id, endedAt: new Date().toISOString(), topicId: null, outcome: 'resolved' },
          ...{ citizenId, onBehalfOf, identification: 'birth-date', triedBefore: [], triedDetail: '' },
          ...{ lineScore: null, note: '' },
        }),
        ...[own, others].map(closed),
      )
      await sql`
        insert into message_outbox (message_id, ticket_id, channel, recipient, body)
        values (${newId()}, ${own.id}, 'sms', '+393471234567', 'Testo')`.execute(crm.store.db)
      return { requests: [own.id, others.id], visit: visit.id }
    }
    const theirs = await asked(caller.id)
    const forThem = await asked(stranger.id, represented.id)
    const nobodys = await asked(stranger.id)
    for (const { id } of [caller, represented])
      await person.api.retention.hold({ id, reason: 'Causa pendente.' })
    await purgeMessages(crm.store.db, inYears(1))
    await purge(crm.store.db, log, terms, inYears(12))
    const left = async ({ requests, visit }: typeof theirs) => {
      const { rows } = await sql`
        select (select count(*)::int from tickets where id = any(${requests}::uuid[])) as requests,
          (select count(*)::int from appointments where id = ${visit}) as visits,
          (select count(*)::int from message_outbox where ticket_id = any(${requests}::uuid[])) as texts`.execute(
        crm.store.db,
      )
      return { ...(rows[0] as object), ...(await remembered(...requests)) }
    }
    const all = {
      requests: 2,
      visits: 1,
      texts: 1,
      tickets: true,
      ticket_contacts: true,
    }
    expect(await left(theirs)).toEqual(all)
    expect(await left(forThem)).toEqual(all)
    expect(await left(nobodys)).toMatchObject({ requests: 0, visits: 0, texts: 0, tickets: false })
  })

  test('keeps how two persons were before they were joined, which goes with the audit’s term, and undoing with it', async () => {
    const audited = 365
    const terms = { ...keepEverything, audit: audited, changeLog: 36_500 }
    const at = new Date(Date.now() + (audited + 1) * dayMs)
    const pairs = [[someCitizen(), someCitizen()] as const, [someCitizen(), someCitizen()] as const]
    await push(...pairs.flat().map((one) => command(0, 'citizen.create', one)))
    await push(...pairs.map(([kept, merged]) => join(kept.id, merged.id)))
    const merges = async () => {
      const all = await Promise.all(pairs.map(([{ id }]) => person.api.citizens.merges({ id })))
      return all.map(({ merges: [merge] }) => merge?.final)
    }
    const texts = async () => {
      const { rows } = await sql<{ texts: number }>`
        select count(record)::int as texts from citizen_merges
        where citizen_id = any(${pairs.map(([{ id }]) => id)}::uuid[])`.execute(crm.store.db)
      return rows[0]?.texts
    }
    const [free, onHold] = pairs as [(typeof pairs)[0], (typeof pairs)[0]]
    await person.api.retention.hold({ id: onHold[0].id, reason: 'Causa pendente.' })
    await purge(crm.store.db, log, terms, new Date(Date.now() + (audited - 1) * dayMs))
    expect([await merges(), await texts()]).toEqual([[false, false], 2])
    const due = (await countDue(crm.store.db, terms, at)).audit?.count
    const { audit } = await purge(crm.store.db, log, terms, at)
    expect(due).toBe(audit)
    expect([await merges(), await texts()]).toEqual([[true, false], 1])

    const undo = async ([, merged]: (typeof pairs)[0]) => {
      n += 1
      const commands = [command(n, 'citizen.unmerge', { mergedId: merged.id })]
      return (await desk.api.sync.push({ streamId, commands })).results[0]
    }
    expect(await undo(free)).toMatchObject({ status: 'refused', fault: { code: 'merge-final' } })
    expect(await undo(onHold)).toMatchObject({ status: 'applied' })
  })

  test('that came with a person goes with them, unless it was renewed since: then it is on both', async () => {
    const [kept, merged] = [await life(), await life()]
    const { citizen: a } = kept
    const { citizen: b } = merged
    await person.api.retention.hold({ id: b.id, reason: 'Prima.' })
    await push(join(a.id, b.id))
    expect(await holdOf(a.id)).toBe('Prima.')
    await push(command(0, 'citizen.unmerge', { mergedId: b.id }))
    expect([await holdOf(a.id), await holdOf(b.id)]).toEqual([undefined, 'Prima.'])

    await push(join(a.id, b.id))
    await person.api.retention.hold({ id: a.id, reason: 'Rinnovata.' })
    await push(command(0, 'citizen.unmerge', { mergedId: b.id }))
    expect([await holdOf(a.id), await holdOf(b.id)]).toEqual(['Rinnovata.', 'Prima.'])

    await person.api.retention.release({ id: a.id })
    await person.api.retention.release({ id: b.id })
    await push(join(a.id, b.id))
    await person.api.retention.hold({ id: b.id, reason: 'Di lui.' })
    await push(command(0, 'citizen.unmerge', { mergedId: b.id }))
    expect([await holdOf(a.id), await holdOf(b.id)]).toEqual(['Di lui.', 'Di lui.'])
  })
})

test('who looked at somebody is told after retention took the other record of theirs, for as long as the journal has it', async () => {
  const terms = { ...keepEverything, citizens: 30, reads: 365, changeLog: 36_500 }
  const pairs = [[await life(), await life()] as const, [await life(), await life()] as const]
  for (const [{ citizen: kept }, { citizen: merged }] of pairs)
    await push(
      command(0, 'citizen.merge', {
        ...{ id: newId(), keptId: kept.id, mergedId: merged.id, take: [], seen: { kept: {}, merged: {} } },
      }),
    )
  const reads = () =>
    Promise.all(
      pairs.map(async ([{ citizen }]) => (await person.api.citizens.reads({ id: citizen.id })).reads.length),
    )
  const rest = async (table: 'citizens' | 'citizen_merges', column: string) => {
    const { rows } = await sql<{ id: string }>`
      select id from ${sql.table(table)}
      where ${sql.ref(column)} = any(${pairs.map(([, { citizen }]) => citizen.id)}::uuid[])`.execute(
      crm.store.db,
    )
    return rows.length
  }
  const before = await reads()
  await purge(crm.store.db, log, terms, new Date(Date.now() + 40 * dayMs))
  expect(await rest('citizens', 'id')).toBe(0)
  expect(await reads()).toEqual(before)
  const { rows: texts } = await sql`
    select from citizen_merges m where record is not null
      and not exists (select from citizens c where c.id = m.merged_id)`.execute(crm.store.db)
  expect(texts).toHaveLength(0)

  // A hold that is set on who they are keeps what is under the id that is gone.
  const [, [held]] = pairs as [(typeof pairs)[0], (typeof pairs)[0]]
  await person.api.retention.hold({ id: held.citizen.id, reason: 'Causa pendente.' })
  await purge(crm.store.db, log, terms, new Date(Date.now() + 400 * dayMs))
  expect(await reads()).toEqual([0, before[1]])
  expect(await rest('citizen_merges', 'merged_id')).toBe(1)
})

test('how a person was who was joined goes with them, also where a process of an earlier release took them', async () => {
  const terms = { ...keepEverything, citizens: 30, changeLog: 36_500 }
  const [{ citizen: kept }, { citizen: merged }] = [await life(), await life()]
  await push(
    command(0, 'citizen.merge', {
      ...{ id: newId(), keptId: kept.id, mergedId: merged.id, take: [], seen: { kept: {}, merged: {} } },
    }),
  )
  const { db } = crm.store
  const records = async () => {
    const { rows } = await sql`select record from citizen_merges where merged_id = ${merged.id}`.execute(db)
    return rows
  }
  expect(await records()).toEqual([{ record: expect.anything() }])
  await sql`delete from citizens where id = ${merged.id}`.execute(db)
  await purge(db, log, terms, new Date())
  expect(await records()).toEqual([{ record: null }])
})

test('who turned out to be somebody goes before them; who may call for them is told that they are gone', async () => {
  const terms = { ...(await loadRetention()), changeLog: 36_500 }
  const [kept, merged, friend] = [someCitizen(), someCitizen(), someCitizen()]
  await push(
    ...[kept, merged, friend].map((citizen) => command(0, 'citizen.create', citizen)),
    command(0, 'contact.open', contactArgs({ citizenId: friend.id })),
    command(0, 'citizen.delegate', {
      ...{ citizenId: friend.id, forId: kept.id },
      kind: 'proxy',
      until: null,
    }),
    command(0, 'citizen.merge', {
      ...{ id: newId(), keptId: kept.id, mergedId: merged.id, take: [], seen: { kept: {}, merged: {} } },
    }),
  )
  await person.api.retention.hold({ id: friend.id, reason: 'Causa pendente.' })
  const delegations = () => cacheDesk.cache.story(friend.id)?.citizen.delegations.length
  await cacheDesk.until(() => delegations() === 1)

  const gone = async () => {
    const { rows } = await sql<{ id: string }>`
      select id from citizens where id in (${kept.id}, ${merged.id}, ${friend.id})`.execute(crm.store.db)
    return [kept, merged, friend].map(({ id }) => !rows.some((row) => row.id === id))
  }
  await purge(crm.store.db, log, terms, inYears(12))
  expect(await gone()).toEqual([false, true, false])
  await purge(crm.store.db, log, terms, inYears(12))
  expect(await gone()).toEqual([true, true, false])
  await cacheDesk.until(() => delegations() === 0)
})

test('a log that was cut: who is behind begins anew, who is not goes on', async () => {
  const pull = async (cursor?: string) => {
    const lines = []
    for (let at = cursor; ; ) {
      const page = await pullPage(crm.url, person.authorization, { device: desk.deviceId, cursor: at })
      lines.push(...page)
      const end = page.at(-1)
      if (end?.type !== 'end') throw new Error('a page without its end')
      at = end.cursor
      if (end.restart || !end.more) return { lines, cursor: end.cursor, restart: end.restart }
    }
  }
  const behind = await pull()
  await push(command(0, 'citizen.create', someCitizen()), command(0, 'contact.open', contactArgs()))
  const here = await pull(behind.cursor)
  expect(here.restart).toBe(false)
  const last = contactArgs()
  await push(command(0, 'contact.open', last))
  // All but the last transaction: what it wrote is not before its own moment.
  const { rows: newest } = await sql<{ at: string }>`
    select min(at) as at from change_log where xid = (select max(xid) from change_log)`.execute(crm.store.db)
  await compactLog(crm.store.db, new Date(Date.parse(newest[0]?.at ?? '')))
  expect((await pull(behind.cursor)).restart).toBe(true)
  const again = await pull()
  expect(again.restart).toBe(false)
  expect(again.lines).toContainEqual(expect.objectContaining({ type: 'row', entity: 'contact', id: last.id }))
  const next = contactArgs()
  await push(command(0, 'contact.open', next))
  const on = await pull(again.cursor)
  expect(on.restart).toBe(false)
  expect(on.lines).toContainEqual(expect.objectContaining({ type: 'row', entity: 'contact', id: next.id }))
})

test('an appointment stays as long as one that makes up for it, be it for one in between that was lost too', async () => {
  const { db } = crm.store
  const terms = { ...(await loadRetention()), changeLog: 36_500 }
  const booked = async (days: number) => {
    const startsAt = inDays(days)
    return addAppointment(db, { id: await addSlot(db, { startsAt, capacity: 1 }), startsAt })
  }
  const chain = [await booked(100), await booked(101), await booked(160)]
  for (const [nth, id] of chain.entries())
    if (nth > 0)
      await sql`update appointments set recovery_of = ${chain[nth - 1]} where id = ${id}`.execute(db)
  const left = async () => {
    const { rows } = await sql<{ id: string }>`
      select id from appointments where id = any(${chain}::uuid[]) order by starts_at`.execute(db)
    return rows.map(({ id }) => id)
  }
  const after = (days: number) => new Date(Date.now() + (days + (terms.appointments ?? 0)) * dayMs)
  await purge(db, log, terms, after(130))
  expect(await left()).toEqual(chain)
  await purge(db, log, terms, after(170))
  expect(await left()).toEqual([])
})

describe('a batch that comes late, on a store of years', () => {
  const many = 200_000
  const due = 400
  const years = inYears(-6).toISOString()
  let postgres: TestPostgres
  let store: Store
  beforeAll(async () => {
    postgres = await startPostgres()
    // One connection: what it read is counted there.
    store = await openStore({ databaseUrl: await postgres.createDatabase(), poolSize: 1, statementMs: 0 })
    await sql`
      insert into users (id, login, name, given_name, roles, teams, extension, password_hash)
      values (${newId()}, 'reader', 'R', 'R', '{operator}', '{}', '100', '')`.execute(store.db)
  })
  afterAll(async () => {
    await store.close()
    await postgres.stop()
  })
  const read = async () => {
    await sql`select pg_stat_force_next_flush()`.execute(store.db)
    const { rows } = await sql<{ read: number }>`
      select ((select sum(seq_tup_read) from pg_stat_user_tables) +
        (select sum(idx_tup_read) from pg_stat_user_indexes))::float as read`.execute(store.db)
    return rows[0]?.read ?? 0
  }
  /** Rows and lines of indexes that one batch looks at. */
  const batchOf = async (kind: 'reads' | 'audit' | 'citizens') => {
    await sql`analyze`.execute(store.db)
    const kept = {
      contacts: null,
      tickets: null,
      appointments: null,
      citizens: null,
      reads: null,
      audit: null,
    }
    const before = await read()
    let asked = 0
    const afterOne = {
      get aborted() {
        asked += 1
        return asked > 1
      },
    } as AbortSignal
    const terms = { ...kept, [kind]: 1825, changeLog: 30 }
    const purged = await purge(store.db, log, terms, new Date(), afterOne)
    expect(purged[kind]).toBe(due / 2)
    return (await read()) - before
  }

  test('reads no more of the journal of reads', async () => {
    const add = (count: number, at: string) =>
      sql`insert into reads (citizen_id, user_id, at, reason_kind, source)
        select gen_random_uuid(), (select id from users), ${at}, 'search', 'crm' from generate_series(1, ${count}::int)`.execute(
        store.db,
      )
    await add(due / 2, years)
    const first = await batchOf('reads')
    await add(many, new Date().toISOString())
    await add(due / 2, years)
    expect(await batchOf('reads')).toBeLessThan(2 * first + 1000)
  })

  test('reads no more of the audit, be it emptied or not over its term', async () => {
    const add = (count: number, at: string, purged: boolean) =>
      sql`with e as (
          insert into audit_entries (at, operation) select ${at}, 'x' from generate_series(1, ${count}::int) returning id
        ) insert into audit_changes (entry_id, what, row_id, did, after, purged_at)
        select id, 'contacts', gen_random_uuid()::text, 'insert', case when ${purged} then null else '{}'::jsonb end,
          case when ${purged} then now() end from e`.execute(store.db)
    await add(due / 2, years, false)
    const first = await batchOf('audit')
    await add(many, years, true)
    await add(due / 2, years, false)
    await add(many / 4, new Date().toISOString(), false)
    expect(await batchOf('audit')).toBeLessThan(2 * first + 1000)
  })

  test('reads no resident of the city to find whom a desk entered', async () => {
    // What is tried is not what the triggers write.
    await sql`alter table citizens disable trigger user`.execute(store.db)
    const add = (count: number, origin: 'desk' | 'registry') =>
      sql`with made as (
          insert into citizens (id, given_name, family_name, language, origin)
          select gen_random_uuid(), 'Ada', 'Neri ' || n, 'it', ${origin} from generate_series(1, ${count}::int) n returning id
        ), e as (
          insert into audit_entries (at, operation) values (${years}, 'x') returning id
        ) insert into audit_changes (entry_id, what, row_id, citizen_id, did, purged_at)
        select e.id, 'citizens', made.id::text, made.id, 'insert', now() from made, e`.execute(store.db)
    await add(due / 2, 'desk')
    const first = await batchOf('citizens')
    await add(many / 10, 'registry')
    await add(due / 2, 'desk')
    expect(await batchOf('citizens')).toBeLessThan(2 * first + 1000)
  })
})

test('what cannot be taken of one kind stops no other', async () => {
  const terms = { ...(await loadRetention()), changeLog: 36_500 }
  const one = await life()
  await push(command(0, 'contact.open', contactArgs()))
  await sql`
    create function not_tickets() returns trigger language plpgsql as $$ begin raise exception 'stuck'; end $$`.execute(
    crm.store.db,
  )
  await sql`create trigger stuck before delete on tickets execute function not_tickets()`.execute(
    crm.store.db,
  )
  try {
    const { tickets, contacts, reads } = await purge(crm.store.db, log, terms, inYears(12))
    expect(tickets).toBe(0)
    expect(contacts).toBeGreaterThan(0)
    expect(reads).toBeGreaterThan(0)
  } finally {
    await sql`drop function not_tickets cascade`.execute(crm.store.db)
  }
  expect((await purge(crm.store.db, log, terms, inYears(12))).tickets).toBeGreaterThan(0)
  await cacheDesk.until(() => (seen(one)?.tickets.length ?? 0) === 0)
})

test('a purge that is told to end does so before its next transaction', async () => {
  await life()
  const terms = await loadRetention()
  const taken = await purge(crm.store.db, log, terms, inYears(12), AbortSignal.abort())
  expect(Object.values(taken).every((count) => count === 0)).toBe(true)
})

test('counts are of a year at most, all of them, and not of practice', async () => {
  const { db } = crm.store
  const from = '1999-01-01'
  await sql`
    insert into statistics (day, kind, topic, channel, outcome, count)
    select date '1999-01-01' + n % 365, 'contact', 'topic ' || n / 365, 'phone', 'solved', 1 from generate_series(0, 20999) n`.execute(
    db,
  )
  const { counts } = await person.api.retention.statistics({ from, to: '1999-12-31' })
  expect(counts.reduce((sum, { count }) => sum + count, 0)).toBe(21_000)
  for (const [begin, end] of [
    ['no date', '1999-12-31'],
    [from, 'no date'],
  ] as const) {
    await expect(person.api.retention.statistics({ from: begin, to: end })).rejects.toMatchObject({
      status: 400,
    })
  }
  await expect(person.api.retention.statistics({ from, to: '2000-01-03' })).rejects.toMatchObject({
    data: { code: 'input-invalid', params: { field: 'to' } },
  })
  const before = await statistics()
  await push(command(0, 'contact.open', contactArgs({ practice: true })))
  expect(await statistics()).toEqual(before)
})

test('after each purge, what lay outside the database is swept', async () => {
  const terms = await loadRetention()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
  try {
    let sweeps = 0
    let close = async () => {}
    const swept = new Promise<void>((resolve) => {
      const sweep = async () => {
        sweeps += 1
        resolve()
      }
      close = openRetention(crm.store.db, log, terms, () => new Date(), sweep).close
      vi.runOnlyPendingTimers()
    })
    await swept
    await close()
    expect(sweeps).toBeGreaterThan(0)
  } finally {
    vi.useRealTimers()
  }
})
