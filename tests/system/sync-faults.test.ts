import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CommandAuthor } from '#contract/commands/command.ts'
import type { CommandRequest } from '#contract/commands/registry.ts'
import type { User } from '#contract/domain/agent.ts'
import { newId } from '#contract/domain/ids.ts'
import { Fault } from '#contract/errors.ts'
import { openCrmClient } from '../../src/main/sync/sync.ts'
import { openDesk, type TestDesk, testKey } from '../support/desk.ts'
import { sample } from '../support/sample-rows.ts'
import { type Disturbance, openSyncServer, type SyncServer } from '../support/sync-server.ts'

const person = (name: string): User => ({
  id: newId(),
  name,
  givenName: name,
  roles: ['operator'],
  teams: [],
  extension: '2001',
})
const anna = person('Anna')
const bruno = person('Bruno')
const as = (user: User): CommandAuthor => ({ user, at: '2026-11-24T09:00:00.000Z' })

let server: SyncServer
let desks: TestDesk[]
const device = () => ({ deviceId: newId(), secret: 's' })
const desk = (options: Partial<Parameters<typeof openDesk>[0]> = {}) => {
  const opened = openDesk({ url: server.url, device: device(), user: anna, ...options })
  desks.push(opened)
  return opened
}

beforeEach(async () => {
  desks = []
  server = await openSyncServer()
})
afterEach(async () => {
  for (const opened of desks) await opened.close()
  await server.close()
})

const contact = (id = newId()): CommandRequest => ({
  name: 'contact.open',
  args: {
    id,
    channel: 'phone',
    direction: 'inbound',
    queue: null,
    callerNumber: null,
    startedAt: '2026-11-24T09:00:00.000Z',
    answeredAt: null,
    practice: false,
    citizenId: null,
  },
})
const ticket = (contactId: string | null, text = 'Buca', id = newId()): CommandRequest => ({
  name: 'ticket.open',
  args: {
    id,
    kind: 'report',
    topicId: 'roads',
    text,
    citizenId: null,
    contactId,
    receivedAt: '2026-11-24T09:00:00.000Z',
  },
})
const booking = (slotId: string): CommandRequest => ({
  name: 'appointment.book',
  args: {
    id: newId(),
    slotId,
    slotIds: [slotId],
    serviceIds: ['identity-card'],
    endsAt: '2026-11-26T09:15:00.000Z',
    recoveryOf: null,
    holdId: null,
    leaseId: null,
    channel: 'phone',
    notify: [],
    officeId: 'via-larga-12',
    startsAt: '2026-11-26T09:00:00.000Z',
    citizenId: null,
    contactId: null,
  },
})
const slotDay = {
  agenda: 'identity-card',
  officeId: null,
  from: new Date('2026-11-25T23:00Z'),
  until: new Date('2026-11-26T23:00Z'),
}
const empty = (d: TestDesk) => () => d.cache.entries(null).length === 0

