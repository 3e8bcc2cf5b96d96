import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Citizen } from '#contract/domain/citizen.ts'
import { newId } from '#contract/domain/ids.ts'
import type { TicketChannel } from '#contract/domain/ticket-entry.ts'
import { openLog } from '../../src/crm/http/log.ts'
import { type Messenger, openMessenger } from '../../src/crm/messages/messenger.ts'
import { outboxPort } from '../../src/crm/messages/outbox.ts'
import { smtpOptions, smtpPort } from '../../src/crm/messages/smtp.ts'
import type { Templates } from '../../src/crm/messages/templates.ts'
import { loadTemplates } from '../../src/crm/messages/texts.ts'
import { type CrmUnderTest, pullPage, startCrm } from '../support/crm.ts'
import {
  addCitizen,
  addDesk,
  addPerson,
  addStream,
  command,
  contactArgs,
  fillSmallCity,
  inDays,
  type Person,
  ticketArgs,
} from '../support/crm-city.ts'
import { MailServer, smtpAnswer } from '../support/mail-server.ts'

let crm: CrmUnderTest
let anna: Person
let mail: MailServer
let templates: Templates
let answer: () => void = () => {}
/** Noon where the citizens are. */
let clock = new Date(inDays(1))
const logged: string[] = []
const open: Messenger[] = []

beforeAll(async () => {
  templates = await loadTemplates()
  // Its own queue looks so rarely that the tests alone work on it.
  crm = await startCrm({ messages: { pace: { lookMs: 2 ** 30 } } })
  await fillSmallCity(crm.store.db)
  anna = await addPerson(crm)
  mail = await MailServer.open({ beforeAccepting: () => answer(), closeTimeout: 100 })
})
afterAll(async () => {
  await mail.close()
  await crm.stop()
})
afterEach(async () => {
  answer = () => {}
  for (const messenger of open.splice(0)) await messenger.close()
  mail.received.length = 0
  clock = new Date(inDays(1))
})

const messenger = (): Messenger => {
  const { db } = crm.store
  const email = smtpPort(smtpOptions(mail.url), templates.settings.from)
  const ports = { email, sms: outboxPort(db), whatsapp: outboxPort(db) }
  const log = openLog({ write: (line: string) => logged.push(line) })
  const pace = { lookMs: 2 ** 30, firstRetryMs: 500, attempts: 2 }
  const one = openMessenger({ db, log, now: () => clock, templates, ports, pace })
  open.push(one)
  return one
}
const request = async (over: Partial<Citizen> = {}) => {
  const citizen = await addCitizen(crm.store.db, { email: 'ada.lovelace@example.org', ...over })
  const ticket = await anna.api.tickets.open(ticketArgs({ citizenId: citizen.id }))
  return { citizen, id: ticket.id, protocol: ticket.protocol ?? '' }
}
const tell = async (
  ticketId: string,
  channel: TicketChannel,
  text = 'Il lampione è riparato.\nGrazie.',
  id = newId(),
) => {
  await anna.api.tickets.act({ ticketId, id, action: { do: 'tell', channel, text, answers: false } })
  return id
}
const deliveryOf = async (ticketId: string, entryId: string) =>
  (await anna.api.tickets.get({ id: ticketId })).entries.find(({ id }) => id === entryId)?.delivery

test('what is written to the citizen of a request leaves once, in their language, and every desk sees that it left', async () => {
  const { id, protocol } = await request({ language: 'en' })
  const { deviceId } = await addDesk(crm, anna)
  let cursor: string | undefined
  const follow = async () => {
    const lines = await pullPage(crm.url, anna.authorization, { device: deviceId, cursor })
    const end = lines.at(-1)
    if (end?.type === 'end') cursor = end.cursor
    return { lines, more: end?.type === 'end' && end.more }
  }
  while ((await follow()).more);

  const entryId = await tell(id, 'email')
  await tell(id, 'email', 'Il lampione è riparato.\nGrazie.', entryId)
  expect(await deliveryOf(id, entryId)).toMatchObject({ state: 'queued', recipient: 'a▪▪▪@example.org' })
  await follow()
  await Promise.all([messenger().run(), messenger().run()])
  await messenger().run()

  expect(mail.received.map(({ to }) => to)).toEqual([['ada.lovelace@example.org']])
  const [{ mail: received } = { mail: null }] = mail.received
  expect(received?.subject).toBe(`Your request ${protocol}: a message from the city`)
  expect(received?.text).toContain('Il lampione è riparato.\nGrazie.')
  expect(received?.text).toMatch(/call 020202 and say the number of the request/)
  expect(received?.html).toContain('riparato.<br>Grazie.')
  expect(received?.attachments).toEqual([])
  const sent = { state: 'sent', via: 'smtp', reason: null, sentAt: clock.toISOString() }
  expect(await deliveryOf(id, entryId)).toMatchObject(sent)
  const { lines } = await follow()
  expect(lines).toContainEqual(
    expect.objectContaining({
      ...{ type: 'row', entity: 'ticket-entry', id: entryId },
      row: expect.objectContaining({ version: 2, delivery: expect.objectContaining(sent) }),
    }),
  )
})

