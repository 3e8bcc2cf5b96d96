import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { CommandAuthor } from '#contract/commands/command.ts'
import type { CommandRequest } from '#contract/commands/registry.ts'
import type { User } from '#contract/domain/agent.ts'
import { newId } from '#contract/domain/ids.ts'
import { openStore, type Store } from '../../src/crm/store/store.ts'
import { type CrmUnderTest, startCrm, startCrmProcess } from '../support/crm.ts'
import {
  addPerson,
  addSlot,
  bookingArgs,
  contactArgs,
  fillSmallCity,
  inDays,
  type Person,
  smallCity,
  ticketArgs,
} from '../support/crm-city.ts'
import { openDesk, type TestDesk } from '../support/desk.ts'
import { type Loss, type LossyProxy, openLossyProxy } from '../support/lossy-proxy.ts'
import { startCityPostgres } from '../support/postgres.ts'

type Operator = Person & { user: User; token: string; author: CommandAuthor }

const addOperator = async (crm: Pick<CrmUnderTest, 'url' | 'store'>): Promise<Operator> => {
  const person = await addPerson(crm as CrmUnderTest)
  const user = await person.api.me()
  return {
    ...person,
    user,
    token: person.authorization.replace('Bearer ', ''),
    author: { user, at: new Date().toISOString() },
  }
}

const open: TestDesk[] = []
const proxies: LossyProxy[] = []
const openDeskOf = async (
  operator: Operator,
  url: string,
  device?: { deviceId: string; secret: string },
): Promise<TestDesk> => {
  const credential = device ?? (await operator.api.devices.register({ name: 'Postazione' }))
  const desk = openDesk({ url, device: credential, user: operator.user, token: operator.token })
  open.push(desk)
  return desk
}
afterEach(async () => {
  for (const desk of open.splice(0)) await desk.close()
  for (const proxy of proxies.splice(0)) await proxy.close()
})

const contact = (id = newId()): CommandRequest => ({ name: 'contact.open', args: contactArgs({ id }) })
const ticket = (contactId: string): CommandRequest => ({
  name: 'ticket.open',
  args: ticketArgs({ contactId }),
})
const booking = (
  slot: { id: string; startsAt: string },
  contactId: string | null = null,
): CommandRequest => ({
  name: 'appointment.book',
  args: bookingArgs(slot, { contactId }),
})

const startsAt = inDays(3)
const lastSeatAt = inDays(4)
const shown = (desk: TestDesk, slotId: string) =>
  desk.cache
    .slots({ agenda: smallCity.agenda, officeId: null, from: new Date(startsAt), until: new Date(inDays(5)) })
    .find(({ id }) => id === slotId)
const drained = (desk: TestDesk) => () => desk.cache.entries(null).length === 0

const counts = async (store: Store) => {
  const of = async (table: 'contacts' | 'tickets' | 'appointments') => {
    const row = await store.db
      .selectFrom(table)
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow()
    return Number(row.count)
  }
  return {
    contacts: await of('contacts'),
    tickets: await of('tickets'),
    appointments: await of('appointments'),
  }
}

