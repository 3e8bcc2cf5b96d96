import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CommandArgs, type CommandName, commandNames } from '#contract/commands/registry.ts'
import { crmContract } from '#contract/crm.ts'
import type { Citizen } from '#contract/domain/citizen.ts'
import { newId } from '#contract/domain/ids.ts'
import { noteChange } from '../../src/crm/messages/messages.ts'
import { type CrmUnderTest, startCrm } from '../support/crm.ts'
import {
  addAppointment,
  addCitizen,
  addDesk,
  addPerson,
  addSlot,
  addStream,
  bookingArgs,
  cancelArgs,
  command,
  contactArgs,
  type Desk,
  fillSmallCity,
  inDays,
  moveArgs,
  type Person,
  smallCity,
  someCitizen,
  ticketArgs,
} from '../support/crm-city.ts'

let crm: CrmUnderTest
let person: Person
let desk: Desk
let streamId: string
let n = 0
beforeAll(async () => {
  crm = await startCrm()
  await fillSmallCity(crm.store.db)
  other = await addCitizen(crm.store.db, { givenName: 'Lucia' })
  person = await addPerson(crm, {
    roles: ['operator', 'specialist', 'supervisor', 'administrator'],
    teams: ['first-level', 'registry'],
  })
  desk = await addDesk(crm, person)
  streamId = await addStream(person, desk)
})
afterAll(() => crm.stop())

const lastEntry = async (): Promise<number> => (await person.api.audit.list({ limit: 1 })).entries[0]?.id ?? 0
const entriesAfter = async (id: number) =>
  (await person.api.audit.list({ limit: 50 })).entries.filter((entry) => entry.id > id)

const at = inDays(3)
const later = inDays(4)
const slotAt = (startsAt: string) => addSlot(crm.store.db, { startsAt, capacity: 40 })

/** A booked appointment, one that is proposed, and one whose time is over. */
async function appointments() {
  const here = { id: await slotOnce(at), startsAt: at }
  const there = { id: await slotOnce(later), startsAt: later }
  return { here, there }
}
const slots = new Map<string, Promise<string>>()
const slotOnce = (startsAt: string) => {
  const known = slots.get(startsAt) ?? slotAt(startsAt)
  slots.set(startsAt, known)
  return known
}

const push = async <N extends CommandName>(name: N, args: CommandArgs[N]) => {
  n += 1
  const sent = command(n, name, args)
  const { results } = await desk.api.sync.push({ streamId, commands: [sent] })
  expect([name, results[0]?.status, results[0]?.fault]).toEqual([name, 'applied', null])
  return sent.id
}

const contact = contactArgs()
const ticket = ticketArgs({ kind: 'complaint' })
const moved = bookingArgs({ id: newId(), startsAt: at })
let citizenId = ''
let other: Citizen
const joined = async (): Promise<string> => {
  const { merged_id } = await crm.store.db
    .selectFrom('citizen_merges')
    .select('merged_id')
    .executeTakeFirstOrThrow()
  return merged_id
}
const onTicket = () => ({ id: newId(), ticketId: ticket.id })
let pasts = 0
const past = async (): Promise<string> => {
  // Slots that do not overlap: a counter serves one visit at a time.
  const startsAt = new Date(Date.now() - 3_600_000 - pasts++ * 30 * 60_000).toISOString()
  const slot = { id: await slotOnce(startsAt), startsAt }
  return addAppointment(crm.store.db, slot)
}
const proposed = async (): Promise<string> => {
  const startsAt = inDays(5 + proposals++)
  const slot = { id: await slotOnce(startsAt), startsAt }
  return addAppointment(crm.store.db, slot, { state: 'proposed', confirmBy: inDays(2) })
}
let proposals = 0

