import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import pino from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { HeardLine } from '#contract/crm.ts'
import type { ChangeNotice } from '#contract/desk.ts'
import { emptyDraft } from '#contract/desk.ts'
import { newId } from '#contract/domain/ids.ts'
import { Fault } from '#contract/errors.ts'
import { endLine, operator, rowLine, sample } from '../../../tests/support/sample-rows.ts'
import { type Cache, openCache } from './cache.ts'

const key = 'a1'.repeat(32)
const log = pino({ level: 'silent' })
const now = () => new Date('2026-11-24T10:00:00Z')

let dir: string
let cache: Cache
const open = (change: { key?: string } = {}) => openCache({ dir, key, log, now, ...change })
const reopen = () => {
  cache.close()
  cache = open()
}
const faultOf = (work: () => unknown) => {
  try {
    work()
  } catch (error) {
    if (error instanceof Fault) return `${error.kind}: ${error.code}`
    throw error
  }
  return 'none'
}
const raw = (name: string) => {
  const db = new Database(join(dir, name))
  db.pragma(`cipher='sqlcipher'`)
  db.pragma('legacy=4')
  db.pragma(`key="x'${key}'"`)
  return db
}

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ascolto-cache-'))
  cache = open()
})
afterEach(() => {
  cache.close()
  rmSync(dir, { recursive: true })
})

const openContact = (id: string, citizenId: string | null = null) => ({
  name: 'contact.open' as const,
  args: {
    id,
    channel: 'phone' as const,
    direction: 'inbound' as const,
    queue: 'anagrafe',
    callerNumber: '+393471234567',
    startedAt: '2026-11-24T09:00:00.000Z',
    answeredAt: null,
    practice: false,
    citizenId,
  },
})
const facts = (contactId: string) => ({
  contactId,
  remote: { number: '3471234567', e164: '+393471234567', displayName: null },
  continues: null,
  queue: null,
  direction: 'inbound' as const,
  practice: false,
  startedAt: '2026-11-24T09:00:00.000Z',
  answeredAt: null,
  endedAt: null,
})