test('one that is refused, or never gets through, says so in the request, and those who lead find it', async () => {
  const { id } = await request()
  answer = () => {
    throw smtpAnswer(550, '<ada.lovelace@example.org> unknown')
  }
  const refused = await tell(id, 'email')
  await messenger().run()
  expect(await deliveryOf(id, refused)).toMatchObject({ state: 'failed', reason: 'refused' })
  answer = () => {
    throw smtpAnswer(451, 'later')
  }
  const late = await tell(id, 'email')
  const sender = messenger()
  await sender.run()
  expect(await deliveryOf(id, late)).toMatchObject({ state: 'queued' })
  clock = new Date(clock.getTime() + 1000)
  await sender.run()
  expect(await deliveryOf(id, late)).toMatchObject({ state: 'failed', reason: 'unreachable' })
  const supervisor = await addPerson(crm, { roles: ['supervisor'] })
  const { messages } = await supervisor.api.messages.list({ state: 'failed' })
  expect(messages.map(({ ticketId, appointmentId, kind }) => [ticketId, appointmentId, kind])).toEqual([
    [id, null, 'told'],
    [id, null, 'told'],
  ])
})

test('what is said or posted is only written down; without an address, or against a person’s wish, nothing is sent', async () => {
  const { id, citizen } = await request({ email: null })
  for (const channel of ['phone', 'letter', 'counter'] as const)
    expect(await deliveryOf(id, await tell(id, channel))).toBeNull()
  const nowhere = await tell(id, 'email')
  await anna.api.messages.setOptOuts({ id: citizen.id, channels: ['whatsapp'] })
  const unwanted = await tell(id, 'whatsapp')
  const taken = await tell(id, 'sms')
  await anna.api.messages.setOptOuts({ id: citizen.id, channels: ['whatsapp', 'sms'] })
  await messenger().run()
  expect(await deliveryOf(id, nowhere)).toMatchObject({ state: 'dropped', reason: 'no-address' })
  expect(await deliveryOf(id, unwanted)).toMatchObject({ state: 'dropped', reason: 'opted-out' })
  expect(await deliveryOf(id, taken)).toMatchObject({ state: 'dropped', reason: 'opted-out' })
  expect(mail.received).toEqual([])
})

test('an SMS that has no room for the text says that there is one; it lies in the outbox, for administrators, journaled', async () => {
  const { id, protocol, citizen } = await request()
  const [short, long] = [
    await tell(id, 'sms', 'La buca è chiusa.'),
    await tell(id, 'sms', 'parola '.repeat(60)),
  ]
  await messenger().run()
  for (const entry of [short, long])
    expect(await deliveryOf(id, entry)).toMatchObject({
      state: 'sent',
      via: 'outbox',
      recipient: '347 ▪▪▪ 4567',
    })
  const administrator = await addPerson(crm, { roles: ['administrator'] })
  const { messages } = await administrator.api.messages.outbox({ channel: 'sms' })
  expect(messages.map(({ ticketId, text }) => [ticketId, text]).toSorted()).toEqual([
    [id, `Richiesta ${protocol}: il Comune Le ha scritto. Info: 020202.`],
    [id, `Richiesta ${protocol}: il Comune Le ha scritto. La buca è chiusa. Info: 020202.`],
  ])
  const { reads } = await administrator.api.citizens.reads({ id: citizen.id })
  expect(reads.length).toBeGreaterThan(0)
})

test('what was written to somebody whose request it turns out not to be goes to nobody', async () => {
  const { id, citizen } = await request()
  const other = await addCitizen(crm.store.db, { email: 'other@example.org' })
  const identify = async (citizenId: string | null, from: string | null, reason: string | null) =>
    await anna.api.tickets.act({
      ...{ ticketId: id, id: newId() },
      action: { do: 'identify', citizenId, reason, from },
    })
  const entry = await tell(id, 'email')
  await identify(other.id, citizen.id, 'un omonimo')
  await messenger().run()
  expect(mail.received).toEqual([])
  expect(await deliveryOf(id, entry)).toMatchObject({ state: 'dropped', reason: 'outdated' })
  await tell(id, 'email')
  await messenger().run()
  expect(mail.received.map(({ to }) => to)).toEqual([['other@example.org']])
})

