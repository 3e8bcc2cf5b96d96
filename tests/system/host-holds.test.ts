import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { type Draft, emptyDraft, type VisitPlace } from '#contract/desk.ts'
import { newId } from '#contract/domain/ids.ts'
import { type DeskClient, startHost, type TestHost, until } from '../support/host.ts'
import { attachMediaEnd, type MediaEnd } from '../support/media-end.ts'
import { openTestCity, type TestCity } from '../support/test-city.ts'

let city: TestCity
let host: TestHost
let client: DeskClient
let media: MediaEnd
let contactId: string

beforeAll(async () => {
  city = await openTestCity()
  host = await startHost({ crmUrl: city.url })
  client = host.client
  media = await attachMediaEnd(client)
  await host.signIn('elena')
  await until(await client.system.watch(), (now) => now.phone.state === 'registered')
  await until(await client.system.watch(), (now) => now.cache.state === 'ready')
  await client.agent.setDesired({ desired: { kind: 'ready' } })
  await until(await client.agent.watch(), (view) => view.engine.kind === 'ready')
  city.practice.line.place('identity-card')
  const ringing = await until(await client.calls.watch(), ({ calls }) =>
    calls.some(({ state }) => state === 'ringing'),
  )
  contactId = ringing.calls[0]?.id ?? ''
  await client.calls.answer({ callId: contactId })
  await until(await client.calls.watch(), ({ calls }) => calls.some(({ state }) => state === 'active'))
})
afterAll(async () => {
  for (const caller of city.practice.line.calls()) caller.hangUp()
  await media.leave()
  await host.stop()
  await city.close()
})
beforeEach(async () => {
  await client.work.releaseHold({ contactId })
  await choose(emptyDraft.booking)
})

const noHold = { hold_id: null, held_since: null, held_until: null }
/** The network loses the answer to the next such request: what it asks for is done. */
const loseAnswer = (address: RegExp) => {
  const real = globalThis.fetch
  const lossy = vi.spyOn(globalThis, 'fetch').mockImplementation(async (asked, init) => {
    const answer = await real(asked, init)
    if (!(asked instanceof Request && address.test(asked.url))) return answer
    lossy.mockRestore()
    throw new TypeError('fetch failed')
  })
}
const serviceIds = ['identity-card']
const booking = async () =>
  (await client.work.list()).work.find((one) => one.contactId === contactId)?.draft.booking
const choose = async (what: Partial<Draft['booking']>) => {
  const work = (await client.work.list()).work.find((one) => one.contactId === contactId)
  if (!work) throw new Error('no such work')
  const draft = { ...work.draft, booking: { ...emptyDraft.booking, ...what } }
  await client.work.save({ contactId, revision: work.revision, draft })
}
/** Visits with a free seat, at so many different places. */
const places = async (count: number): Promise<VisitPlace[]> => {
  const { offers } = await client.slots.next({ serviceIds, officeIds: null, after: null, limit: 20 })
  const found = offers.filter(({ free }) => free > 0).map(({ free: _, ...visit }) => visit)
  if (found.length < count) throw new Error('too few free places')
  return found.slice(0, count)
}
const seats = async (column: 'hold_id' | 'appointment_id') => {
  const rows = await city.store.db
    .selectFrom('slot_seats')
    .select(column)
    .where(column, 'is not', null)
    .execute()
  return rows.map((row) => row[column])
}
const kept = () => seats('hold_id')
const hold = (visit: VisitPlace) =>
  client.work.hold({ contactId, serviceIds, officeId: visit.officeId, startsAt: visit.startsAt })
const book = (visit: VisitPlace) => client.work.book({ contactId, serviceIds, visit, notify: [] })
const made = async (id: string) =>
  (await client.work.made({ contactId })).appointments.find((one) => one.id === id)
const confirmed = (id: string) =>
  expect.poll(() => made(id), { timeout: 15_000 }).toMatchObject({ state: 'confirmed' })

it('a place booked beside the one that is being chosen leaves that one chosen and kept', async () => {
  const [chosen, other] = (await places(2)) as [VisitPlace, VisitPlace]
  await choose({ serviceIds, visit: chosen })
  const { held } = await hold(chosen)
  await book(other)
  expect(await booking()).toMatchObject({ serviceIds, visit: { startsAt: chosen.startsAt } })
  expect(await kept()).toContain(held?.id)
  const { appointmentId } = await book(chosen)
  expect(await booking()).toEqual(emptyDraft.booking)
  await confirmed(appointmentId)
  expect(await kept()).toEqual([])
})