/** One of each command, in an order in which each does something. */
const commandsInOrder: { [N in CommandName]: () => Promise<CommandArgs[N]> } = {
  'citizen.create': async () => {
    const citizen = someCitizen()
    citizenId = citizen.id
    return citizen
  },
  'citizen.update': async () => ({
    ...{ citizenId, seen: { email: null, phones: someCitizen().phones } },
    change: { email: 'nicolo@example.org', phones: [{ number: '+390255510143', kind: 'landline' }] },
  }),
  'citizen.delegate': async () => ({ citizenId, forId: other.id, kind: 'parent', until: null }),
  'citizen.end-delegation': async () => ({ citizenId, forId: other.id }),
  'citizen.merge': async () => ({
    ...{ id: newId(), keptId: other.id, mergedId: (await addCitizen(crm.store.db)).id, take: ['givenName'] },
    seen: { kept: {}, merged: {} },
  }),
  'citizen.unmerge': async () => ({ mergedId: await joined() }),
  'citizen.keep-apart': async () => ({ citizenId, otherIds: [other.id] }),
  'citizen.compare-again': async () => ({ citizenId, otherIds: [other.id] }),
  'citizen.read': async () => ({
    citizenId,
    reason: { kind: 'search' },
    at: new Date().toISOString(),
    from: 'cache',
  }),
  'contact.open': async () => contact,
  'contact.identify': async () => ({ contactId: contact.id, citizenId, identification: 'birth-date' }),
  'contact.close': async () => ({
    ...{ contactId: contact.id, endedAt: new Date().toISOString(), topicId: smallCity.topic },
    ...{ outcome: 'resolved', citizenId, identification: 'birth-date', triedBefore: [], triedDetail: '' },
    ...{ onBehalfOf: null, lineScore: null, note: 'Detto.' },
  }),
  'ticket.open': async () => ({ ...ticket, citizenId }),
  'ticket.note': async () => ({ ...onTicket(), text: 'Visto.' }),
  'ticket.assign': async () => ({ ...onTicket(), assigneeId: person.id }),
  'ticket.move': async () => ({ ...onTicket(), to: 'in-progress', reason: null, closedFor: null }),
  'ticket.suspend': async () => ({ ...onTicket(), reason: 'Manca un documento.' }),
  'ticket.resume': async () => onTicket(),
  'ticket.extend': async () => ({ ...onTicket(), days: 5, reason: 'Caso difficile.' }),
  'ticket.link': async () => ({ ...onTicket(), contactId: contact.id }),
  'ticket.identify': async () => ({
    ...{ ...onTicket(), citizenId: other.id, reason: 'È di un altro.', from: citizenId },
  }),
  'ticket.classify': async () => ({
    ...{ ...onTicket(), kind: 'report', topicId: smallCity.topic, reason: 'È una segnalazione.' },
  }),
  'ticket.tell': async () => ({ ...onTicket(), channel: 'phone', text: 'Fatto.', answers: false }),
  'ticket.hand-over': async () => ({
    ...{ ...onTicket(), team: 'taxes', reason: 'È loro.', reference: null },
  }),
  'appointment.book': async () => {
    const { here } = await appointments()
    return { ...moved, slotId: here.id, slotIds: [here.id] }
  },
  'appointment.reschedule': async () => moveArgs(moved.id, (await appointments()).there),
  'appointment.cancel': async () => cancelArgs(moved.id),
  'appointment.confirm': async () => ({ appointmentId: await proposed() }),
  'appointment.no-show': async () => ({ appointmentId: await past() }),
  'appointment.attended': async () => ({ appointmentId: await past() }),
}

test('there is a row for every command', () => {
  expect(Object.keys(commandsInOrder).toSorted()).toEqual([...commandNames].toSorted())
})

test.each(Object.keys(commandsInOrder) as CommandName[])(
  '%s: one entry, with before and after',
  async (name) => {
    const args = await commandsInOrder[name]()
    const before = await lastEntry()
    const commandId = await push(name, args as never)
    const entries = await entriesAfter(before)
    // A read is written in the journal of reads: that is its entry.
    if (name === 'citizen.read') {
      expect(entries).toEqual([])
      const { reads } = await person.api.citizens.reads({ id: citizenId })
      expect(reads.filter(({ from }) => from === 'cache')).toHaveLength(1)
      return
    }
    expect(entries).toMatchObject([
      {
        operation: name,
        userId: person.id,
        deviceId: desk.deviceId,
        commandId,
        userName: expect.any(String),
      },
    ])
    const changes = entries[0]?.changes ?? []
    expect(changes.length).toBeGreaterThan(0)
    for (const { did, before, after } of changes) {
      expect(before === null).toBe(did === 'insert')
      expect(after === null).toBe(did === 'delete')
      if (did === 'update') expect(before).not.toEqual(after)
    }
  },
)