test('what was written to an unknown caller goes to them or to nobody, whoever it turns out to be', async () => {
  const operator = await addPerson(crm)
  const desk = await addDesk(crm, operator)
  const streamId = await addStream(operator, desk)
  const contact = contactArgs({ callerNumber: '+393330000001' })
  await desk.api.sync.push({ streamId, commands: [command(1, 'contact.open', contact)] })
  const ticket = await anna.api.tickets.open(ticketArgs({ contactId: contact.id }))
  const mobile = (number: string) => ({ phones: [{ number, kind: 'mobile' as const }] })
  const [other, caller] = await Promise.all([
    addCitizen(crm.store.db, mobile('+393330000002')),
    addCitizen(crm.store.db, mobile(contact.callerNumber ?? '')),
  ])
  const identify = (ticketId: string, citizenId: string) =>
    anna.api.tickets.act({
      ...{ ticketId, id: newId() },
      action: { do: 'identify', citizenId, reason: null, from: null },
    })
  const toNobody = await tell(ticket.id, 'sms')
  await identify(ticket.id, other.id)
  await messenger().run()
  expect(await deliveryOf(ticket.id, toNobody)).toMatchObject({ state: 'dropped', reason: 'outdated' })
  const again = await anna.api.tickets.open(ticketArgs({ contactId: contact.id }))
  const toCaller = await tell(again.id, 'sms')
  await identify(again.id, caller.id)
  await messenger().run()
  expect(await deliveryOf(again.id, toCaller)).toMatchObject({ state: 'sent' })
})

test('nobody is written to at night, and the log names no one', async () => {
  const { id } = await request()
  const entry = await tell(id, 'email')
  clock = new Date(`${inDays(1).slice(0, 10)}T22:30:00Z`)
  await messenger().run()
  expect(await deliveryOf(id, entry)).toMatchObject({ state: 'queued' })
  clock = new Date(clock.getTime() + 10 * 3_600_000)
  await messenger().run()
  expect(await deliveryOf(id, entry)).toMatchObject({ state: 'sent' })
  expect(logged.join('')).toContain('a message was not delivered')
  expect(logged.join('')).not.toMatch(/lovelace|example\.org|3471234567|lampione/i)
})

describe('an answer that the CRM sends', () => {
  const long = new Date(Date.now() - 60 * 86_400_000).toISOString()
  const late = async (over: Partial<Citizen> = {}) => {
    const citizen = await addCitizen(crm.store.db, { email: 'ada.lovelace@example.org', ...over })
    return (await anna.api.tickets.open(ticketArgs({ citizenId: citizen.id, receivedAt: long }))).id
  }
  const reply = async (ticketId: string, channel: TicketChannel) => {
    const action = { do: 'tell', channel, text: 'Ecco la risposta.', answers: true } as const
    await anna.api.tickets.act({ ticketId, id: newId(), action })
  }
  const close = { do: 'move', to: 'closed', reason: null, closedFor: null } as const
  const watched = async (id: string) => {
    const { tickets } = await anna.api.tickets.watch({ limit: 500 })
    const clock = tickets.find(({ ticket }) => ticket.id === id)?.clock
    return clock && [clock.state, clock.unsent]
  }

  test('meets the term when it has gone out, which every desk hears of', async () => {
    const id = await late()
    await reply(id, 'email')
    expect(await watched(id)).toEqual(['late', true])
    const { version } = (await anna.api.tickets.get({ id })).ticket
    await messenger().run()
    expect(await watched(id)).toBeUndefined()
    const { ticket, clock: shown } = await anna.api.tickets.get({ id })
    expect(ticket).toMatchObject({ metAt: clock.toISOString(), unsent: false, version: version + 1 })
    expect(shown).toMatchObject({ state: 'met', unsent: false })
  })

  test.each<[string, Partial<Citizen>, TicketChannel]>([
    ['has no address', { email: null }, 'email'],
    ['is refused', {}, 'email'],
    ['lies in the outbox', {}, 'sms'],
  ])('meets none while it %s, also of one that was closed, until it is said', async (_why, over, channel) => {
    const id = await late(over)
    answer = () => {
      throw smtpAnswer(550, 'unknown')
    }
    await reply(id, channel)
    await messenger().run()
    await anna.api.tickets.act({ ticketId: id, id: newId(), action: close })
    expect(await watched(id)).toEqual(['late', true])
    await reply(id, 'phone')
    expect(await watched(id)).toBeUndefined()
    expect((await anna.api.tickets.get({ id })).ticket).toMatchObject({ status: 'closed', unsent: false })
  })

  test('meets nothing of a request that was reopened before it went out', async () => {
    const id = await late()
    await reply(id, 'email')
    const again = { do: 'move', to: 'in-progress', reason: 'manca un documento', closedFor: null } as const
    await anna.api.tickets.act({ ticketId: id, id: newId(), action: again })
    await messenger().run()
    expect(mail.received).toHaveLength(1)
    expect(await watched(id)).toEqual(['late', false])
  })
})