describe('the files', () => {
  it('hold nothing in clear', () => {
    const citizen = sample.citizen({ familyName: 'Cognomechiaro', phones: [] })
    const { version, ...args } = citizen
    cache.accept(operator, [{ name: 'citizen.create', args }])
    for (const name of readdirSync(dir))
      expect(readFileSync(join(dir, name)).includes('Cognomechiaro'), name).toBe(false)
  })

  it('refuse a key that is not 64 hex digits', () => {
    expect(faultOf(() => open({ key: `zz${'0'.repeat(62)}` }))).toBe('invalid: key-missing')
    expect(faultOf(() => open({ key: 'ab' }))).toBe('invalid: key-missing')
  })

  it('refuse the outbox under another key and leave it as it is', () => {
    cache.accept(operator, [openContact(newId())])
    cache.close()
    const before = readFileSync(join(dir, 'outbox.db'))
    expect(faultOf(() => open({ key: 'b2'.repeat(32) }))).toBe('unavailable: outbox-corrupt')
    expect(readFileSync(join(dir, 'outbox.db')).equals(before)).toBe(true)
    cache = open()
    expect(cache.entries(null)).toHaveLength(1)
  })

  it('refuse an outbox of a newer program', () => {
    cache.close()
    const db = raw('outbox.db')
    const version = db.pragma('user_version', { simple: true })
    db.pragma('user_version=9990')
    db.close()
    expect(faultOf(() => open())).toBe('unsupported: cache-newer')
    const again = raw('outbox.db')
    expect(again.pragma('user_version', { simple: true })).toBe(9990)
    again.pragma(`user_version=${version}`)
    again.close()
    cache = open()
  })

  it('block on a newer cache, keep taking commands, and do not rebuild it', () => {
    const citizen = sample.citizen({ phones: [{ number: '+393471234567', kind: 'mobile' }] })
    cache.sync.applyPage([rowLine('citizen', citizen), endLine('c1')])
    cache.close()
    const db = raw('cache.db')
    db.pragma('user_version=9990')
    db.close()
    const before = readFileSync(join(dir, 'cache.db'))
    cache = open()
    expect(cache.state()).toEqual({
      state: 'blocked',
      fault: { kind: 'unsupported', code: 'cache-newer', params: {} },
    })
    expect(cache.callers('+393471234567')).toEqual([])
    expect(cache.reference()).toEqual({
      services: [],
      offices: [],
      topics: [],
      articles: [],
      teams: [],
      rulebook: null,
      unsentChannels: [],
    })
    const contactId = newId()
    cache.accept(operator, [openContact(contactId)])
    expect(cache.counts(operator.user.id).pending).toBe(1)
    expect(readFileSync(join(dir, 'cache.db')).equals(before)).toBe(true)

    expect(faultOf(() => cache.rebuild())).toBe('unsupported: cache-newer')
    expect(cache.state().state).toBe('blocked')
    expect(readFileSync(join(dir, 'cache.db')).equals(before)).toBe(true)
  })

  it('block on a corrupt cache without touching it, outbox whole', () => {
    cache.accept(operator, [openContact(newId())])
    cache.close()
    const noise = Buffer.alloc(64_000, 'not a database ')
    writeFileSync(join(dir, 'cache.db'), noise)
    rmSync(join(dir, 'cache.db-wal'), { force: true })
    cache = open()
    expect(cache.state().fault?.code).toBe('cache-corrupt')
    expect(cache.entries(null)).toHaveLength(1)
    expect(readFileSync(join(dir, 'cache.db')).equals(noise)).toBe(true)
  })

  it('rebuild a corrupt cache when told, the old file set aside, the outbox as it was', () => {
    const contactId = newId()
    cache.accept(operator, [openContact(contactId)])
    expect(faultOf(() => cache.rebuild())).toBe('conflict: cache-ready')
    cache.close()
    const noise = Buffer.alloc(64_000, 'not a database ')
    writeFileSync(join(dir, 'cache.db'), noise)
    rmSync(join(dir, 'cache.db-wal'), { force: true })
    cache = open()
    const told: ChangeNotice[] = []
    cache.onChange((notice) => told.push(notice))
    cache.rebuild()
    expect(cache.state()).toEqual({ state: 'filling', fault: null })
    expect(told).toEqual([{ entities: ['*'] }])
    expect(cache.made(contactId).contact?.id).toBe(contactId)
    expect(readFileSync(join(dir, 'cache.db.broken-2026-11-24T10-00-00-000Z')).equals(noise)).toBe(true)
    expect(faultOf(() => cache.rebuild())).toBe('conflict: cache-ready')
  })

  it('keep a file that was set aside for a week, and none of it once the desk is wiped', () => {
    const broken = (day: string, part = '') => `cache.db.broken-2026-11-${day}T10-00-00-000Z${part}`
    const aside = () => readdirSync(dir).filter((name) => name.includes('broken'))
    cache.close()
    for (const part of ['', '-wal', '-shm']) {
      writeFileSync(join(dir, broken('16', part)), 'rows')
      writeFileSync(join(dir, broken('18', part)), 'rows')
    }
    cache = open()
    expect(aside().toSorted()).toEqual([broken('18'), broken('18', '-shm'), broken('18', '-wal')])
    cache.wipe()
    expect(aside()).toEqual([])
  })

  it('remember the CRM that they belong to', () => {
    expect(cache.home.get()).toBeNull()
    const home = { address: 'https://crm.example.it', epoch: newId() }
    cache.home.set({ ...home, epoch: newId() })
    cache.home.set(home)
    reopen()
    expect(cache.home.get()).toEqual(home)
  })

  it('name a corrupt outbox and do not overwrite it', () => {
    cache.close()
    const noise = Buffer.alloc(8_000, 'noise')
    writeFileSync(join(dir, 'outbox.db'), noise)
    expect(faultOf(() => open())).toBe('unavailable: outbox-corrupt')
    expect(readFileSync(join(dir, 'outbox.db')).equals(noise)).toBe(true)
    rmSync(join(dir, 'outbox.db'))
    cache = open()
  })
})