/** Operations that change something, and how to see them do it; a text says why one leaves no entry of its own. */
const operations: Record<string, string | (() => Promise<unknown>)> = {
  'phone.credentials': 'makes a credential, keeps nothing',
  'devices.register': () => addDesk(crm, person),
  'devices.wipe': async () => {
    const lost = await addDesk(crm, await addPerson(crm))
    return async () => person.api.devices.wipe({ id: lost.deviceId, mode: 'now' })
  },
  'devices.wiped': async () => {
    const lost = await addDesk(crm, await addPerson(crm))
    await person.api.devices.wipe({ id: lost.deviceId, mode: 'now' })
    return async () => lost.api.devices.wiped({ destroyed: 3 })
  },
  'sync.registerStream': 'names where commands come from; each of them has its entry',
  'sync.replaceStream': 'as registerStream',
  'sync.push': 'an entry for each command in it',
  'tickets.open': () =>
    person.api.tickets.open({ id: newId(), kind: 'report', topicId: smallCity.topic, text: 'Una buca.' }),
  'tickets.act': () =>
    person.api.tickets.act({ ticketId: ticket.id, id: newId(), action: { do: 'note', text: 'Sì.' } }),
  'tickets.attach': () =>
    person.api.tickets.attach({
      ...{ ticketId: ticket.id, id: newId() },
      file: new File(['ciao a tutti'], 'nota.txt', { type: 'text/plain' }),
    }),
  'tickets.present': 'who looks now, for half a minute',
  'tickets.leave': 'as present',
  'appointments.hold': 'minutes, and of nobody',
  'appointments.renewHold': 'as hold',
  'appointments.releaseHold': 'as hold',
  'appointments.book': () => person.api.appointments.book(visit()),
  'appointments.reschedule': async () => {
    const { id } = await person.api.appointments.book(visit())
    await appointments()
    return async () => person.api.appointments.reschedule({ id, officeId: smallCity.office, startsAt: later })
  },
  'appointments.cancel': async () => {
    const { id } = await person.api.appointments.book(visit())
    return async () => person.api.appointments.cancel({ id, by: 'citizen' })
  },
  'appointments.confirm': async () => {
    const id = await proposed()
    return async () => person.api.appointments.confirm({ id })
  },
  'appointments.noShow': async () => {
    const id = await past()
    return async () => person.api.appointments.noShow({ id })
  },
  'appointments.attended': async () => {
    const id = await past()
    return async () => person.api.appointments.attended({ id })
  },
  'appointments.sendAgain': async () => {
    const { id } = await person.api.appointments.book(visit())
    return async () => person.api.appointments.sendAgain({ id, messageId: newId(), channel: 'email' })
  },
  'appointments.lease': 'seats that are lent; what is booked from them has its entry',
  'appointments.releaseLease': 'as lease',
  'messages.resend': async () => {
    const { id } = await failedMessage()
    return async () => person.api.messages.resend({ ids: [id] })
  },
  'messages.setOptOuts': () => person.api.messages.setOptOuts({ id: citizenId, channels: ['sms'] }),
  'agenda.setRules': () => person.api.agenda.setRules({ officeId: smallCity.office, rules: [rule] }),
  'agenda.closeDay': () =>
    person.api.agenda.closeDay({
      ...{ officeId: smallCity.office, id: newId(), from: inDays(20), to: inDays(21), agendas: null },
      ...{ reason: 'Sciopero', bookings: 'keep', recovery: null },
    }),
  'agenda.withdraw': async () => {
    const id = await closed()
    return async () => person.api.agenda.withdraw({ id })
  },
  'agenda.recover': async () => {
    const id = await closed()
    return async () => person.api.agenda.recover({ id, recovery: workdays })
  },
  'users.add': () => person.api.users.add(newAccount()),
  'users.change': async () => {
    const { id, version } = await person.api.users.add(newAccount())
    const rights = { roles: ['specialist' as const], teams: ['taxes'], extension: newId() }
    return async () => person.api.users.change({ id, version, ...rights })
  },
  'users.setPassword': async () => {
    const { id, version } = await person.api.users.add(newAccount())
    return async () => person.api.users.setPassword({ id, version, password: 'un’altra frase lunga' })
  },
  'users.deactivate': async () => {
    const { id, version } = await person.api.users.add(newAccount())
    return async () => person.api.users.deactivate({ id, version })
  },
  'users.activate': async () => {
    const { id, version } = await person.api.users.deactivate(await person.api.users.add(newAccount()))
    return async () => person.api.users.activate({ id, version })
  },
  'users.endSignIns': async () => {
    const { id } = await addPerson(crm)
    return async () => person.api.users.endSignIns({ id })
  },
  'citizens.search': 'a question; who asks is in the journal of reads',
  'tickets.byProtocol': 'a question; who asks is in the journal of reads',
  'citizens.alike': 'as search',
  'citizens.context': 'as search',
  'appointments.byCode': 'as search',
  'agenda.assign': 'shown in agenda.test.ts to make proposals; each is a change of its transaction',
  'retention.hold': () => person.api.retention.hold({ id: citizenId, reason: 'Causa pendente.' }),
  'retention.release': () => person.api.retention.release({ id: citizenId }),
}
const newAccount = () => ({
  ...{ login: `a${newId()}`, givenName: 'Ada', familyName: 'Rossi', password: 'quattro parole a caso' },
  ...{ roles: ['operator' as const], teams: ['registry'], extension: newId() },
})
const closed = async () => {
  const id = newId()
  await person.api.agenda.setRules({ officeId: smallCity.office, rules: [rule] })
  await person.api.agenda.closeDay({
    ...{ officeId: smallCity.office, id, from: inDays(30), to: inDays(31), agendas: null },
    ...{ reason: 'Sciopero', recovery: null },
  })
  return id
}
const workdays = {
  ...{ from: inDays(40).slice(0, 10), days: 6, fromTime: '16:00', toTime: '18:00', counters: 1 },
  exclusiveUntil: inDays(38),
}
const failedMessage = async () => {
  const { id: appointmentId } = await person.api.appointments.book(visit())
  const { db } = crm.store
  await db
    .transaction()
    .execute((trx) => noteChange(trx, { appointmentId, kind: 'confirmation', channels: ['email'] }))
  return db
    .updateTable('messages')
    .set({ state: 'failed', reason: 'unreachable', recipient: 'ada@example.org' })
    .where('appointment_id', '=', appointmentId)
    .returning('id')
    .executeTakeFirstOrThrow()
}
const visit = () => ({
  ...{ id: newId(), serviceIds: [smallCity.service], officeId: smallCity.office, startsAt: at },
  channel: 'phone' as const,
})
const rule = {
  ...{ agenda: smallCity.agenda, weekdays: [1, 2, 3, 4, 5], from: '08:30', to: '12:30', stepMinutes: 15 },
  ...{ counters: 2, validFrom: '2026-01-01', validTo: null, onHolidays: false },
}

