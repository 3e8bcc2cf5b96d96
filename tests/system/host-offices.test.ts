import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '#contract/domain/ids.ts'
import { tellChannels } from '../../src/crm/messages/channels.ts'
import { momentsOf } from '../../src/main/host/offices.ts'
import { addDays, cityDay } from '../../src/renderer/src/ui/format.ts'
import { crmApi } from '../support/crm.ts'
import { addCitizen } from '../support/crm-city.ts'
import { type DeskClient, startHost, type TestHost, until } from '../support/host.ts'
import { signIn } from '../support/sign-in.ts'
import { openTestCity, type TestCity } from '../support/test-city.ts'

let city: TestCity
const hosts: TestHost[] = []
let elena: DeskClient
let paolo: DeskClient
const open = async (login: string): Promise<DeskClient> => {
  const host = await startHost({ crmUrl: city.url })
  hosts.push(host)
  await host.comeIn(login)
  await until(await host.client.system.watch(), ({ phone }) => phone.state === 'registered')
  return host.client
}
beforeAll(async () => {
  city = await openTestCity()
  elena = await open('elena')
  paolo = await open('paolo')
})
afterAll(async () => {
  for (const host of hosts) await host.stop()
  await city.close()
})

const whole = { fromTime: null, toTime: null }
const today = cityDay(Date.now())

/** An office and a day on which somebody with that number has an appointment, and when. */
async function booked(number: string) {
  const crm = crmApi(city.url, `Bearer ${(await signIn(city.url, 'paolo', 'ascolto-prova')).accessToken}`)
  const { id: citizenId } = await addCitizen(city.store.db, { phones: [{ number, kind: 'landline' }] })
  const from = `${addDays(today, 12)}T00:00:00Z`
  const { offers } = await crm.agenda.nextFree({ serviceIds: ['certificates'], from, limit: 1 })
  if (!offers[0]) throw new Error('nothing is free')
  const { officeId, startsAt } = offers[0]
  const visit = { serviceIds: ['certificates'], officeId, startsAt, citizenId, channel: 'phone' as const }
  const { id } = await crm.appointments.book({ ...visit, id: newId() })
  return { id, officeId, startsAt, citizenId, day: cityDay(startsAt) }
}

test('who leads closes an office by its own days, sees whom to call with masked numbers, and takes it back', async () => {
  const { id, officeId, startsAt, day, citizenId } = await booked('+390255510172')
  const time = { from: day, to: day, ...whole }
  const { count } = await paolo.offices.concerned({ officeId, time })
  expect(count).toBeGreaterThan(0)
  const closing = { id: newId(), officeId, time, reason: 'Allagamento', bookings: 'cancel' as const }
  const outcome = await paolo.offices.close({ ...closing, recovery: null })
  expect(outcome).toMatchObject({ cancelled: count, conflicts: 0, bookings: 'cancel' })
  expect(await paolo.offices.close({ ...closing, recovery: null })).toEqual(outcome)
  expect((await paolo.offices.closures({ officeId })).closures[0]).toEqual(outcome)

  const { affected } = await paolo.offices.affected({ closureId: closing.id })
  expect(affected).toHaveLength(count)
  const lost = affected.find(({ cancelled }) => cancelled.id === id)
  expect(lost).toMatchObject({
    ...{ cancelled: { startsAt }, rebooked: null, reach: 'none', citizen: { id: citizenId, whole: null } },
  })
  expect(JSON.stringify(affected)).not.toContain('55510172')
  const [phone] = lost?.citizen?.phones ?? []
  // The number is found; there is no voice in this host to speak with.
  await expect(paolo.offices.call({ citizenId, number: phone?.number ?? '' })).rejects.toMatchObject({
    data: { code: 'no-media-end' },
  })
  await expect(paolo.offices.call({ citizenId, number: '02 ▪▪▪ 9999' })).rejects.toMatchObject({
    data: { code: 'record-not-found' },
  })

  const recovery = {
    ...{ from: addDays(day, 7), days: 6, fromTime: '16:00', toTime: '18:00', counters: 1 },
    keptThrough: addDays(day, 6),
  }
  const opened = await paolo.offices.recover({ closureId: closing.id, officeId, recovery })
  expect(opened.recovery).toMatchObject({ fromTime: '16:00', counters: 1 })
  expect(cityDay(opened.recovery?.exclusiveUntil ?? '')).toBe(addDays(day, 7))
  const taken = await paolo.offices.withdraw({ closureId: closing.id })
  expect(taken).toMatchObject({ cancelled: count, recovery: opened.recovery })
  expect(taken.withdrawnAt).not.toBeNull()

  for (const refused of [
    () => elena.offices.closures({ officeId }),
    () => elena.offices.concerned({ officeId, time }),
    () => elena.offices.close({ ...closing, id: newId(), recovery: null }),
    () => elena.offices.withdraw({ closureId: closing.id }),
    () => elena.offices.recover({ closureId: closing.id, officeId, recovery }),
    () => elena.offices.failed(),
    () => elena.offices.resend({ ids: [newId()] }),
  ])
    await expect(refused()).rejects.toMatchObject({ data: { kind: 'forbidden' } })
})