describe('sync under a server that breaks', () => {
  it('has every effect exactly once, whatever is lost, repeated or cut', async () => {
    const slot = sample.slot({ capacity: 1000 })
    server.put('slot', slot)
    const d = desk()
    await d.until(() => d.cache.slots(slotDay).length === 1)
    const disturbances: Disturbance[] = ['none', 'lose', 'late-503', 'twice', 'cut', 'drop']
    let calls = 0
    let heard = () => {}
    server.disturb((path) => {
      calls += 1
      heard()
      if (path.endsWith('/notices')) return 'none'
      return disturbances[(calls * 7) % disturbances.length] ?? 'none'
    })
    const commandIds: string[] = []
    for (let i = 0; i < 40; i += 1) {
      const nextCall = new Promise<void>((resolve) => {
        heard = resolve
      })
      commandIds.push(...d.cache.accept(as(anna), [booking(slot.id)]).map(({ id }) => id))
      d.sync.retryNow()
      const shown = d.cache.slots(slotDay)[0]?.booked
      expect(shown, 'what the operator sees counts every booking once').toBe(i + 1)
      // Some are issued while others travel, some afterwards.
      if (i % 5 !== 0) await nextCall
    }
    const hurry = setInterval(() => d.sync.retryNow(), 5)
    await d.until(empty(d))
    clearInterval(hurry)
    expect(commandIds.map((id) => server.effects.get(id))).toEqual(commandIds.map(() => 1))
    expect(server.row('slot', slot.id)?.booked).toBe(40)
    expect(d.cache.slots(slotDay)[0]).toEqual(server.row('slot', slot.id))
  })

  it('drains a thousand commands made while the CRM was away, once each', async () => {
    const d = desk()
    await d.until(() => d.sync.state().state === 'reachable')
    await server.close()
    await d.until(() => d.sync.state().state === 'away')
    expect(d.sync.state().retryAt).not.toBeNull()
    const accepted = Array.from({ length: 1000 }, () => d.cache.accept(as(anna), [contact()])).flat()
    expect(d.cache.counts(anna.id).pending).toBe(1000)
    await server.listen()
    const begin = performance.now()
    d.sync.retryNow()
    await d.until(() => d.cache.counts(anna.id).pending === 0)
    const pushed = performance.now() - begin
    await d.until(empty(d))
    console.log(
      `drain of 1,000 commands: ${pushed.toFixed(0)} ms pushed, ${(performance.now() - begin).toFixed(0)} ms with the feed`,
    )
    expect(accepted.every(({ id }) => server.effects.get(id) === 1)).toBe(true)
    expect(d.sync.state()).toMatchObject({ state: 'reachable', retryAt: null })
  })

  it('records and passes what the CRM refuses', async () => {
    const d = desk()
    const contactId = newId()
    d.cache.accept(as(anna), [contact(contactId), ticket(contactId, 'refuse'), ticket(contactId)])
    d.sync.nudge()
    await d.until(() => d.cache.counts(anna.id).pending === 0 && d.cache.made(contactId).tickets.length === 1)
    expect(d.cache.counts(anna.id)).toEqual({ pending: 0, refused: 1, others: 0, othersRefused: 0 })
    await d.until(() => d.cache.made(contactId).contact?.version === 1)
    expect(d.cache.entries(null).map(({ state, fault }) => [state, fault?.code])).toEqual([
      ['refused', 'contact-closed'],
    ])
  })

  it('gives up a command that fails the CRM again and again, and goes on behind it', async () => {
    const d = desk()
    const [contactId, other] = [newId(), newId()]
    d.cache.accept(as(anna), [contact(contactId), ticket(contactId, 'explode'), contact(other)])
    const hurry = setInterval(() => d.sync.nudge(), 5)
    await d.until(() => d.cache.counts(anna.id).pending === 0)
    clearInterval(hurry)
    await d.until(() => server.row('contact', other) !== undefined && d.cache.entries(null).length === 1)
    expect(d.cache.entries(null)).toMatchObject([{ state: 'failed', request: { name: 'ticket.open' } }])
    expect(server.row('contact', contactId)).toBeDefined()
  })
})

describe('a CRM that is newer than the desk', () => {
  const tell = () => {
    const citizen = sample.citizen()
    server.put('tree' as never, { id: newId(), planted: 1998 } as never)
    server.put('citizen', citizen)
    return citizen
  }

  it('is heard of what the desk knows, and the rest stops nothing', async () => {
    const citizen = tell()
    const d = desk()
    await d.until(() => d.cache.story(citizen.id) !== null)
    expect(d.sync.state().state).toBe('reachable')
  })

  it('is heard anew, from the beginning and at once, when another program has left something out', async () => {
    const citizen = tell()
    const dir = mkdtempSync(join(tmpdir(), 'ascolto-newer-'))
    const before = desk({ dir })
    await before.until(() => before.cache.story(citizen.id) !== null)
    await before.stop()
    const db = new Database(join(dir, 'cache.db'))
    for (const pragma of [`cipher='sqlcipher'`, 'legacy=4', `key="x'${testKey}'"`]) db.pragma(pragma)
    db.exec("UPDATE meta SET value = 'older' WHERE name = 'left-out-by'; DELETE FROM citizen")
    db.close()
    const d = desk({ dir })
    expect(d.cache.story(citizen.id)).toBeNull()
    await d.until(() => d.cache.story(citizen.id) !== null)
  })
})

