import { readdir } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { newId } from '#contract/domain/ids.ts'
import { type CrmUnderTest, pullPage, startCrm } from '../support/crm.ts'
import {
  addDesk,
  addPerson,
  addStream,
  command,
  contactArgs,
  fillSmallCity,
  type Person,
  signedInAgain,
} from '../support/crm-city.ts'
import { openDesk, type TestDesk } from '../support/desk.ts'

let crm: CrmUnderTest
let operator: Person
let supervisor: Person
let desk: TestDesk
let deviceId: string
beforeEach(async () => {
  crm = await startCrm()
  await fillSmallCity(crm.store.db)
  operator = await addPerson(crm)
  supervisor = await addPerson(crm, { roles: ['supervisor'] })
  const device = await operator.api.devices.register({ name: 'Postazione 7' })
  deviceId = device.deviceId
  desk = openDesk({
    url: crm.url,
    device,
    user: await operator.api.me(),
    token: operator.authorization.replace('Bearer ', ''),
  })
  await desk.until(() => desk.cache.state().state === 'ready')
})
afterEach(async () => {
  await desk.close()
  await crm.stop()
})

const device = async () => (await supervisor.api.devices.list()).devices.find(({ id }) => id === deviceId)
const openContact = async () => {
  const contact = contactArgs()
  const { id, name } = await operator.api.me()
  const author = { user: { id, name, roles: ['operator' as const] }, at: new Date().toISOString() }
  desk.cache.accept(author, [{ name: 'contact.open', args: contact }])
  return contact
}
const isEmpty = () => desk.wiped !== null

test('delivered first, then emptied, and said', async () => {
  const contact = await openContact()
  await supervisor.api.devices.wipe({ id: deviceId, mode: 'after-delivery' })
  desk.sync.retryNow()
  await desk.until(isEmpty)
  expect(await device()).toMatchObject({
    name: 'Postazione 7',
    wipe: { mode: 'after-delivery' },
    wiped: { destroyed: 0 },
  })
  expect((await supervisor.api.contacts.get({ id: contact.id })).id).toBe(contact.id)
  expect(desk.cache.reference().topics).toEqual([])
  expect(desk.cache.entries(null)).toEqual([])
  expect(desk.cache.sync.streams()).toEqual([])
  expect(desk.cache.sync.cursor()).toBeNull()
})

test('now: what was not sent is destroyed, and counted', async () => {
  await desk.sync.stop()
  const contacts = [await openContact(), await openContact()]
  const me = await operator.api.me()
  await supervisor.api.devices.wipe({ id: deviceId, mode: 'now' })
  desk.sync.start(me)
  await desk.until(isEmpty)
  expect(await device()).toMatchObject({ wiped: { destroyed: 2 } })
  for (const { id } of contacts)
    await expect(supervisor.api.contacts.get({ id })).rejects.toMatchObject({
      data: { code: 'contact-gone' },
    })
  expect(desk.cache.counts(operator.id)).toEqual({ pending: 0, refused: 0, others: 0, othersRefused: 0 })
})

test('now: one that does not obey gets and gives nothing more, but may still say that it is empty', async () => {
  const stolen = await addDesk(crm, operator)
  const streamId = await addStream(operator, stolen)
  const pull = () => pullPage(crm.url, operator.authorization, { device: stolen.deviceId }, stolen.credential)
  const push = (n: number) =>
    stolen.api.sync.push({ streamId, commands: [command(n, 'contact.open', contactArgs())] })
  await supervisor.api.devices.wipe({ id: stolen.deviceId, mode: 'after-delivery' })
  expect((await push(1)).lastN).toBe(1)
  await pull()

  await supervisor.api.devices.wipe({ id: stolen.deviceId, mode: 'now' })
  const refused = { status: 403, data: { kind: 'forbidden', code: 'device-wiped' } }
  await expect(push(2)).rejects.toMatchObject(refused)
  await expect(pull()).rejects.toThrow('signed-out')
  // Whoever signed in there is signed out; their next sign-in, elsewhere, does not open the desk again.
  await expect(operator.api.me()).rejects.toMatchObject({ status: 401 })
  const again = await signedInAgain(crm, operator)
  await expect(addStream(again, stolen)).rejects.toMatchObject(refused)
  await expect(stolen.api.sync.replaceStream({ streamId, replacement: newId() })).rejects.toMatchObject(
    refused,
  )
  expect(await stolen.api.devices.orders()).toEqual({ wipe: 'now', left: [] })
  await stolen.api.devices.wiped({ destroyed: 1 })
  await expect(push(2)).rejects.toMatchObject({ status: 401 })
})

test('now stands: who asks for delivery first afterwards does not open the desk again', async () => {
  const stolen = await addDesk(crm, operator)
  const ask = (mode: 'now' | 'after-delivery') => supervisor.api.devices.wipe({ id: stolen.deviceId, mode })
  const { wipe: first } = await ask('after-delivery')
  expect(first?.mode).toBe('after-delivery')
  const { wipe: sharpened } = await ask('now')
  expect(sharpened?.mode).toBe('now')
  expect((await ask('after-delivery')).wipe).toEqual(sharpened)
  expect(await stolen.api.devices.orders()).toEqual({ wipe: 'now', left: [] })
})

test('a desk that is asked to wait is emptied when it may be; its credential is worth nothing then', async () => {
  desk.busy = true
  await supervisor.api.devices.wipe({ id: deviceId, mode: 'now' })
  desk.sync.retryNow()
  expect((await device())?.wiped).toBeNull()
  desk.busy = false
  desk.sync.retryNow()
  await desk.until(isEmpty)
  expect((await device())?.wiped).not.toBeNull()
  expect(await readdir(desk.dir)).toContain('outbox.db')
  const again = await signedInAgain(crm, operator)
  await expect(again.api.sync.registerStream({ streamId: deviceId, deviceId })).rejects.toMatchObject({
    status: 404,
  })
})

test('now: nobody reads on with a sign-in that worked at the desk, at the same desk or by its tokens', async () => {
  const shared = await addDesk(crm, supervisor)
  const colleague = await addPerson(crm)
  const elsewhere = await signedInAgain(crm, colleague)
  // Not who registered it: who sat down there.
  await pullPage(crm.url, colleague.authorization, { device: shared.deviceId }, shared.credential)
  const other = await addPerson(crm, { roles: ['supervisor'] })
  await other.api.devices.wipe({ id: shared.deviceId, mode: 'now' })
  for (const ask of [
    () => colleague.api.citizens.search({ text: 'Rossi' }),
    () => colleague.api.citizens.context({ number: '+390255510143', contactId: newId() }),
    () => colleague.api.tickets.list({ citizenId: newId() }),
    () => colleague.api.phone.credentials(),
    () => supervisor.api.devices.list(),
  ])
    await expect(ask()).rejects.toMatchObject({ status: 401 })
  expect((await elsewhere.api.me()).id).toBe(colleague.id)
})

test('a supervisor ends the sign-ins of somebody, at once and everywhere; who may, signs in again', async () => {
  const elsewhere = await signedInAgain(crm, operator)
  expect(await supervisor.api.users.endSignIns({ id: operator.id })).toEqual({ ended: 2 })
  for (const { api } of [operator, elsewhere]) await expect(api.me()).rejects.toMatchObject({ status: 401 })
  expect((await (await signedInAgain(crm, operator)).api.me()).id).toBe(operator.id)
  await expect(supervisor.api.users.endSignIns({ id: newId() })).rejects.toMatchObject({ status: 404 })
})