test('who closes an office and keeps its appointments sees whose they are, until the closure is taken back', async () => {
  const { id, officeId, startsAt, day, citizenId } = await booked('+390255510175')
  const time = { from: day, to: day, ...whole }
  const closing = { id: newId(), officeId, time, reason: 'Assemblea', bookings: 'keep' as const }
  const { conflicts } = await paolo.offices.close({ ...closing, recovery: null })
  const { affected, standing } = await paolo.offices.affected({ closureId: closing.id })
  expect(affected).toEqual([])
  expect(standing).toHaveLength(conflicts)
  const stands = standing.find(({ appointment }) => appointment.id === id)
  expect(stands).toMatchObject({ appointment: { startsAt }, citizen: { id: citizenId, whole: null } })
  expect(JSON.stringify(standing)).not.toContain('55510175')
  await expect(
    paolo.offices.call({ citizenId, number: stands?.citizen?.phones[0]?.number ?? '' }),
  ).rejects.toMatchObject({ data: { code: 'no-media-end' } })
  await paolo.offices.withdraw({ closureId: closing.id })
  expect((await paolo.offices.affected({ closureId: closing.id })).standing).toEqual([])
})

test('messages that failed are sent again', async () => {
  await booked('+393475550172')
  const { rows } = await sql<{ id: string }>`
    update messages set state = 'failed', reason = 'refused', recipient = coalesce(recipient, 'ada@example.org')
    where id in (select id from messages where appointment_id is not null order by made_at desc limit 2) returning id`.execute(
    city.store.db,
  )
  const ids = rows.map(({ id }) => id)
  const { messages } = await paolo.offices.failed()
  expect(messages.map(({ id }) => id)).toEqual(expect.arrayContaining(ids))
  expect(new Set((await paolo.offices.resend({ ids })).ids)).toEqual(new Set(ids))
})

test('a desk knows whose messages leave the CRM, also while that is away', async () => {
  const unsent = async () => (await elena.reference.all()).unsentChannels.toSorted()
  expect(await unsent()).toEqual(['email', 'sms', 'whatsapp'])
  // As a CRM says that begins with a mail server.
  await tellChannels(city.store.db, (channel) => channel === 'email')
  await expect.poll(unsent, { timeout: 10_000 }).toEqual(['sms', 'whatsapp'])
  const versions = () => city.store.db.selectFrom('message_channels').select('version').execute()
  const before = await versions()
  await tellChannels(city.store.db, (channel) => channel === 'email')
  expect(await versions()).toEqual(before)
  await city.down()
  expect(await unsent()).toEqual(['sms', 'whatsapp'])
  await city.up()
  await expect.poll(unsent, { timeout: 20_000 }).toEqual(['email', 'sms', 'whatsapp'])
})

test('days and times are those of the office’s own clock, also where it changes', () => {
  const days = { from: '2027-03-27', to: '2027-03-28', ...whole }
  expect(momentsOf(days, 'Europe/Rome')).toEqual({
    ...{ from: '2027-03-26T23:00:00Z', to: '2027-03-28T22:00:00Z' },
  })
  const hours = { from: '2027-10-31', to: '2027-10-31', fromTime: '09:00', toTime: '13:30' }
  expect(momentsOf(hours, 'Atlantic/Azores')).toEqual({
    ...{ from: '2027-10-31T10:00:00Z', to: '2027-10-31T14:30:00Z' },
  })
  expect(() => momentsOf({ ...hours, toTime: '09:00' }, 'Europe/Rome')).toThrow('input-invalid')
})