describe('the projection', () => {
  it('finds a citizen made offline by number and name, also after a restart', () => {
    const { version, ...args } = sample.citizen({
      givenName: 'Nicolò',
      phones: [{ number: '+393479998877', kind: 'mobile' }],
    })
    cache.accept(operator, [{ name: 'citizen.create', args }])
    expect(cache.callers('+393479998877').map((story) => story.citizen.id)).toEqual([args.id])
    reopen()
    expect(cache.callers('+393479998877').map((story) => story.citizen.id)).toEqual([args.id])
    expect(cache.search('nicolo', 10)).toHaveLength(1)
  })

  it('tells what the office took away for a month, until something makes up for it', () => {
    const citizen = sample.citizen()
    const own = { citizenId: citizen.id, state: 'cancelled-by-office' as const, slotIds: [], counter: null }
    const taken = sample.appointment({ ...own, startsAt: '2026-11-10T09:00:00.000Z' })
    const old = sample.appointment({ ...own, startsAt: '2026-10-10T09:00:00.000Z' })
    const lapsed = { ...own, state: 'lapsed' as const, startsAt: '2026-11-10T09:00:00.000Z' }
    const rows = [taken, old, sample.appointment(lapsed)].map((row) => rowLine('appointment', row))
    cache.sync.applyPage([rowLine('citizen', citizen), ...rows, endLine('c1')])
    const told = () => cache.story(citizen.id)?.appointments.map(({ id }) => id)
    expect(told()).toEqual([taken.id])
    const instead = sample.appointment({
      ...{ citizenId: citizen.id, recoveryOf: taken.id, startsAt: '2026-12-01T09:00:00.000Z' },
    })
    cache.sync.applyPage([rowLine('appointment', instead), endLine('c2')])
    expect(told()).toEqual([instead.id])
    const again = sample.appointment({
      ...{ citizenId: citizen.id, recoveryOf: instead.id, startsAt: '2026-12-02T09:00:00.000Z' },
    })
    const lost = { ...instead, version: 2, state: 'cancelled-by-office' as const }
    cache.sync.applyPage([...[rowLine('appointment', lost), rowLine('appointment', again)], endLine('c3')])
    expect(told()).toEqual([again.id])
  })

  it('tells until the day of its own office is over what was to be on that day', () => {
    cache.close()
    // Half past eleven on the Azores, half past one of the next day in the city.
    cache = openCache({ dir, key, log, now: () => new Date('2026-11-24T00:30:00Z') })
    const citizen = sample.citizen()
    const outpost = sample.office({ id: 'ponta-delgada', zone: 'Atlantic/Azores' })
    const own = { citizenId: citizen.id, startsAt: '2026-11-23T15:00:00.000Z' }
    const there = sample.appointment({ ...own, officeId: outpost.id })
    const rows = [there, sample.appointment(own)].map((row) => rowLine('appointment', row))
    cache.sync.applyPage([
      ...[rowLine('office', sample.office()), rowLine('office', outpost), rowLine('citizen', citizen)],
      ...[...rows, endLine('c1')],
    ])
    expect(cache.story(citizen.id)?.appointments).toEqual([there])
  })

  it('shows rows over the CRM and takes them back when the CRM refuses', () => {
    const citizen = sample.citizen()
    const slot = sample.slot({ booked: 1 })
    cache.sync.applyPage([rowLine('citizen', citizen), rowLine('slot', slot), endLine('c1')])
    const contactId = newId()
    const appointmentId = newId()
    const [opened, booked] = cache.accept(operator, [
      openContact(contactId, citizen.id),
      {
        name: 'appointment.book',
        args: {
          id: appointmentId,
          slotId: slot.id,
          slotIds: [slot.id],
          serviceIds: ['identity-card'],
          endsAt: slot.startsAt,
          recoveryOf: null,
          holdId: null,
          leaseId: null,
          channel: 'phone',
          notify: [],
          officeId: slot.officeId,
          startsAt: slot.startsAt,
          citizenId: citizen.id,
          contactId,
        },
      },
    ])
    const find = {
      agenda: slot.agenda,
      officeId: null,
      from: new Date('2026-11-25T23:00Z'),
      until: new Date('2026-11-26T23:00Z'),
    }
    expect(cache.slots(find)).toEqual([{ ...slot, booked: 2 }])
    expect(cache.story(citizen.id)?.appointments.map(({ state }) => state)).toEqual(['requested'])
    expect(cache.made(contactId).appointments).toHaveLength(1)

    const { streamId } = cache.sync.stream(operator.user.id)
    cache.sync.settle(streamId, [
      { n: 1, id: opened?.id ?? '', status: 'applied', fault: null },
      {
        n: 2,
        id: booked?.id ?? '',
        status: 'refused',
        fault: { kind: 'conflict', code: 'slot-taken', params: {} },
      },
    ])
    expect(cache.slots(find)).toEqual([slot])
    expect(cache.made(contactId).appointments).toEqual([])
    expect(cache.made(contactId).contact?.id).toBe(contactId)
    expect(cache.entries(null).map(({ state, fault }) => [state, fault?.code])).toEqual([
      ['sent', undefined],
      ['refused', 'slot-taken'],
    ])
    expect(cache.counts(operator.user.id)).toEqual({ pending: 0, refused: 1, others: 0, othersRefused: 0 })
    expect(faultOf(() => cache.dismiss(operator.user.id, opened?.id ?? ''))).toBe('conflict: input-invalid')
    cache.dismiss(operator.user.id, booked?.id ?? '')
    expect(cache.counts(operator.user.id).refused).toBe(0)
  })

  it('keeps what was applied with something to be known of it until that was read', () => {
    const contactId = newId()
    const [opened] = cache.accept(operator, [openContact(contactId)])
    const { streamId } = cache.sync.stream(operator.user.id)
    const fault = { kind: 'conflict', code: 'service-booked', params: {} } as const
    cache.sync.settle(streamId, [{ n: 1, id: opened?.id ?? '', status: 'applied', fault }])
    cache.sync.applyPage([
      rowLine('contact', sample.contact({ id: contactId, version: 7 })),
      { type: 'applied', streamId, n: 1 },
      endLine('c1'),
    ])
    expect(cache.made(contactId).contact?.version).toBe(7)
    expect(cache.entries(null)).toMatchObject([{ commandId: opened?.id, state: 'noted', fault }])
    expect(cache.counts(operator.user.id)).toEqual({ pending: 0, refused: 1, others: 0, othersRefused: 0 })
    expect(cache.sync.unsent(streamId, 10)).toEqual([])
    cache.dismiss(operator.user.id, opened?.id ?? '')
    expect(cache.counts(operator.user.id).refused).toBe(0)
    cache.sync.applyPage([{ type: 'applied', streamId, n: 1 }, endLine('c2')])
    expect(cache.entries(null)).toEqual([])
  })

  it('keeps a command whose answer was lost until it is known, though its rows have come', () => {
    const contactId = newId()
    const [opened] = cache.accept(operator, [openContact(contactId)])
    const { streamId } = cache.sync.stream(operator.user.id)
    cache.sync.applyPage([
      rowLine('contact', sample.contact({ id: contactId, version: 7 })),
      { type: 'applied', streamId, n: 1 },
      endLine('c1'),
    ])
    expect(cache.made(contactId).contact?.version).toBe(7)
    expect(cache.sync.unsent(streamId, 10).map(({ id }) => id)).toEqual([opened?.id])
    cache.sync.settle(streamId, [{ n: 1, id: opened?.id ?? '', status: 'applied', fault: null }])
    expect(cache.entries(null)).toEqual([])
  })

  it('gives up what cannot be read, those that need it with it, and goes on behind', () => {
    const contactId = newId()
    const { version, ...citizen } = sample.citizen()
    const [broken, unknown, last] = [newId(), newId(), newId()]
    const made = cache.accept(operator, [
      { name: 'citizen.create', args: citizen },
      openContact(contactId, citizen.id),
      openContact(broken),
      { name: 'contact.identify', args: { contactId: broken, citizenId: null, identification: 'none' } },
      openContact(unknown),
      { name: 'contact.identify', args: { contactId: unknown, citizenId: null, identification: 'none' } },
      openContact(last),
    ])
    const { streamId } = cache.sync.stream(operator.user.id)
    cache.close()
    const db = raw('outbox.db')
    db.prepare('UPDATE command SET name = ? WHERE n = 1').run('citizen.invent')
    db.prepare('UPDATE command SET args = ? WHERE n = 3').run('{"id": ')
    db.prepare('UPDATE command SET author = ?, args = ? WHERE n = 5').run('{', '7')
    db.close()
    cache = open()
    expect(cache.sync.unsent(streamId, 100).map(({ n }) => n)).toEqual([5, 6, 7])
    const states = raw('outbox.db')
    const rows = states.prepare<[], { state: string }>('SELECT state FROM command ORDER BY n').all()
    expect(rows.map(({ state }) => state)).toEqual([
      ...['failed', 'failed', 'failed', 'failed'],
      ...['pending', 'pending', 'pending'],
    ])
    states.close()
    expect(cache.made(contactId).contact).toBeNull()
    expect(cache.made(last).contact?.id).toBe(last)
    // Whose the one with the broken author is, nobody can say.
    expect(cache.counts(operator.user.id)).toEqual({ pending: 2, refused: 4, others: 1, othersRefused: 0 })
    expect(cache.entries(operator.user.id).map(({ commandId }) => commandId)).toEqual(
      [1, 3, 5, 6].map((i) => made[i]?.id),
    )
  })

  it('reads a fault, work and settings that are no JSON any more as if they were not there', () => {
    const contactId = newId()
    const [opened] = cache.accept(operator, [openContact(contactId)])
    cache.work.put(operator.user.id, facts(contactId))
    cache.settings.set({ language: 'en' })
    const { streamId } = cache.sync.stream(operator.user.id)
    cache.sync.settle(streamId, [
      {
        n: 1,
        id: opened?.id ?? '',
        status: 'refused',
        fault: { kind: 'conflict', code: 'contact-closed', params: {} },
      },
    ])
    cache.close()
    const db = raw('outbox.db')
    db.exec(`UPDATE command SET fault = '{'; UPDATE work SET draft = '{'; UPDATE setting SET value = '{'`)
    db.close()
    cache = open()
    expect(cache.entries(null)).toMatchObject([{ state: 'refused', fault: { code: 'unexpected' } }])
    expect(cache.work.list(operator.user.id)).toEqual([])
    expect(cache.settings.get().language).toBe('it')
  })

  it('shows and dismisses everybody their own commands, also those of a stream that was replaced', () => {
    const other = { ...operator, user: { ...operator.user, id: newId(), name: 'Bruno' } }
    const [refused] = cache.accept(operator, [openContact(newId()), openContact(newId())])
    const { streamId } = cache.sync.stream(operator.user.id)
    const fault = { kind: 'conflict' as const, code: 'contact-closed' as const, params: {} }
    cache.sync.settle(streamId, [{ n: 1, id: refused?.id ?? '', status: 'refused', fault }])
    cache.sync.replaceStream(streamId)
    cache.accept(other, [openContact(newId())])
    const names = (userId: string) => cache.entries(userId).map(({ authorName }) => authorName)
    expect(names(operator.user.id)).toEqual(['Anna Bianchi', 'Anna Bianchi'])
    expect(names(other.user.id)).toEqual(['Bruno'])
    expect(cache.counts(operator.user.id)).toEqual({ pending: 1, refused: 1, others: 1, othersRefused: 0 })
    expect(cache.counts(other.user.id)).toEqual({ pending: 1, refused: 0, others: 1, othersRefused: 1 })
    expect(cache.counts(null)).toEqual({ pending: 0, refused: 0, others: 2, othersRefused: 1 })
    expect(faultOf(() => cache.dismiss(other.user.id, refused?.id ?? ''))).toBe('not-found: record-not-found')
    cache.dismiss(operator.user.id, refused?.id ?? '')
    expect(cache.entries(operator.user.id)).toHaveLength(1)
  })

  it('fails a command with those that need what it makes', () => {
    const contactId = newId()
    const { version, ...citizen } = sample.citizen()
    const other = newId()
    const made = cache.accept(operator, [
      { name: 'citizen.create', args: citizen },
      openContact(contactId, citizen.id),
      openContact(other),
      {
        name: 'contact.identify',
        args: { contactId, citizenId: citizen.id, identification: 'fiscal-code' },
      },
    ])
    const { streamId } = cache.sync.stream(operator.user.id)
    const fault = { kind: 'internal' as const, code: 'unexpected' as const, params: {} }
    cache.sync.fail(streamId, 1, { n: 1, id: made[0]?.id ?? '', status: 'failed', fault })
    expect(cache.entries(null).map(({ state }) => state)).toEqual(['failed', 'failed', 'pending', 'failed'])
    expect(cache.story(citizen.id)).toBeNull()
    expect(cache.made(contactId).contact).toBeNull()
    expect(cache.made(other).contact?.id).toBe(other)
    expect([contactId, other, citizen.id].map((id) => cache.opens(id))).toEqual([true, true, false])

    const stream = cache.sync.replaceStream(streamId)
    expect(stream).toMatchObject({ userId: operator.user.id, registered: false, replaces: null })
    expect(cache.sync.unsent(stream.streamId, 10)).toMatchObject([{ n: 1, id: made[2]?.id }])
    expect(cache.accept(operator, [openContact(newId())])).toMatchObject([{ n: 2 }])
  })

  it('leaves out what it cannot read, and has it told again once the program is another one', () => {
    const [citizen, other] = [sample.citizen(), sample.citizen()]
    const strange: HeardLine[] = [
      { type: 'row', entity: 'citizen', id: other.id, row: { ...other, language: { spoken: 'it' } } },
      { type: 'row', entity: 'tree', id: newId(), row: { planted: 1998 } },
      { type: 'gone', entity: 'tree', id: newId() },
    ]
    const page: HeardLine[] = [rowLine('citizen', citizen), ...strange, endLine('c1')]
    expect(cache.sync.applyPage(page)).toBe('applied')
    expect(cache.story(citizen.id)?.citizen).toEqual(citizen)
    expect(cache.story(other.id)).toBeNull()
    cache.close()
    cache = open()
    expect(cache.sync.applyPage([endLine('c2')])).toBe('applied')
    cache.close()

    // As an older program would have left it.
    const db = raw('cache.db')
    db.prepare("UPDATE meta SET value = 'older' WHERE name = 'left-out-by'").run()
    db.close()
    cache = open()
    expect(cache.story(citizen.id)?.citizen).toEqual(citizen)
    expect(cache.sync.cursor()).toBe('c2')
    expect(cache.sync.applyPage([endLine('c3')])).toBe('anew')
    expect(cache.sync.cursor()).toBeNull()
    expect(cache.sync.applyPage(page)).toBe('applied')
    expect(cache.sync.applyPage([endLine('c4')])).toBe('applied')
    expect(cache.sync.cursor()).toBe('c4')
  })

  it('refuses a page without its end and forgets everything on restart but the pending', () => {
    const citizen = sample.citizen()
    expect(faultOf(() => cache.sync.applyPage([rowLine('citizen', citizen)]))).toBe('invalid: input-invalid')
    expect(cache.sync.cursor()).toBeNull()
    cache.sync.applyPage([rowLine('citizen', citizen), endLine('c1')])
    const contactId = newId()
    cache.accept(operator, [openContact(contactId, citizen.id)])
    expect(cache.state().state).toBe('ready')
    cache.sync.applyPage([{ type: 'end', cursor: 'x', more: true, restart: true }])
    expect(cache.sync.cursor()).toBeNull()
    expect(cache.state().state).toBe('filling')
    expect(cache.story(citizen.id)).toBeNull()
    expect(cache.made(contactId).contact?.id).toBe(contactId)
    cache.sync.applyPage([rowLine('citizen', sample.citizen({ familyName: 'Verdi' })), endLine('c2')])
    expect(cache.search('rossi', 10)).toEqual([])
    expect(cache.search('verdi', 10)).toHaveLength(1)
  })

  it('leaves out a row that fits no schema and takes the rest', () => {
    const citizen = sample.citizen()
    cache.sync.applyPage([
      { type: 'row', entity: 'citizen', id: newId(), row: { colour: 'green' } },
      rowLine('citizen', citizen),
      endLine('c1'),
    ])
    expect(cache.story(citizen.id)?.citizen).toEqual(citizen)
  })
})