it('seats that nothing is chosen for any more are given back with the booking of others', async () => {
  const [first, other] = (await places(2)) as [VisitPlace, VisitPlace]
  await hold(first)
  expect(await kept()).toHaveLength(1)
  await book(other)
  await expect.poll(kept).toEqual([])
})

it('seats that were kept for the longest time are kept no longer, and that is said', async () => {
  const [visit] = (await places(1)) as [VisitPlace]
  const { held } = await hold(visit)
  const renew = () => client.work.renewHold({ contactId })
  expect((await renew()).held.id).toBe(held?.id)
  await sql`update slot_seats set held_since = held_until - interval '20 minutes' where hold_id = ${held?.id}`.execute(
    city.store.db,
  )
  for (const _ of ['once', 'again'])
    await expect(renew()).rejects.toMatchObject({
      data: { kind: 'conflict', code: 'hold-longest', params: { minutes: 20 } },
    })
  // Until then they are.
  expect((await hold(visit)).held?.id).toBe(held?.id)
})

it('a move of an appointment that this desk does not have takes the seats kept for it', async () => {
  const [to] = (await places(1)) as [VisitPlace]
  const { held } = await hold(to)
  await client.work.reschedule({ contactId, appointmentId: newId(), visit: to, notify: [] })
  const moved = async () =>
    (await client.outbox.list()).entries.find(({ request }) => request.name === 'appointment.reschedule')
  expect((await moved())?.request.args).toMatchObject({ holdId: held?.id })
  // The CRM knows of none either.
  await expect.poll(moved, { timeout: 15_000 }).toMatchObject({ state: 'refused' })
  await client.outbox.dismiss({ commandId: (await moved())?.commandId ?? '' })
  await city.store.db.updateTable('slot_seats').set(noHold).where('hold_id', 'is not', null).execute()
})

it('a move pressed twice is one command', async () => {
  const [from, to] = (await places(2)) as [VisitPlace, VisitPlace]
  const { appointmentId } = await book(from)
  await confirmed(appointmentId)
  await hold(to)
  const move = () => client.work.reschedule({ contactId, appointmentId, visit: to, notify: [] })
  const moves = async () => {
    await until(await client.system.watch(), ({ outbox }) => outbox.pending === 0)
    const { db } = city.store
    const sent = db.selectFrom('commands').select('n').where('name', '=', 'appointment.reschedule')
    return (await sent.execute()).length
  }
  const before = await moves()
  await Promise.all([move(), move()])
  await confirmed(appointmentId)
  expect(await moves()).toBe(before + 1)
})

it('the confirming key pressed twice books once, with the seats that were kept', async () => {
  const [visit] = (await places(1)) as [VisitPlace]
  await choose({ serviceIds, visit })
  await hold(visit)
  const [first, second] = await Promise.all([book(visit), book(visit)])
  expect(second).toEqual(first)
  await confirmed(first.appointmentId)
  const rows = await city.store.db
    .selectFrom('appointments')
    .select('id')
    .where('contact_id', '=', contactId)
    .where('starts_at', '=', visit.startsAt)
    .where('office_id', '=', visit.officeId)
    .execute()
  expect(rows).toEqual([{ id: first.appointmentId }])
  // The next person of the family, at the same counter: chosen anew.
  await choose({ serviceIds, visit })
  expect((await book(visit)).appointmentId).not.toBe(first.appointmentId)
})

it('seats whose answer was lost are the desk’s own: asked again, booked unheard, or given back', async () => {
  const [visit, other] = (await places(2)) as [VisitPlace, VisitPlace]
  const unheard = async () => {
    loseAnswer(/\/holds\//)
    expect(await hold(visit)).toEqual({ held: null })
    const [id] = await kept()
    await client.system.retry()
    await until(await client.system.watch(), ({ crm }) => crm.state === 'reachable')
    return id
  }
  const first = await unheard()
  expect((await hold(visit)).held?.id).toBe(first)
  await client.work.releaseHold({ contactId })

  await unheard()
  const { held } = await hold(other)
  expect(await kept()).toEqual([held?.id])
  await client.work.releaseHold({ contactId })

  // Over before it is asked again.
  const late = await unheard()
  await city.store.db
    .updateTable('slot_seats')
    .set({ held_until: sql`clock_timestamp()` })
    .where('hold_id', '=', late ?? '')
    .execute()
  expect((await hold(visit)).held).toMatchObject({ startsAt: visit.startsAt })
  await client.work.releaseHold({ contactId })

  await unheard()
  await confirmed((await book(visit)).appointmentId)
  expect(await kept()).toEqual([])
})
