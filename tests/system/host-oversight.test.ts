import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type DeskClient, startHost, type TestHost } from '../support/host.ts'
import { openTestCity, type TestCity } from '../support/test-city.ts'

let city: TestCity
const hosts: TestHost[] = []
let elena: DeskClient
let paolo: DeskClient
let admin: DeskClient
const open = async (login: string): Promise<DeskClient> => {
  const host = await startHost({ crmUrl: city.url })
  hosts.push(host)
  await host.comeIn(login)
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
  for (const { ticket: listed } of tickets) {
    const { ticket, citizenName } = await elena.tickets.get({ ticketId: listed.id })
    if (ticket.citizenId !== null) return { citizenId: ticket.citizenId, name: citizenName ?? '' }
  }
  throw new Error('the city has too few requests')
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

test('what is kept for how long is told, and how much of it the next run takes', async () => {
  const ask = async () => {
    const { nextRunAt, kinds } = await paolo.oversight.retention()
    const of = (kind: (typeof kinds)[number]['kind']) => kinds.find((one) => one.kind === kind)
    return {
      nextRunAt,
      contacts: of('contacts'),
      messages: of('messages'),
      count: of('contacts')?.due?.count ?? -1,
    }
  }
  const before = await ask()
  expect(Date.parse(before.nextRunAt ?? '')).toBeGreaterThan(Date.now())
  expect(before.contacts).toMatchObject({ days: 730, due: { more: false } })
  expect(before.messages).toEqual({ kind: 'messages', days: 30, due: null })
  const { rows } = await sql<{ citizenId: string }>`
    update contacts set started_at = now() - interval '800 days' where id = (
      select k.id from contacts k where k.citizen_id is not null and k.on_behalf_of is null
        and k.started_at > now() - interval '700 days'
        and not exists (select 1 from tickets t where t.contact_id = k.id)
        and not exists (select 1 from ticket_contacts l where l.contact_id = k.id)
        and not exists (select 1 from appointments a where a.contact_id = k.id) limit 1)
    returning citizen_id as "citizenId"`.execute(city.store.db)
  const [aged] = rows
  if (!aged) throw new Error('the city has too few contacts')
  expect((await ask()).count).toBe(before.count + 1)
  await admin.oversight.setHold({ citizenId: aged.citizenId, reason: 'Un procedimento in corso' })
  expect((await ask()).count).toBe(before.count)
  await admin.oversight.endHold({ citizenId: aged.citizenId })
  await expect(elena.oversight.retention()).rejects.toMatchObject({ data: { kind: 'forbidden' } })
})

test('administrators see who changed what; of citizens only which details', async () => {
  const { citizenId } = await someoneSeen()
  await admin.oversight.setHold({ citizenId, reason: 'Un ricorso al giudice' })
  const { tickets } = await elena.tickets.list({ which: 'team', team: null })
  const ticketId = tickets[0]?.ticket.id ?? ''
  const text = 'Sentito l’ufficio, richiamare lunedì'
  await elena.tickets.act({ ticketId, action: { do: 'note', text }, revision: 0 })
  const acts = async (by: 'leaders' | 'everybody', before: number | null = null) =>
    (await admin.oversight.audit({ by, before })).acts
  const noted = async () => (await acts('everybody')).find(({ operation }) => operation === 'ticket.note')
  await expect.poll(noted, { timeout: 15_000 }).toMatchObject({
    userName: 'Elena Ferri',
    changes: [{ what: 'ticket_entries', did: 'insert', isHidden: true }],
  })
  const all = await acts('everybody')
  expect(JSON.stringify(all)).not.toContain('richiamare')
  const led = await acts('leaders')
  expect(led[0]).toMatchObject({
    ...{ operation: 'retention.hold', userName: expect.any(String), count: 1 },
    changes: [
      {
        ...{ what: 'legal_holds', did: 'insert', isHidden: false, purgedAt: null },
        fields: expect.arrayContaining([{ name: 'reason', before: null, after: 'Un ricorso al giudice' }]),
      },
    ],
  })
  expect(led.some(({ userName }) => userName === 'Elena Ferri')).toBe(false)
  const older = await acts('leaders', led[0]?.id ?? null)
  expect(older.map(({ id }) => id)).not.toContain(led[0]?.id)
  await admin.oversight.endHold({ citizenId })
  for (const client of [elena, paolo])
    await expect(client.oversight.audit({ by: 'everybody', before: null })).rejects.toMatchObject({
      data: { kind: 'forbidden' },
    })
})

test('counts without persons; without the CRM it says that it is away', async () => {
  const period = { from: '2026-01-01', to: '2026-12-31' }
  const { counts } = await paolo.oversight.statistics(period)
  expect(new Set(counts.map(({ kind }) => kind))).toEqual(new Set(['contact', 'ticket', 'appointment']))
  await city.down()
  await expect(paolo.oversight.statistics(period)).rejects.toMatchObject({ data: { kind: 'unavailable' } })
})