describe('search', () => {
  beforeEach(() => {
    cache.sync.applyPage([
      rowLine(
        'citizen',
        sample.citizen({
          givenName: 'Nicolò',
          familyName: "D'Amico",
          fiscalCode: 'DMCNCL80A01F205S',
          phones: [{ number: '+390255510143', kind: 'landline' }],
        }),
      ),
      rowLine('citizen', sample.citizen({ givenName: 'Zoë', familyName: 'Città' })),
      rowLine('citizen', sample.citizen({ givenName: 'Ada', familyName: 'Città' })),
      endLine('c1'),
    ])
  })
  const names = (text: string) => cache.search(text, 10).map(({ givenName }) => givenName)

  it.each([
    ['amico nic', ['Nicolò']],
    ["NICOLO' d'amico", ['Nicolò']],
    ['citta', ['Ada', 'Zoë']],
    ['zoe CITTÀ', ['Zoë']],
    ['dmcncl80', ['Nicolò']],
    ['02 5551', ['Nicolò']],
    ['+39 02 555/10143', ['Nicolò']],
    ['0039025551', ['Nicolò']],
    ['rossi', []],
    ['" OR *', []],
    ['', []],
    ['NEAR(citta', []],
  ])('%s', (text, found) => {
    expect(names(text)).toEqual(found)
  })

  it('follows a change of name and forgets who is gone', () => {
    const [zoe] = cache.search('zoe', 1)
    if (!zoe) throw new Error('not found')
    cache.sync.applyPage([rowLine('citizen', { ...zoe, familyName: 'Verdi', version: 2 }), endLine('c2')])
    expect(names('citta')).toEqual(['Ada'])
    expect(names('verdi')).toEqual(['Zoë'])
    cache.sync.applyPage([{ type: 'gone', entity: 'citizen', id: zoe.id }, endLine('c3')])
    expect(names('verdi')).toEqual([])
  })
})