test('there is a row for every operation that changes something', () => {
  const routes = (part: object, path: string[] = []): string[] => {
    if (!('~orpc' in part))
      return Object.entries(part).flatMap(([name, inner]) => routes(inner as object, [...path, name]))
    const { route } = part['~orpc'] as { route: { method: string } }
    return route.method === 'GET' ? [] : [path.join('.')]
  }
  expect(Object.keys(operations).toSorted()).toEqual(routes(crmContract).toSorted())
})

const audited = Object.entries(operations).filter(
  (row): row is [string, () => Promise<unknown>] => typeof row[1] !== 'string',
)
test.each(audited)('%s: one entry', async (operation, prepare) => {
  let before = await lastEntry()
  const prepared = await prepare()
  if (typeof prepared === 'function') {
    before = await lastEntry()
    await prepared()
  }
  expect((await entriesAfter(before)).map((entry) => entry.operation)).toEqual([operation])
})

test('what it says is what was there: a number, an opt-out, and no secret', async () => {
  const { entries } = await person.api.audit.list({ citizenId })
  const optOut = entries.find(({ operation }) => operation === 'messages.setOptOuts')
  expect(optOut?.changes).toMatchObject([
    { what: 'channel_opt_outs', did: 'insert', after: { channel: 'sms', citizen_id: citizenId } },
  ])
  const identified = entries.find(({ operation }) => operation === 'contact.identify')
  expect(identified?.changes).toMatchObject([
    { what: 'contacts', before: { citizen_id: null }, after: { citizen_id: citizenId } },
  ])
  const all = await sql<{ text: string }>`
    select coalesce(string_agg(coalesce(before::text, '') || coalesce(after::text, ''), ' '), '') as text from audit_changes`.execute(
    crm.store.db,
  )
  expect(all.rows[0]?.text).not.toContain('secret_hash')
  expect(all.rows[0]?.text).not.toContain('password_hash')
})