describe('something between that does not let everything through', () => {
  const byPath = (path: string) => path.endsWith('/commands')

  it('is sent less at a time, everything in order and once', async () => {
    const d = desk()
    await d.until(() => d.sync.state().state === 'reachable')
    const sizes: number[] = []
    server.disturb((path, { bytes }) => {
      if (!byPath(path)) return 'none'
      sizes.push(bytes)
      return bytes > 6_000 ? 413 : 'none'
    })
    const accepted = Array.from({ length: 60 }, () => d.cache.accept(as(anna), [contact()])).flat()
    d.sync.nudge()
    await d.until(empty(d))
    expect(accepted.map(({ id }) => server.effects.get(id))).toEqual(accepted.map(() => 1))
    expect(Math.max(...sizes)).toBeGreaterThan(12_000)
    // Halved, not sent one by one.
    expect(sizes.length).toBeLessThan(20)
  })

  it.each([404, 413, 429])('costs only the command that it answers %d', async (status) => {
    const d = desk()
    await d.until(() => d.sync.state().state === 'reachable')
    const big = ticket(null, 'x'.repeat(7_000))
    server.disturb((path, { bytes }) => (byPath(path) && bytes > 6_000 ? status : 'none'))
    const before = d.cache.accept(as(anna), [contact()])
    d.cache.accept(as(anna), [big])
    const after = d.cache.accept(as(anna), [contact()])
    const hurry = setInterval(() => d.sync.retryNow(), 5)
    await d.until(() => d.cache.counts(anna.id).pending === 0)
    clearInterval(hurry)
    expect([...before, ...after].map(({ id }) => server.effects.get(id))).toEqual([1, 1])
    await d.until(() => d.cache.entries(null).length === 1)
    expect(d.cache.entries(anna.id)).toMatchObject([{ state: 'failed', request: { name: 'ticket.open' } }])
  })

  it('is not taken for the CRM, which itself asks for patience', async () => {
    const d = desk()
    await d.until(() => d.sync.state().state === 'reachable')
    let asked = 0
    let heard = () => {}
    server.refusePushes = new Fault('too-many', 'rate-limited')
    server.disturb((path) => {
      if (byPath(path)) asked += 1
      if (asked >= 10) heard()
      return 'none'
    })
    const tenTimes = new Promise<void>((resolve) => {
      heard = resolve
    })
    d.cache.accept(as(anna), [contact()])
    const hurry = setInterval(() => d.sync.retryNow(), 5)
    await tenTimes
    expect(d.cache.counts(anna.id)).toEqual({ pending: 1, refused: 0, others: 0, othersRefused: 0 })
    server.refusePushes = null
    await d.until(empty(d))
    clearInterval(hurry)
  })
})

describe('streams', () => {
  it('are pushed for a colleague who has left, under their name', async () => {
    const box = device()
    const d = desk({ device: box })
    await d.until(() => d.sync.state().state === 'reachable')
    server.disturb(() => 'drop')
    d.sync.nudge()
    await d.until(() => d.sync.state().state === 'away')
    const [first, second] = [newId(), newId()]
    d.cache.accept(as(anna), [contact(first)])
    d.token = bruno.id
    d.sync.start(bruno)
    d.cache.accept(as(bruno), [contact(second)])
    server.disturb(() => 'none')
    d.sync.retryNow()
    await d.until(empty(d))
    expect(server.row('contact', first)?.operatorId).toBe(anna.id)
    expect(server.row('contact', second)?.operatorId).toBe(bruno.id)
  })

  it('are pushed when nobody is signed in, and pulling waits', async () => {
    const d = desk()
    await d.until(() => d.sync.state().state === 'reachable')
    d.token = null
    d.sync.start(null)
    const id = newId()
    const [accepted] = d.cache.accept(as(anna), [contact(id)])
    d.sync.nudge()
    await d.until(() => d.cache.counts(anna.id).pending === 0)
    expect(server.effects.get(accepted?.id ?? '')).toBe(1)
    expect(d.cache.entries(null)).toMatchObject([{ state: 'sent' }])
    expect(d.sync.state().state).toBe('reachable')
  })

  it('are replaced on a disk that was restored from a copy: nothing is taken for done that was not', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'ascolto-desk-'))
    const copy = mkdtempSync(join(tmpdir(), 'ascolto-copy-'))
    const box = device()
    const before = openDesk({ url: server.url, device: box, user: anna, dir })
    await before.until(() => before.sync.state().state === 'reachable')
    await before.stop()
    cpSync(dir, copy, { recursive: true })

    const lost = openDesk({ url: server.url, device: box, user: anna, dir })
    const early = newId()
    lost.cache.accept(as(anna), [contact(early), contact()])
    lost.sync.nudge()
    await lost.until(empty(lost))
    await lost.close()

    const d = desk({ device: box, dir: copy })
    const late = newId()
    d.cache.accept(as(anna), [contact(late)])
    d.sync.nudge()
    await d.until(empty(d))
    expect(server.row('contact', late)).toBeDefined()
    expect([...server.effects.values()]).toEqual([1, 1, 1])
    rmSync(dir, { recursive: true, force: true })
  })

  it('are replaced when the CRM has lost numbers: known commands have no second effect', async () => {
    const d = desk()
    const first = newId()
    d.cache.accept(as(anna), [contact(first)])
    d.sync.nudge()
    await d.until(empty(d))
    server.loseNumbers()
    const second = newId()
    d.cache.accept(as(anna), [contact(second)])
    d.sync.nudge()
    await d.until(empty(d))
    expect(server.row('contact', second)).toBeDefined()
    expect([...server.effects.values()]).toEqual([1, 1])
  })
})