describe('stories', () => {
  it('hold what is open, in the order it is read', () => {
    const phone = { number: '+390255510143', kind: 'landline' as const }
    const citizen = sample.citizen({ phones: [phone] })
    const partner = sample.citizen({ familyName: 'Bruni', phones: [phone] })
    const citizenId = citizen.id
    const rows = [
      rowLine('citizen', citizen),
      rowLine('citizen', partner),
      // Later although its text sorts first.
      rowLine('contact', sample.contact({ citizenId, note: 'new', startedAt: '2026-11-20T09:30:00+01:00' })),
      rowLine('contact', sample.contact({ citizenId, note: 'old', startedAt: '2026-11-20T08:00:00Z' })),
      rowLine('ticket', sample.ticket({ citizenId, dueOn: '2026-12-20' })),
      rowLine('ticket', sample.ticket({ citizenId, dueOn: '2026-12-01' })),
      rowLine('ticket', sample.ticket({ citizenId, status: 'closed' })),
      rowLine('appointment', sample.appointment({ citizenId, startsAt: '2026-12-02T09:00:00Z' })),
      rowLine('appointment', sample.appointment({ citizenId, startsAt: '2026-11-24T07:30:00Z' })),
      rowLine('appointment', sample.appointment({ citizenId, startsAt: '2026-11-23T09:00:00Z' })),
      rowLine('appointment', sample.appointment({ citizenId, state: 'cancelled-by-citizen' })),
      endLine('c1'),
    ]
    cache.sync.applyPage(rows)
    const stories = cache.callers('+390255510143')
    expect(stories.map((story) => story.citizen.familyName)).toEqual(['Bruni', 'Rossi'])
    const story = stories[1]
    expect(story?.contacts.map(({ note }) => note)).toEqual(['new', 'old'])
    expect(story?.tickets.map(({ dueOn }) => dueOn)).toEqual(['2026-12-01', '2026-12-20'])
    expect(story?.appointments.map(({ startsAt }) => startsAt)).toEqual([
      '2026-11-24T07:30:00Z',
      '2026-12-02T09:00:00Z',
    ])
  })
})

