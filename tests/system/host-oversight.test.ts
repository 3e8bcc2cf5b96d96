import { afterAll, beforeAll, expect, test } from 'vitest'
import { type DeskClient, startHost, type TestHost, until } from '../support/host.ts'
import { openTestCity, type TestCity } from '../support/test-city.ts'

let city: TestCity
const hosts: TestHost[] = []
let elena: DeskClient
let paolo: DeskClient
let admin: DeskClient
const open = async (login: string): Promise<DeskClient> => {
  const host = await startHost({ crmUrl: city.url })
  hosts.push(host)
  await host.signIn(login)
  await until(
    await host.client.system.watch(),
    (now) => now.cache.state === 'ready' && now.crm.state === 'reachable',
  )
  return host.client
}
beforeAll(async () => {
  city = await openTestCity()
  elena = await open('elena')
  paolo = await open('paolo')
  admin = await open('admin')
})
afterAll(async () => {
  for (const host of hosts) await host.stop()
  await city.close()
})

/** Somebody with an open request, whom Elena looks at. */
async function someoneSeen(): Promise<{ citizenId: string; name: string }> {
  const { tickets } = await elena.tickets.list({ which: 'team', team: null })
  const ticket = tickets.find((one) => one.ticket.citizenId !== null)?.ticket
  if (!ticket?.citizenId) throw new Error('the city has too few requests')
  const { citizenName } = await elena.tickets.get({ ticketId: ticket.id })
  return { citizenId: ticket.citizenId, name: citizenName ?? '' }
}

test('who looked at a person is told to those who lead, and given as a report', async () => {
  const { citizenId, name } = await someoneSeen()
  const look = () => paolo.oversight.person({ citizenId })
  await expect
    .poll(async () => (await look()).reads.map(({ userName }) => userName), { timeout: 15_000 })
    .toContain('Elena Ferri')
  expect(await look()).toMatchObject({ name, hold: null })
  const { text } = await paolo.oversight.report({ citizenId, language: 'it' })
  expect(text).toContain('Elena Ferri')

  for (const refused of [
    elena.oversight.person({ citizenId }),
    elena.oversight.devices(),
    elena.oversight.statistics({ from: '2026-01-01', to: '2026-12-31' }),
    paolo.oversight.setHold({ citizenId, reason: 'Un procedimento' }),
  ])
    await expect(refused).rejects.toMatchObject({ data: { kind: 'forbidden' } })
})

test('an administrator lets nothing of a person be purged, with a reason, and ends it', async () => {
  const { citizenId } = await someoneSeen()
  await expect(admin.oversight.setHold({ citizenId, reason: '  ' })).rejects.toMatchObject({
    data: { kind: 'invalid' },
  })
  await admin.oversight.setHold({ citizenId, reason: 'Un procedimento in corso' })
  expect((await paolo.oversight.person({ citizenId })).hold).toMatchObject({
    reason: 'Un procedimento in corso',
  })
  await admin.oversight.endHold({ citizenId })
  expect((await paolo.oversight.person({ citizenId })).hold).toBeNull()
})

test('the desks are listed, and one is told to empty itself', async () => {
  const { devices } = await paolo.oversight.devices()
  expect(devices).toHaveLength(3)
  const hers = devices.find(({ registeredBy }) => registeredBy === 'Elena Ferri')
  if (!hers) throw new Error('Elena’s desk is not listed')
  const asked = await paolo.oversight.wipe({ deviceId: hers.id, mode: 'after-delivery' })
  expect(asked.wipe?.mode).toBe('after-delivery')
})

test('counts without persons; without the CRM it says that it is away', async () => {
  const period = { from: '2026-01-01', to: '2026-12-31' }
  const { counts } = await paolo.oversight.statistics(period)
  expect(new Set(counts.map(({ kind }) => kind))).toEqual(new Set(['contact', 'ticket', 'appointment']))
  await city.down()
  await expect(paolo.oversight.statistics(period)).rejects.toMatchObject({ data: { kind: 'unavailable' } })
})