describe('a desk and the CRM', () => {
  let crm: CrmUnderTest
  let anna: Operator
  let bruno: Operator
  beforeAll(async () => {
    crm = await startCrm()
    await fillSmallCity(crm.store.db)
    anna = await addOperator(crm)
    bruno = await addOperator(crm)
  })
  afterAll(() => crm.stop())

  const throughProxy = async () => {
    const proxy = await openLossyProxy(crm.url)
    proxies.push(proxy)
    return proxy
  }
  it('get to know each other again when the CRM does not know the device: all arrives, once', {
    timeout: 60_000,
  }, async () => {
    const before = await counts(crm.store)
    // A CRM restored without this desk: neither the device nor its stream is there.
    const lost = await openDeskOf(anna, crm.url, { deviceId: newId(), secret: 'of another database' })
    lost.cache.sync.markRegistered(lost.cache.sync.stream(anna.user.id).streamId)
    const first = newId()
    lost.cache.accept(anna.author, [contact(first), ticket(first)])
    lost.sync.nudge()
    await lost.until(drained(lost))

    // The same in the middle of a replacement that the CRM was never told of.
    const halfway = await openDeskOf(anna, crm.url, { deviceId: newId(), secret: 'of another database' })
    halfway.cache.sync.markRegistered(halfway.cache.sync.stream(anna.user.id).streamId)
    halfway.cache.sync.replaceStream(halfway.cache.sync.stream(anna.user.id).streamId)
    halfway.cache.accept(anna.author, [ticket(first)])
    halfway.sync.nudge()
    await halfway.until(drained(halfway))

    // The same CRM, which has the stream under a device whose secret this desk does not have any more.
    const known = await openDeskOf(bruno, crm.url)
    const second = newId()
    known.cache.accept(bruno.author, [contact(second)])
    known.sync.nudge()
    await known.until(drained(known))
    const { deviceId } = await bruno.api.devices.register({ name: 'Postazione' })
    known.useDevice({ deviceId, secret: 'forgotten' })
    known.cache.accept(bruno.author, [ticket(second)])
    known.sync.nudge()
    await known.until(drained(known))
    expect(await counts(crm.store)).toEqual({
      ...before,
      contacts: before.contacts + 2,
      tickets: before.tickets + 3,
    })
  })

  it('have every effect once through a network that loses answers', { timeout: 120_000 }, async () => {
    const proxy = await throughProxy()
    const slot = { id: await addSlot(crm.store.db, { startsAt, capacity: 50 }), startsAt }
    const desk = await openDeskOf(anna, proxy.url)
    await desk.until(() => shown(desk, slot.id) !== undefined)
    const before = await counts(crm.store)
    const losses: Loss[] = ['none', 'lose', 'drop', 'late-503', 'cut']
    let calls = 0
    let heard = () => {}
    proxy.choose = (path) => {
      calls += 1
      heard()
      return path.endsWith('/notices') ? 'none' : (losses[(calls * 3) % losses.length] ?? 'none')
    }
    for (let i = 0; i < 20; i += 1) {
      const nextCall = new Promise<void>((resolve) => {
        heard = resolve
      })
      const id = newId()
      desk.cache.accept(anna.author, [contact(id), ticket(id), booking(slot, id)])
      desk.sync.retryNow()
      expect(shown(desk, slot.id)?.booked, 'each booking is counted once at every moment').toBe(i + 1)
      if (i % 3 !== 0) await nextCall
    }
    const hurry = setInterval(() => desk.sync.retryNow(), 20)
    await desk.until(drained(desk))
    clearInterval(hurry)
    const after = await counts(crm.store)
    expect(after).toEqual({
      contacts: before.contacts + 20,
      tickets: before.tickets + 20,
      appointments: before.appointments + 20,
    })
    expect(shown(desk, slot.id)?.booked).toBe(20)
  })

  it('agree on who got the last seat, and the other is told', { timeout: 60_000 }, async () => {
    const slot = {
      id: await addSlot(crm.store.db, { startsAt: lastSeatAt, capacity: 1 }),
      startsAt: lastSeatAt,
    }
    const [a, b] = [await openDeskOf(anna, crm.url), await openDeskOf(bruno, crm.url)]
    const sees = (desk: TestDesk) => desk.until(() => shown(desk, slot.id) !== undefined)
    await Promise.all([sees(a), sees(b)])
    a.cache.accept(anna.author, [booking(slot)])
    b.cache.accept(bruno.author, [booking(slot)])
    a.sync.nudge()
    b.sync.nudge()
    const settled = (desk: TestDesk) =>
      desk.until(
        () =>
          desk.cache.entries(null).every(({ state }) => state === 'refused') &&
          shown(desk, slot.id)?.booked === 1,
      )
    await Promise.all([settled(a), settled(b)])
    expect(shown(a, slot.id)).toEqual(shown(b, slot.id))
    const refused = [...a.cache.entries(null), ...b.cache.entries(null)]
    expect(refused.map(({ fault }) => fault?.code)).toEqual(['slot-taken'])
  })

  it('agree on when somebody said something, whatever time it is at the desk', async () => {
    const behind = 2 * 3_600_000
    const now = () => new Date(Date.now() - behind)
    const device = await anna.api.devices.register({ name: 'Postazione' })
    const desk = openDesk({ ...{ url: crm.url, device, user: anna.user, token: anna.token }, now })
    open.push(desk)
    const slot = {
      id: await addSlot(crm.store.db, { startsAt: inDays(5), capacity: 1 }),
      startsAt: inDays(5),
    }
    const visit = booking(slot)
    desk.cache.accept({ ...anna.author, at: now().toISOString() }, [visit])
    desk.sync.nudge()
    await desk.until(drained(desk))
    const { rows } = await sql<{ at: string }>`
      select at from commands where name = 'appointment.book' order by at desc limit 1`.execute(crm.store.db)
    expect(Math.abs(Date.parse(rows[0]?.at ?? '') - Date.now())).toBeLessThan(60_000)
  })

  it("push a colleague's commands by the device's credential, under their name", {
    timeout: 60_000,
  }, async () => {
    const proxy = await throughProxy()
    const device = await anna.api.devices.register({ name: 'Condivisa' })
    const desk = await openDeskOf(anna, proxy.url, device)
    await desk.until(() => desk.cache.state().state === 'ready')
    proxy.choose = () => 'drop'
    desk.sync.nudge()
    await desk.until(() => desk.sync.state().state === 'away')
    const [first, second] = [newId(), newId()]
    desk.cache.accept(anna.author, [contact(first)])
    desk.token = bruno.token
    desk.sync.start(bruno.user)
    desk.cache.accept(bruno.author, [contact(second)])
    proxy.choose = () => 'none'
    desk.sync.retryNow()
    await desk.until(drained(desk))
    expect((await bruno.api.contacts.get({ id: first })).operatorId).toBe(anna.id)
    expect((await bruno.api.contacts.get({ id: second })).operatorId).toBe(bruno.id)
    expect(desk.cache.made(first).contact).toEqual(await bruno.api.contacts.get({ id: first }))
  })

  it('drain a thousand commands that were made while they were apart', { timeout: 120_000 }, async () => {
    const proxy = await throughProxy()
    const desk = await openDeskOf(anna, proxy.url)
    await desk.until(() => desk.cache.state().state === 'ready')
    proxy.choose = () => 'drop'
    desk.sync.nudge()
    await desk.until(() => desk.sync.state().state === 'away')
    const before = await counts(crm.store)
    desk.cache.accept(
      anna.author,
      Array.from({ length: 1000 }, () => contact()),
    )
    proxy.choose = () => 'none'
    const begin = performance.now()
    desk.sync.retryNow()
    await desk.until(() => desk.cache.counts(anna.user.id).pending === 0)
    const pushed = performance.now() - begin
    await desk.until(drained(desk))
    const ms = (value: number) => value.toFixed(0)
    console.log(`1,000 commands: ${ms(pushed)} ms pushed, ${ms(performance.now() - begin)} ms with the feed`)
    expect((await counts(crm.store)).contacts).toBe(before.contacts + 1000)
  })
})