describe('nobody takes it back', () => {
  test.each(['audit_entries', 'audit_changes', 'reads'])(
    '%s: no update, delete or truncate',
    async (table) => {
      const name = sql.table(table)
      for (const attempt of [sql`delete from ${name}`, sql`truncate ${name} cascade`])
        await expect(attempt.execute(crm.store.db)).rejects.toThrow('append-only')
      await expect(sql`update ${name} set id = default where true`.execute(crm.store.db)).rejects.toThrow()
      const touch =
        table === 'audit_changes' ? sql`after = '{}'` : table === 'reads' ? sql`at = now()` : sql`at = now()`
      await expect(sql`update ${name} set ${touch}`.execute(crm.store.db)).rejects.toThrow('append-only')
    },
  )

  test('not even as retention: it empties contents, and changes nothing else', async () => {
    const asRetention = (work: ReturnType<typeof sql>) =>
      crm.store.db.transaction().execute(async (trx) => {
        await sql`select set_config('ascolto.purge', 'on', true)`.execute(trx)
        await work.execute(trx)
      })
    for (const attempt of [
      sql`delete from audit_changes`,
      sql`delete from audit_entries`,
      sql`update audit_changes set after = '{}'`,
      sql`update audit_changes set before = null, after = null, purged_at = now(), row_id = 'x'`,
    ])
      await expect(asRetention(attempt)).rejects.toThrow('append-only')
  })
})

test('every table is audited, or not for a reason', async () => {
  const reasons: Record<string, string> = {
    streams: 'where commands come from',
    commands: 'the commands themselves, kept by their number',
    command_failures: 'a count of attempts',
    citizen_imports: 'what the registry said last: what came of it stands under the person',
    change_log: 'what moved, for the desks',
    change_log_horizon: 'up to where it is cut',
    feed_epoch: 'of this database',
    scope_days: 'which days have passed',
    statistics: 'of no person',
    ticket_protocols: 'the last number given',
    ticket_presence: 'who looks now',
    slots: 'made from opening rules',
    slot_seats: 'which appointment sits where',
    leases: 'seats that are lent',
    message_channels: 'what the process that sends says of itself as it begins',
    message_outbox: 'made from messages; each tells what became of it',
    closure_failures: 'a count of attempts',
    agenda_days: 'which days are made',
    reads: 'the journal of reads: append-only itself',
    oidc_records: 'sign-ins and their tokens',
    device_sign_ins: 'where they work',
    earlier_rights: 'what somebody might before, by the audit of users too',
    audit_entries: 'the audit',
    audit_changes: 'the audit',
    kysely_migration: 'of the schema',
    kysely_migration_lock: 'of the schema',
  }
  const { rows } = await sql<{ name: string; audited: boolean }>`
    select c.relname as name, exists (select 1 from pg_trigger t where t.tgrelid = c.oid and t.tgname = 'audited') as audited
    from pg_class c join pg_namespace s on s.oid = c.relnamespace
    where c.relkind = 'r' and s.nspname = 'public'`.execute(crm.store.db)
  const undecided = rows.filter(({ name, audited }) => audited === name in reasons)
  expect(undecided).toEqual([])
})