describe('work and settings', () => {
  it('save by revision: a stale one is refused and nothing is lost', () => {
    const contactId = newId()
    expect(faultOf(() => cache.work.save(contactId, 0, emptyDraft))).toBe('not-found: contact-gone')
    cache.work.put(operator.user.id, facts(contactId))
    expect(cache.work.save(contactId, 0, { ...emptyDraft, note: 'prima' }).revision).toBe(1)
    expect(faultOf(() => cache.work.save(contactId, 0, { ...emptyDraft, note: 'altra' }))).toBe(
      'conflict: draft-stale',
    )
    cache.work.put(operator.user.id, { ...facts(contactId), endedAt: '2026-11-24T09:05:00.000Z' })
    reopen()
    expect(cache.work.list(operator.user.id)).toMatchObject([
      { contactId, revision: 1, endedAt: '2026-11-24T09:05:00.000Z', draft: { note: 'prima' } },
    ])
    expect(cache.work.list(newId())).toEqual([])
  })

  it('tell of a command the contact that it was issued in, though it names none', () => {
    const contactId = newId()
    cache.work.put(operator.user.id, facts(contactId))
    const draft = { contactId, revision: 0, draft: emptyDraft }
    const confirm = { name: 'appointment.confirm' as const, args: { appointmentId: newId() } }
    cache.accept(operator, [confirm], draft)
    cache.accept(operator, [confirm])
    expect(cache.entries(operator.user.id).map((entry) => entry.contactId)).toEqual([contactId, null])
  })

  it('keep the seats that the CRM holds for a contact over a restart, as long as there is the contact', () => {
    const contactId = newId()
    const slotId = newId()
    const startsAt = '2026-11-26T09:00:00.000Z'
    const hold = {
      ...{ id: newId(), heldUntil: '2026-11-24T09:10:00.000Z', officeId: 'larga', startsAt, slotId },
      ...{ endsAt: '2026-11-26T09:15:00.000Z', slotIds: [slotId], counter: 1 },
    }
    const kept = {
      hold,
      asked: { serviceIds: ['identity-card'], officeId: 'larga', startsAt, recoveryOf: null },
    }
    expect(cache.work.keepVisit(contactId, kept)).toBe(false)
    cache.work.put(operator.user.id, facts(contactId))
    expect(cache.work.keptVisit(contactId)).toBeNull()
    expect(cache.work.keepVisit(contactId, kept)).toBe(true)
    cache.work.save(contactId, 0, { ...emptyDraft, note: 'prima' })
    reopen()
    expect(cache.work.keptVisit(contactId)).toEqual(kept)
    expect(cache.work.keepVisit(contactId, null)).toBe(true)
    expect(cache.work.keptVisit(contactId)).toBeNull()
  })

  it('accept what the projection cannot show yet, and show it at the next chance', () => {
    const contactId = newId()
    cache.work.put(operator.user.id, facts(contactId))
    const other = raw('cache.db')
    other.exec(
      `CREATE TRIGGER full BEFORE INSERT ON shadow BEGIN SELECT RAISE(FAIL, 'the disk is full'); END`,
    )
    expect(cache.accept(operator, [openContact(contactId)])).toHaveLength(1)
    expect(cache.made(contactId).contact).toBeNull()
    expect(cache.counts(operator.user.id).pending).toBe(1)
    other.exec('DROP TRIGGER full')
    other.close()
    cache.accept(operator, [openContact(newId())])
    expect(cache.made(contactId).contact?.id).toBe(contactId)
    expect(cache.counts(operator.user.id).pending).toBe(2)
  })

  it('is left changed with its commands or not at all', () => {
    const contactId = newId()
    cache.work.put(operator.user.id, facts(contactId))
    const accept = (revision: number) =>
      cache.accept(operator, [openContact(contactId)], {
        contactId,
        revision,
        draft: { ...emptyDraft, note: 'fatto' },
      })
    expect(faultOf(() => accept(7))).toBe('conflict: draft-stale')
    expect(cache.counts(operator.user.id).pending).toBe(0)
    accept(0)
    expect(cache.counts(operator.user.id).pending).toBe(1)
    expect(cache.work.get(contactId)).toMatchObject({ revision: 1, draft: { note: 'fatto' } })
  })

  it('close with the commands or not at all', () => {
    const contactId = newId()
    cache.work.put(operator.user.id, facts(contactId))
    const close = () => cache.work.close(contactId, operator, [openContact(contactId)])
    close()
    expect(cache.work.get(contactId)).toBeNull()
    expect(cache.counts(operator.user.id).pending).toBe(1)
    expect(faultOf(close)).toBe('not-found: contact-gone')
    expect(cache.counts(operator.user.id).pending).toBe(1)
  })

  it('keep settings', () => {
    expect(cache.settings.set({ theme: 'dark' })).toMatchObject({ theme: 'dark', language: 'it' })
    reopen()
    expect(cache.settings.get().theme).toBe('dark')
    expect(faultOf(() => cache.settings.set({ ringVolume: 7 }))).toBe('invalid: input-invalid')
  })

  it('tell what changed', () => {
    const notices: ChangeNotice['entities'][] = []
    const stop = cache.onChange(({ entities }) => notices.push(entities))
    cache.work.put(operator.user.id, facts(newId()))
    cache.accept(operator, [openContact(newId())])
    stop()
    cache.accept(operator, [openContact(newId())])
    expect(notices).toEqual([['work'], ['contact', 'outbox']])
  })
})