describe('a CRM that is killed', () => {
  const cleanUps: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
  })

  it('has each command once after it is back', { timeout: 120_000 }, async () => {
    const postgres = await startCityPostgres()
    cleanUps.push(() => postgres.stop())
    const databaseUrl = await postgres.createDatabase()
    const dataDir = await mkdtemp(join(tmpdir(), 'ascolto-sync-crm-'))
    cleanUps.push(() => rm(dataDir, { recursive: true }))
    let crm = await startCrmProcess({ dataDir, databaseUrl })
    cleanUps.push(() => crm.stop())
    const store = await openStore({ databaseUrl })
    cleanUps.push(() => store.close())
    const port = Number(new URL(crm.url).port)
    const anna = await addOperator({ url: crm.url, store })
    const desk = await openDeskOf(anna, crm.url)
    cleanUps.push(() => desk.sync.stop())
    await desk.until(() => desk.cache.state().state === 'ready')

    const total = 300
    const seeded = (await counts(store)).contacts
    const added = async () => (await counts(store)).contacts - seeded
    for (let kill = 0; kill < 2; kill += 1) {
      desk.cache.accept(
        anna.author,
        Array.from({ length: total / 2 }, () => contact()),
      )
      desk.sync.nudge()
      // Some of the batch is applied, none of it is answered.
      const enough = (kill * total) / 2 + 20
      await expect.poll(added, { interval: 5, timeout: 30_000 }).toBeGreaterThanOrEqual(enough)
      await crm.kill()
      await desk.until(() => desk.sync.state().state === 'away')
      crm = await startCrmProcess({ dataDir, databaseUrl, port })
      desk.sync.retryNow()
    }
    await desk.until(drained(desk))
    expect(await added()).toBe(total)
    expect(desk.sync.state().state).toBe('reachable')
  })
})