describe('the feed', () => {
  it('brings two desks to the same rows without being asked', async () => {
    const slot = sample.slot({ capacity: 1000 })
    server.put('slot', slot)
    const [a, b] = [desk(), desk({ user: bruno })]
    await Promise.all([a, b].map((d) => d.until(() => d.cache.slots(slotDay).length === 1)))
    for (let i = 0; i < 20; i += 1) {
      a.cache.accept(as(anna), [booking(slot.id)])
      b.cache.accept(as(bruno), [booking(slot.id)])
      a.sync.nudge()
      b.sync.nudge()
    }
    const settled = (d: TestDesk) => d.until(() => empty(d)() && d.cache.slots(slotDay)[0]?.booked === 40)
    await Promise.all([settled(a), settled(b)])
    expect(a.cache.slots(slotDay)).toEqual(b.cache.slots(slotDay))
    const citizen = sample.citizen({ phones: [{ number: '+393471234567', kind: 'mobile' }] })
    server.put('citizen', citizen)
    await Promise.all([a, b].map((d) => d.until(() => d.cache.callers('+393471234567').length === 1)))
    server.remove('citizen', citizen.id)
    await Promise.all([a, b].map((d) => d.until(() => d.cache.callers('+393471234567').length === 0)))
  })

  it('begins anew when the cursor is of another database, in pages, the pending still shown', async () => {
    for (let i = 0; i < 1000; i += 1) server.put('citizen', sample.citizen({ familyName: `Nome${i}` }))
    const d = desk()
    await d.until(() => d.cache.state().state === 'ready')
    expect(d.cache.search('nome999', 5)).toHaveLength(1)
    server.newEpoch()
    const id = newId()
    d.cache.accept(as(anna), [contact(id)])
    d.sync.nudge()
    await d.until(() => empty(d)() && d.cache.search('nome999', 5).length === 1)
    expect(d.cache.made(id).contact).toEqual(server.row('contact', id))
  })

  it('waits when the token is refused, without calling the CRM away', async () => {
    const d = desk()
    await d.until(() => d.sync.state().state === 'reachable')
    server.disturb((path) => (path.endsWith('/changes') ? 'unauthenticated' : 'none'))
    d.cache.accept(as(anna), [contact()])
    d.sync.nudge()
    await d.until(() => d.cache.counts(anna.id).pending === 0)
    expect(d.sync.state().state).toBe('reachable')
    server.disturb(() => 'none')
    d.sync.retryNow()
    await d.until(empty(d))
  })

  it('does not go into a blocked cache, and commands are pushed all the same', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'ascolto-desk-'))
    writeFileSync(join(dir, 'cache.db'), Buffer.alloc(8_000, 'noise'))
    const d = desk({ dir })
    expect(d.cache.state().state).toBe('blocked')
    const id = newId()
    d.cache.accept(as(anna), [contact(id)])
    d.sync.nudge()
    await d.until(() => d.cache.counts(anna.id).pending === 0 && d.sync.state().state === 'reachable')
    expect(server.row('contact', id)).toBeDefined()
    expect(server.requests.get('/api/v1/sync/changes')).toBeUndefined()
    d.cache.rebuild()
    d.sync.nudge()
    await d.until(() => d.cache.state().state === 'ready' && empty(d)())
    expect(d.cache.made(id).contact).toEqual(server.row('contact', id))
  })
})

describe('the address of the CRM', () => {
  it.each([
    'http://crm.example.org',
    'http://10.0.0.7:8080',
    'ftp://127.0.0.1',
    'http://127.0.0.1.example.org',
    'crm',
  ])('%s is refused', (url) => {
    const now = () => new Date()
    const open = () => openCrmClient({ url, accessToken: async () => '', log: undefined as never, now })
    expect(open).toThrow(Fault)
    expect(open).toThrow('configuration-invalid')
  })
})