test('the report for the person who asks: who looked, when and why', async () => {
  const citizen = await addCitizen(crm.store.db)
  await person.api.citizens.get({ id: citizen.id, reasonKind: 'call', reasonId: contact.id })
  const file = await person.api.citizens.readsReport({ id: citizen.id })
  expect(file.type).toContain('text/csv')
  const [head, ...lines] = (await file.text())
    .replace(/^\uFEFF/, '')
    .trim()
    .split('\r\n')
  expect(head).toBe('"Quando","Chi","Motivo","Riferimento"')
  expect(lines).toHaveLength(2)
  // As the person knows it: nobody outside has a use for an id.
  expect(lines.join()).toMatch(/"Contatto","del \d{4}-\d\d-\d\d \d\d:\d\d"/)
  const nothing = newId()
  await person.api.citizens.get({ id: citizen.id, reasonKind: 'ticket', reasonId: nothing })
  await person.api.citizens.get({ id: citizen.id, reasonKind: 'ticket', reasonId: contact.id })
  const { reads } = await person.api.citizens.reads({ id: citizen.id })
  expect(reads.map(({ reasonKnown }) => reasonKnown)).toEqual([false, false, true, true])
  const again = await (await person.api.citizens.readsReport({ id: citizen.id })).text()
  expect(again).toContain(`"Richiesta","${nothing} (non risulta)"`)
  expect(await (await person.api.citizens.readsReport({ id: citizen.id, language: 'en' })).text()).toContain(
    '"Reason"',
  )
  const { id: ticketId, protocol } = await person.api.tickets.open({
    ...{ id: newId(), kind: 'report', topicId: smallCity.topic, text: 'Una buca.', citizenId: citizen.id },
  })
  expect(await (await person.api.citizens.readsReport({ id: citizen.id })).text()).toContain(
    `"Richiesta","${protocol}"`,
  )
  await sql`delete from tickets where id = ${ticketId}`.execute(crm.store.db)
  expect(await (await person.api.citizens.readsReport({ id: citizen.id })).text()).toContain(
    '"Richiesta","non più conservato"',
  )
})

test('what the audit tells of a person is a read of them, and so is on whose behalf a contact was', async () => {
  const [citizen, other] = [await addCitizen(crm.store.db), await addCitizen(crm.store.db)]
  const call = contactArgs({ citizenId: citizen.id })
  await push('contact.open', call)
  await push('contact.close', {
    ...{ contactId: call.id, endedAt: new Date().toISOString(), topicId: null, outcome: 'resolved' },
    ...{ citizenId: citizen.id, identification: 'birth-date', triedBefore: [], triedDetail: '' },
    ...{ onBehalfOf: other.id, lineScore: null, note: '' },
  })
  const readers = async (id: string) =>
    (await person.api.citizens.reads({ id })).reads.map(({ reason }) => reason.kind)
  const before = await readers(citizen.id)
  await person.api.audit.list({ limit: 5 })
  expect(await readers(citizen.id)).toEqual(['search', ...before])
  const others = await readers(other.id)
  await person.api.contacts.get({ id: call.id })
  expect(await readers(other.id)).toEqual(['call', ...others])
})

test('who asks who looked at them gets all of it', async () => {
  const citizen = await addCitizen(crm.store.db)
  await sql`
    insert into reads (citizen_id, user_id, at, reason_kind, reason_id, source)
    select ${citizen.id}, ${person.id}, clock_timestamp(), 'search', null, 'crm' from generate_series(1, 1500)`.execute(
    crm.store.db,
  )
  const text = await (await person.api.citizens.readsReport({ id: citizen.id })).text()
  // The line of the heads, and that it was asked for.
  expect(text.trim().split('\r\n')).toHaveLength(1 + 1500 + 1)
})
