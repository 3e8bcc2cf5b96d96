import ICAL from 'ical.js'
import { sql } from 'kysely'
import type { Logger } from 'pino'
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { newId } from '#contract/domain/ids.ts'
import { openLog } from '../../src/crm/http/log.ts'
import { type Note, noteChange } from '../../src/crm/messages/messages.ts'
import { type Messenger, openMessenger, type Pace } from '../../src/crm/messages/messenger.ts'
import { outboxPort } from '../../src/crm/messages/outbox.ts'
import { claim, settle } from '../../src/crm/messages/queue.ts'
import { smtpOptions, smtpPort } from '../../src/crm/messages/smtp.ts'
import type { Templates } from '../../src/crm/messages/templates.ts'
import { loadTemplates } from '../../src/crm/messages/texts.ts'
import { openStore, type Store } from '../../src/crm/store/store.ts'
import { type CrmUnderTest, startCrm } from '../support/crm.ts'
import { addPerson, inDays, smallCity } from '../support/crm-city.ts'
import { MailServer, smtpAnswer } from '../support/mail-server.ts'
import { BookingDesk } from '../support/messages.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'

const hour = 3_600_000

describe.each(['PGlite', 'PostgreSQL'])('the message queue on %s', (engine) => {
  let postgres: TestPostgres | undefined
  let databaseUrl: string | undefined
  let crm: CrmUnderTest
  let desk: BookingDesk
  let mail: MailServer
  let answer: () => Promise<void> | void = () => {}
  let templates: Templates
  /** Noon where the offices are, tomorrow: after everything that the database's own clock has written. */
  let clock = new Date(inDays(1))
  const logged: string[] = []
  const log: Logger = openLog({ write: (line: string) => logged.push(line) })
  const open: Messenger[] = []

  beforeAll(async () => {
    if (engine === 'PostgreSQL') {
      postgres = await startPostgres()
      databaseUrl = await postgres.createDatabase()
    }
    templates = await loadTemplates()
    // Its own queue looks so rarely that the tests alone work on it.
    mail = await MailServer.open({ beforeAccepting: () => answer(), closeTimeout: 100 })
    crm = await startCrm({
      ...(databaseUrl ? { databaseUrl } : {}),
      messages: { smtpUrl: mail.url, pace: { lookMs: 2 ** 30 } },
    })
    desk = await BookingDesk.open(crm)
  })
  afterAll(async () => {
    await mail.close()
    await crm.stop()
    await postgres?.stop()
  })
  afterEach(async () => {
    answer = () => {}
    for (const messenger of open.splice(0)) await messenger.close()
    await crm.store.db.deleteFrom('messages').execute()
    mail.received.length = 0
    clock = new Date(inDays(1))
  })

  const messenger = (
    options: { store?: Store; pace?: Partial<Pace>; isMailOff?: boolean; mailUrl?: string } = {},
  ): Messenger => {
    const { db } = options.store ?? crm.store
    const email = options.isMailOff
      ? outboxPort(db)
      : smtpPort(smtpOptions(options.mailUrl ?? mail.url), templates.settings.from)
    const ports = { email, sms: outboxPort(db), whatsapp: outboxPort(db) }
    const pace = { lookMs: 2 ** 30, planMs: 0, ...options.pace }
    const one = openMessenger({ db, log, now: () => clock, templates, ports, pace })
    open.push(one)
    return one
  }
  const note = (appointmentId: string, kind: Note['kind'], channels: Note['channels'] = ['email']) =>
    crm.store.db.transaction().execute((trx) => noteChange(trx, { appointmentId, kind, channels }))
  let minutes = 0
  const appointment = async (over: { startsAt?: string; email?: string } = {}) => {
    const citizen = await desk.citizen({ email: over.email ?? 'ada.lovelace@example.org' })
    // Each in a slot of its own.
    if (!over.startsAt) minutes += 15
    const startsAt = over.startsAt ?? new Date(Date.parse(inDays(12)) + minutes * 60_000).toISOString()
    return { id: await desk.book({ startsAt, citizenId: citizen.id }), citizen, startsAt }
  }
  const messagesOf = async (id: string) => (await desk.person.api.appointments.messages({ id })).messages

  test('a confirmation goes out once, with its calendar file, and the desk sees it', async () => {
    const { id } = await appointment()
    await note(id, 'confirmation', ['email', 'sms'])
    expect((await messagesOf(id)).map(({ state, via }) => [state, via])).toEqual([
      ['queued', null],
      ['queued', null],
    ])
    await messenger().run()
    await messenger().run()
    const messages = await messagesOf(id)
    expect(messages.find(({ channel }) => channel === 'email')).toMatchObject({
      ...{ kind: 'confirmation', state: 'sent', via: 'smtp', attempts: 1, reason: null },
      ...{ recipient: 'a▪▪▪@example.org', sentAt: clock.toISOString() },
    })
    expect(messages.find(({ channel }) => channel === 'sms')).toMatchObject({
      ...{ state: 'sent', via: 'outbox', recipient: '347 ▪▪▪ 4567' },
    })
    expect(mail.received).toHaveLength(1)
    const [received] = mail.received
    expect(received?.to).toEqual(['ada.lovelace@example.org'])
    const { code } = await crm.store.db
      .selectFrom('appointments')
      .select('code')
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    expect(received?.mail.text).toContain(code)
    const file = received?.mail.attachments.find(({ filename }) => filename === 'appointment.ics')
    const calendar = new ICAL.Component(ICAL.parse(new TextDecoder().decode(file?.content as ArrayBuffer)))
    expect(calendar.getFirstPropertyValue('method')).toBe('REQUEST')
    expect(calendar.getFirstSubcomponent('vevent')?.getFirstPropertyValue('uid')).toBe(`${id}@ascolto`)
  })

  test('a server that puts it off is asked again later and later, the same message', async () => {
    const { id } = await appointment()
    await note(id, 'confirmation')
    const ids: (string | undefined)[] = []
    answer = () => {
      throw smtpAnswer(451, '<ada.lovelace@example.org> later')
    }
    const sender = messenger({ pace: { firstRetryMs: 60_000, attempts: 5 } })
    for (const expected of [60_000, 120_000, 240_000]) {
      await sender.run()
      const [message] = await messagesOf(id)
      const wait = Date.parse(message?.dueAt ?? '') - clock.getTime()
      expect(message?.state).toBe('queued')
      expect(wait / expected).toBeGreaterThanOrEqual(0.5)
      expect(wait / expected).toBeLessThanOrEqual(1.5)
      // Not before it is due.
      await sender.run()
      expect((await messagesOf(id))[0]?.attempts).toBe(message?.attempts)
      clock = new Date(clock.getTime() + wait)
    }
    answer = () => {}
    await sender.run()
    expect((await messagesOf(id))[0]).toMatchObject({ state: 'sent', attempts: 4 })
    ids.push(...mail.received.map((received) => received.mail.messageId))
    expect(ids).toEqual([`<${(await messagesOf(id))[0]?.id}@comune.example>`])
  })

  test('after the last attempt it has failed, at once when it was refused, and supervisors find it', async () => {
    const [late, refused] = [await appointment(), await appointment()]
    await note(late.id, 'confirmation')
    answer = () => {
      throw smtpAnswer(451, 'later')
    }
    const sender = messenger({ pace: { firstRetryMs: 1, attempts: 2 } })
    await sender.run()
    clock = new Date(clock.getTime() + 10)
    await sender.run()
    expect((await messagesOf(late.id))[0]).toMatchObject({
      state: 'failed',
      reason: 'unreachable',
      attempts: 2,
    })
    answer = () => {
      throw smtpAnswer(550, '<ada.lovelace@example.org> unknown')
    }
    await note(refused.id, 'confirmation')
    await sender.run()
    expect((await messagesOf(refused.id))[0]).toMatchObject({
      state: 'failed',
      reason: 'refused',
      attempts: 1,
    })
    const supervisor = await addPerson(crm, { roles: ['supervisor'] })
    const { messages } = await supervisor.api.messages.list({ state: 'failed' })
    expect(messages.map(({ appointmentId }) => appointmentId)).toEqual([refused.id, late.id])
    await expect(desk.person.api.messages.list({ state: 'failed' })).rejects.toMatchObject({ status: 403 })
  })

  test('of whom a closure affected it says whom a message has reached, may still reach, or does not reach any more', async () => {
    const supervisor = await addPerson(crm, { roles: ['supervisor'] })
    const minute = 60_000
    const cancelled = async (startsIn: number) => {
      const { startsAt } = await appointment({ startsAt: new Date(clock.getTime() + startsIn).toISOString() })
      const to = new Date(Date.parse(startsAt) + minute).toISOString()
      const closing = { officeId: smallCity.office, id: newId(), from: startsAt, to, agendas: null }
      await supervisor.api.agenda.closeDay({ ...closing, reason: 'Guasto', recovery: null })
      return closing.id
    }
    const reach = async (id: string) =>
      (await supervisor.api.agenda.affected({ id })).affected.map((one) => [one.told[0]?.state, one.reach])
    const sender = messenger({ pace: { firstRetryMs: hour } })

    const reached = await cancelled(48 * hour)
    expect(await reach(reached)).toEqual([['queued', 'waiting']])
    await sender.run()
    expect(await reach(reached)).toEqual([['sent', 'sent']])

    // No other channel is really sent: whom the mail server refuses somebody calls.
    answer = () => {
      throw smtpAnswer(550, 'unknown')
    }
    const refused = await cancelled(49 * hour)
    await sender.run()
    expect(await reach(refused)).toEqual([['failed', 'none']])

    // It is tried again when the one has stood before a closed door, and the other has not left home.
    answer = () => {
      throw smtpAnswer(451, 'later')
    }
    const [soon, later] = [await cancelled(20 * minute), await cancelled(50 * hour)]
    await sender.run()
    expect(await reach(soon)).toEqual([['queued', 'none']])
    expect(await reach(later)).toEqual([['queued', 'waiting']])
    answer = () => {}
    clock = new Date(clock.getTime() + 2 * hour)
    await sender.run()
    expect(await reach(soon)).toEqual([['sent', 'none']])
    expect(await reach(later)).toEqual([['sent', 'sent']])
  })

  test('a mail server may be away for days, and what failed all the same is sent again when somebody asks for it', async () => {
    const { id } = await appointment()
    await note(id, 'confirmation')
    answer = () => {
      throw smtpAnswer(451, 'later')
    }
    const sender = messenger()
    const from = clock.getTime()
    let waited = 0
    for (;;) {
      await sender.run()
      const [message] = await messagesOf(id)
      if (message?.state !== 'queued') break
      waited = Math.max(waited, Date.parse(message.dueAt) - clock.getTime())
      clock = new Date(message.dueAt)
    }
    const [failed] = await messagesOf(id)
    expect(failed).toMatchObject({ state: 'failed', reason: 'unreachable' })
    expect((clock.getTime() - from) / (24 * hour)).toBeGreaterThan(3)
    expect((clock.getTime() - from) / (24 * hour)).toBeLessThan(7)

    const ids = [failed?.id ?? '', newId()]
    await expect(desk.person.api.messages.resend({ ids })).rejects.toMatchObject({ status: 403 })
    const supervisor = await addPerson(crm, { roles: ['supervisor'] })
    expect((await supervisor.api.messages.resend({ ids })).messages).toMatchObject([
      { id: failed?.id, state: 'queued', reason: null, attempts: 0 },
    ])
    answer = () => {}
    clock = new Date(clock.getTime() + 24 * hour)
    await sender.run()
    expect((await messagesOf(id))[0]).toMatchObject({ state: 'sent', attempts: 1 })
    expect((await supervisor.api.messages.resend({ ids })).messages).toEqual([])
  })

  test('processes at work together send each message once', async () => {
    const other = databaseUrl ? await openStore({ databaseUrl }) : undefined
    const booked = []
    for (let i = 0; i < 60; i += 1) booked.push(await appointment({ email: `citizen-${i}@example.org` }))
    for (const { id } of booked) await note(id, 'confirmation')
    const senders = [
      messenger(),
      messenger(),
      messenger(other ? { store: other } : {}),
      messenger(other ? { store: other } : {}),
    ]
    await Promise.all(senders.map((sender) => sender.run()))
    const to = mail.received.flatMap((received) => received.to)
    expect(to).toHaveLength(60)
    expect(new Set(to).size).toBe(60)
    await Promise.all(open.splice(0).map((sender) => sender.close()))
    await other?.close()
  })

  test('a claim is one process’s until its lease ends; then it is another’s, and the first can settle nothing', async () => {
    const { id } = await appointment()
    await note(id, 'confirmation')
    const { db } = crm.store
    const take = (leaseMs: number) => claim(db, { worker: newId(), now: clock, leaseMs, limit: 10 })
    const [first] = await take(0.001)
    const [second] = await take(60_000)
    if (!first || !second) throw new Error('not claimed')
    expect(await take(60_000)).toEqual([])
    expect([first.id, first.attempts, second.attempts]).toEqual([second.id, 1, 2])
    expect(await settle(db, first, { state: 'failed', reason: 'unexpected' })).toBe(false)
    expect(await settle(db, second, { state: 'queued', dueAt: clock, uncounted: true })).toBe(true)
    expect((await messagesOf(id))[0]).toMatchObject({ state: 'queued', attempts: 1 })
  })

  test('stopping finishes what is under way and gives the rest back untried', async () => {
    const booked = []
    for (let i = 0; i < 10; i += 1) booked.push(await appointment())
    for (const { id } of booked) await note(id, 'confirmation')
    let accept = () => {}
    let begun = () => {}
    const under = new Promise<void>((resolve) => {
      begun = resolve
    })
    const accepted = new Promise<void>((resolve) => {
      accept = resolve
    })
    answer = () => {
      begun()
      return accepted
    }
    const sender = messenger()
    void sender.run()
    await under
    const closing = sender.close()
    accept()
    await closing
    const rows = await crm.store.db
      .selectFrom('messages')
      .select(['state', 'attempts', 'claimed_by'])
      .orderBy('state')
      .execute()
    const sent = rows.filter(({ state }) => state === 'sent')
    expect(sent.length).toBe(mail.received.length)
    expect(sent.length).toBeGreaterThan(0)
    expect(sent.length).toBeLessThan(10)
    expect(rows.filter(({ state }) => state !== 'sent')).toEqual(
      Array.from({ length: 10 - sent.length }, () => ({ state: 'queued', attempts: 0, claimed_by: null })),
    )
  })

  test('stopping does not wait for a server that says nothing', async () => {
    const { id } = await appointment()
    await note(id, 'confirmation')
    let begun = () => {}
    const under = new Promise<void>((resolve) => {
      begun = resolve
    })
    answer = () => {
      begun()
      return new Promise(() => {})
    }
    const sender = messenger({ pace: { stopMs: 50 } })
    void sender.run()
    await under
    await sender.close()
    expect((await messagesOf(id))[0]).toMatchObject({ state: 'queued', attempts: 1 })
  })

  test('while a mail server says nothing an SMS goes out, and a reminder that comes near is queued', async () => {
    const silent = Promise.withResolvers<void>()
    let asked = 0
    const server = await MailServer.open({
      onMailFrom() {
        asked += 1
        if (asked === 4) silent.resolve()
      },
      closeTimeout: 100,
    })
    onTestFinished(() => server.close())
    const near = await appointment({
      startsAt: new Date(clock.getTime() + 72 * hour + 5 * 60_000).toISOString(),
    })
    for (let i = 0; i < 6; i += 1) await note((await appointment()).id, 'confirmation')
    const sender = messenger({ mailUrl: server.url, pace: { lookMs: 20, stopMs: 50 } })
    await silent.promise
    await note(near.id, 'confirmation', ['sms'])
    const of = async () => (await messagesOf(near.id)).map(({ kind, state }) => `${kind} ${state}`)
    await expect
      .poll(of, { timeout: 15_000 })
      .toEqual(expect.arrayContaining(['confirmation sent', 'reminder queued']))
    expect(asked).toBe(4)
    await sender.close()
  })

  test('a message waits for another of its appointment that is under way in its channel, whoever sends it', async () => {
    const { db } = crm.store
    const { id } = await appointment()
    await note(id, 'confirmation', ['email', 'sms'])
    const take = () => claim(db, { worker: newId(), now: clock, leaseMs: 60_000, limit: 10 })
    const first = await take()
    expect(first.map(({ channel }) => channel).toSorted()).toEqual(['email', 'sms'])
    await note(id, 'change', ['email'])
    await note(id, 'change', ['sms'])
    expect(await take()).toEqual([])
    const email = first.find(({ channel }) => channel === 'email')
    if (!email) throw new Error('not claimed')
    await settle(db, email, { state: 'sent', via: 'smtp', recipient: 'ada@example.org', at: clock })
    expect(await take()).toMatchObject([{ kind: 'change', channel: 'email' }])
    // Whoever had it is gone.
    await sql`update messages set claimed_until = clock_timestamp() where claimed_by is not null and channel = 'sms'`.execute(
      db,
    )
    expect(await take()).toMatchObject([{ kind: 'confirmation', channel: 'sms' }])
    expect(await take()).toEqual([])
  })

  test('nobody gets a message at night', async () => {
    const { id } = await appointment()
    await note(id, 'confirmation')
    const day = inDays(1).slice(0, 10)
    clock = new Date(`${day}T22:30:00Z`)
    await messenger().run()
    const [waiting] = await messagesOf(id)
    expect(waiting).toMatchObject({ state: 'queued', attempts: 0 })
    clock = new Date(waiting?.dueAt ?? '')
    const local = new Intl.DateTimeFormat('it', {
      timeZone: 'Europe/Rome',
      hour: '2-digit',
      minute: '2-digit',
    })
    expect([clock > new Date(`${day}T22:30:00Z`), local.format(clock)]).toEqual([true, '08:00'])
    expect(mail.received).toEqual([])
    await messenger().run()
    expect((await messagesOf(id))[0]).toMatchObject({ state: 'sent', attempts: 1 })
  })

  test('at night goes what would find the citizen on the way: gone, or moved from or to the next morning', async () => {
    const night = new Date(`${inDays(30).slice(0, 10)}T22:30:00Z`)
    const at = (hours: number) => new Date(night.getTime() + hours * hour).toISOString()
    const [morning, evening, later, nextWeek] = [
      await appointment({ startsAt: at(10) }),
      await appointment({ startsAt: at(20) }),
      await appointment({ startsAt: at(9) }),
      await appointment({ startsAt: at(200) }),
    ]
    await desk.cancel(morning.id, 'office')
    await desk.cancel(evening.id, 'office')
    // A confirmation that nobody has read: what it would have said may have been said on the phone.
    await note(later.id, 'confirmation')
    await desk.move(later.id, at(300), ['email'])
    await desk.move(later.id, at(301), ['email'])
    await desk.move(nextWeek.id, at(9.5), ['email'])
    await note(morning.id, 'cancellation')
    await note(evening.id, 'cancellation')
    clock = night
    await messenger().run()
    const states = await Promise.all(
      [morning, evening, later, nextWeek].map(async ({ id }) =>
        (await messagesOf(id))
          .filter(({ state }) => state !== 'dropped')
          .map(({ kind, state }) => [kind, state]),
      ),
    )
    expect(states).toEqual([
      [['cancellation', 'sent']],
      [['cancellation', 'queued']],
      [['confirmation', 'sent']],
      [['change', 'sent']],
    ])
    // What the office did in the middle of a visit keeps nobody from sleeping.
    clock = new Date(night.getTime() + 24 * hour)
    const begun = await appointment({ startsAt: at(23.5) })
    await desk.cancel(begun.id, 'office')
    await note(begun.id, 'cancellation')
    await messenger().run()
    expect((await messagesOf(begun.id)).at(-1)).toMatchObject({ kind: 'cancellation', state: 'queued' })
  })

  test('at night goes a proposal that is to be confirmed before the morning', async () => {
    const night = new Date(`${inDays(30).slice(0, 10)}T22:30:00Z`)
    const proposed = async (confirmIn: number) => {
      const { id } = await appointment({
        startsAt: new Date(night.getTime() + (100 + confirmIn) * hour).toISOString(),
      })
      const until = new Date(night.getTime() + confirmIn * hour)
      await sql`alter table appointments disable trigger appointments_move`.execute(crm.store.db)
      await sql`update appointments set state = 'proposed', confirm_by = ${until.toISOString()} where id = ${id}`.execute(
        crm.store.db,
      )
      await sql`alter table appointments enable trigger appointments_move`.execute(crm.store.db)
      await note(id, 'proposal')
      return id
    }
    const [soon, later, over] = [await proposed(8), await proposed(20), await proposed(-1)]
    clock = night
    await messenger().run()
    const of = async (id: string) => (await messagesOf(id)).map(({ state, reason }) => [state, reason])
    expect([await of(soon), await of(later), await of(over)]).toEqual([
      [['sent', null]],
      [['queued', null]],
      [['dropped', 'outdated']],
    ])
  })

  test('a move overtakes what was already in line: nobody is written the hour that was', async () => {
    const startsAt = (nth: number) => new Date(Date.parse(inDays(40)) + nth * hour).toISOString()
    for (let i = 0; i < 9; i += 1)
      await note((await appointment({ startsAt: startsAt(i) })).id, 'confirmation')
    const last = await appointment({ startsAt: startsAt(9), email: 'last@example.org' })
    await note(last.id, 'confirmation')
    let accept = () => {}
    const accepted = new Promise<void>((resolve) => {
      accept = resolve
    })
    let begun = () => {}
    const under = new Promise<void>((resolve) => {
      begun = resolve
    })
    answer = () => {
      begun()
      return accepted
    }
    const running = messenger().run()
    await under
    await desk.move(last.id, new Date(Date.parse(last.startsAt) + 24 * hour).toISOString(), ['email'])
    accept()
    await running
    await messenger().run()
    const written = mail.received.filter(({ to }) => to.includes('last@example.org'))
    expect(written.map(({ mail: { subject } }) => subject?.split(':')[0])).toEqual([
      'Appuntamento confermato',
    ])
    expect((await messagesOf(last.id)).map(({ kind, reason }) => [kind, reason])).toEqual([
      ['confirmation', 'superseded'],
      ['confirmation', null],
    ])
  })

  test('reminders come at their hour, by the channels of the confirmation, and go with the appointment', async () => {
    const [kept, gone] = [await appointment(), await appointment()]
    const quiet = await appointment()
    for (const { id } of [kept, gone]) await note(id, 'confirmation', ['email'])
    await messenger().run()
    expect((await messagesOf(kept.id)).map(({ kind }) => kind)).toEqual(['confirmation'])
    clock = new Date(Date.parse(inDays(12)) - 3 * 24 * hour)
    await Promise.all([messenger().run(), messenger().run()])
    const reminders = (await messagesOf(kept.id)).filter(({ kind }) => kind === 'reminder')
    const rome = new Intl.DateTimeFormat('en', { timeZone: 'Europe/Rome', hour: '2-digit', hourCycle: 'h23' })
    expect(reminders.map(({ state, dueAt }) => [state, rome.format(new Date(dueAt))])).toEqual([
      ['queued', '10'],
      ['queued', '10'],
    ])
    expect(await messagesOf(quiet.id)).toEqual([])

    await desk.cancel(gone.id, 'citizen')
    await note(gone.id, 'cancellation', 'known')
    expect((await messagesOf(gone.id)).map(({ kind, reason }) => [kind, reason])).toEqual([
      ['confirmation', null],
      ['reminder', 'superseded'],
      ['reminder', 'superseded'],
      ['cancellation', null],
    ])
    mail.received.length = 0
    clock = new Date(reminders[1]?.dueAt ?? '')
    await messenger().run()
    expect(mail.received.map(({ mail: { subject } }) => subject?.split(':')[0]).toSorted()).toEqual([
      'Appuntamento disdetto',
      'Promemoria',
      'Promemoria',
    ])
  })

  test('nobody is reminded of what stands in a closed office, until the closure is taken back', async () => {
    const startsAt = (nth: number) => new Date(Date.parse(inDays(30)) + nth * hour).toISOString()
    const [planned, later] = [
      await appointment({ startsAt: startsAt(0) }),
      await appointment({ startsAt: startsAt(24) }),
    ]
    for (const { id } of [planned, later]) await note(id, 'confirmation')
    await messenger().run()
    mail.received.length = 0
    clock = new Date(Date.parse(planned.startsAt) - 3 * 24 * hour)
    await messenger().run()
    const reminders = async (id: string) =>
      (await messagesOf(id)).filter(({ kind }) => kind === 'reminder').map(({ state }) => state)
    expect(await reminders(planned.id)).toEqual(['queued', 'queued'])
    const { db } = crm.store
    await sql`insert into closures (id, office_id, starts_at, ends_at, reason, cancels)
      values (${newId()}, ${smallCity.office}, ${startsAt(-1)}, ${startsAt(25)}, 'Assemblea', false)`.execute(
      db,
    )

    clock = new Date(Date.parse(planned.startsAt) - 30 * hour)
    await messenger().run()
    expect(mail.received).toEqual([])
    expect(await reminders(planned.id)).toEqual(['dropped', 'queued'])
    expect(await reminders(later.id)).toEqual([])

    await sql`update closures set withdrawn_at = clock_timestamp()`.execute(db)
    clock = new Date(Date.parse(planned.startsAt) - 20 * hour)
    await messenger().run()
    expect(mail.received.map(({ mail: { subject } }) => subject?.split(':')[0])).toEqual(['Promemoria'])
    expect(await reminders(later.id)).toEqual(['queued'])
  })

  test('a moved appointment is told as moved, the same event in a calendar, and reminded of by its new time', async () => {
    const { id, startsAt } = await appointment({ startsAt: inDays(20) })
    await note(id, 'confirmation')
    const sender = messenger()
    await sender.run()
    clock = new Date(Date.parse(startsAt) - 3 * 24 * hour)
    await sender.run()
    const later = new Date(Date.parse(startsAt) + 24 * hour).toISOString()
    await desk.move(id, later, ['email'])
    await sender.run()
    const events = mail.received.map(({ mail: { subject, attachments } }) => {
      const file = attachments.find(({ filename }) => filename === 'appointment.ics')
      const calendar = new ICAL.Component(ICAL.parse(new TextDecoder().decode(file?.content as ArrayBuffer)))
      const event = new ICAL.Event(calendar.getFirstSubcomponent('vevent') ?? undefined)
      return { subject: subject?.split(':')[0], uid: event.uid, sequence: event.sequence }
    })
    expect(events).toEqual([
      { subject: 'Appuntamento confermato', uid: `${id}@ascolto`, sequence: 0 },
      { subject: 'Appuntamento spostato', uid: `${id}@ascolto`, sequence: 1 },
    ])
    // One of its reminders is due by now, at the time it had; the other follows the new time.
    clock = new Date(Date.parse(later) - 3 * 24 * hour)
    await sender.run()
    const reminders = (await messagesOf(id)).filter(({ kind }) => kind === 'reminder')
    const queued = reminders.filter(({ state }) => state === 'queued').map(({ dueAt }) => Date.parse(dueAt))
    expect(reminders.filter(({ reason }) => reason === 'superseded')).toHaveLength(2)
    expect(queued.map((due) => Math.round((Date.parse(later) - due) / (24 * hour)))).toEqual([2, 1])
    // And back to where it was: the reminders of that time count again.
    await desk.move(id, startsAt, ['none'])
    clock = new Date(Date.parse(startsAt) - 3 * 24 * hour)
    await sender.run()
    const again = (await messagesOf(id)).filter(
      ({ kind, state }) => kind === 'reminder' && state === 'queued',
    )
    expect(
      again.map(({ dueAt }) => Math.round((Date.parse(startsAt) - Date.parse(dueAt)) / (24 * hour))),
    ).toEqual([2, 1])
  })

  test('moved away and back after the first reminder went, it is still reminded of by the second', async () => {
    const { id, startsAt } = await appointment({ startsAt: inDays(25) })
    await note(id, 'confirmation')
    const sender = messenger()
    await sender.run()
    clock = new Date(Date.parse(startsAt) - 3 * 24 * hour)
    await sender.run()
    const reminders = async (state: string) =>
      (await messagesOf(id)).filter((message) => message.kind === 'reminder' && message.state === state)
    const [first, second] = await reminders('queued')
    clock = new Date(first?.dueAt ?? '')
    await sender.run()
    await desk.move(id, new Date(Date.parse(startsAt) + 240 * hour).toISOString(), ['none'])
    expect(await reminders('queued')).toEqual([])
    await desk.move(id, startsAt, ['none'])
    await sender.run()
    expect((await reminders('sent')).map((one) => one.id)).toEqual([first?.id])
    expect((await reminders('queued')).map((one) => one.id)).toEqual([second?.id])
  })

  test.each([
    ['none', 45],
    ['sms', 50],
  ] as const)(
    'a move that is told by %s keeps the promise of what had not gone out by e-mail',
    async (notify, days) => {
      const startsAt = (nth: number) => new Date(Date.parse(inDays(days)) + nth * hour).toISOString()
      const [waiting, told] = [
        await appointment({ startsAt: startsAt(0), email: 'waiting@example.org' }),
        await appointment({ startsAt: startsAt(1), email: 'told@example.org' }),
      ]
      await note(told.id, 'confirmation')
      await messenger().run()
      mail.received.length = 0
      await note(waiting.id, 'confirmation')
      await desk.move(waiting.id, startsAt(24), [notify])
      await desk.move(told.id, startsAt(25), [notify])
      await messenger().run()
      expect(mail.received.flatMap(({ to }) => to)).toEqual(['waiting@example.org'])
      const mails = (await messagesOf(waiting.id)).filter(({ channel }) => channel === 'email')
      expect(mails.map(({ kind, state }) => [kind, state])).toEqual([
        ['confirmation', 'dropped'],
        ['confirmation', 'sent'],
      ])
    },
  )

  test.each([
    ['2027-03-28T07:30:00.000Z', 'domenica 28 marzo 2027, ore 09:30', '2027-03-28T09:30:00'],
    ['2027-10-31T08:30:00.000Z', 'domenica 31 ottobre 2027, ore 09:30', '2027-10-31T09:30:00'],
  ])(
    'on a day on which the clocks change, %s is %s in the mail and in its file',
    async (startsAt, written, local) => {
      const { id } = await appointment({ startsAt })
      await note(id, 'confirmation')
      await messenger().run()
      const text = mail.received[0]?.mail.text ?? ''
      expect(text).toContain(written)
      const file = mail.received[0]?.mail.attachments.find(({ filename }) => filename === 'appointment.ics')
      const calendar = new ICAL.Component(ICAL.parse(new TextDecoder().decode(file?.content as ArrayBuffer)))
      const zone = new ICAL.Timezone(
        calendar.getFirstSubcomponent('vtimezone') ?? new ICAL.Component('vtimezone'),
      )
      const { startDate } = new ICAL.Event(calendar.getFirstSubcomponent('vevent') ?? undefined)
      expect(startDate.toString()).toBe(local)
      startDate.zone = zone
      expect(startDate.toJSDate().toISOString()).toBe(startsAt)
    },
  )

  test('nobody is reminded shortly before, nor of what was cancelled', async () => {
    const [near, silent] = [await appointment(), await appointment()]
    for (const { id } of [near, silent]) await note(id, 'confirmation')
    await messenger().run()
    mail.received.length = 0
    clock = new Date(Date.parse(inDays(12)) - 3 * 24 * hour)
    await messenger().run()
    await desk.cancel(silent.id, 'office')
    clock = new Date(Date.parse(near.startsAt) - 90 * 60_000)
    await messenger().run()
    const reasons = async (id: string) =>
      (await messagesOf(id)).filter(({ kind }) => kind === 'reminder').map(({ reason }) => reason)
    expect(await reasons(near.id)).toEqual(['outdated', 'outdated'])
    expect(await reasons(silent.id)).toEqual(['superseded', 'superseded'])
    expect(mail.received).toEqual([])
  })

  test('an address that is gone or no longer wanted when it is due is not written to', async () => {
    const [moved, unwilling] = [await appointment(), await appointment()]
    for (const { id } of [moved, unwilling]) await note(id, 'confirmation')
    await crm.store.db
      .updateTable('citizens')
      .set({ email: null })
      .where('id', '=', moved.citizen.id)
      .execute()
    const channels = { id: unwilling.citizen.id, channels: ['email' as const] }
    expect(await desk.person.api.messages.setOptOuts(channels)).toEqual({ channels: ['email'] })
    await messenger().run()
    expect((await messagesOf(moved.id))[0]).toMatchObject({ state: 'dropped', reason: 'no-address' })
    expect((await messagesOf(unwilling.id))[0]).toMatchObject({ state: 'dropped', reason: 'opted-out' })
    expect(mail.received).toEqual([])
    expect(await desk.person.api.messages.setOptOuts({ ...channels, channels: [] })).toEqual({ channels: [] })
    expect(await desk.person.api.messages.optOuts({ id: unwilling.citizen.id })).toEqual({ channels: [] })
    await expect(desk.person.api.messages.optOuts({ id: newId() })).rejects.toMatchObject({ status: 404 })
  })

  test('the outbox is for administrators, is journaled, and is emptied in time', async () => {
    const { id, citizen } = await appointment()
    await note(id, 'confirmation', ['sms', 'whatsapp'])
    await messenger().run()
    const administrator = await addPerson(crm, { roles: ['administrator'] })
    const { messages } = await administrator.api.messages.outbox({ channel: 'sms' })
    expect(messages[0]).toMatchObject({ appointmentId: id, recipient: '+393471234567', subject: null })
    expect(messages[0]?.text).toMatch(/^Appuntamento /)
    for (const roles of [['operator'], ['supervisor']] as const) {
      const person = await addPerson(crm, { roles: [...roles] })
      await expect(person.api.messages.outbox({})).rejects.toMatchObject({ status: 403 })
    }
    const { reads } = await administrator.api.citizens.reads({ id: citizen.id })
    expect(reads.length).toBeGreaterThan(0)
    clock = new Date(clock.getTime() + 31 * 24 * hour)
    await messenger().run()
    expect((await administrator.api.messages.outbox({})).messages).toEqual([])
    expect((await messagesOf(id)).map(({ recipient, state }) => [recipient, state])).toEqual([
      [null, 'sent'],
      [null, 'sent'],
    ])
  })

  test('e-mail that nobody sends lies in the outbox with its calendar file; an SMS has none', async () => {
    const { id } = await appointment()
    await note(id, 'confirmation', ['email', 'sms'])
    await messenger({ isMailOff: true }).run()
    const administrator = await addPerson(crm, { roles: ['administrator'] })
    const { messages } = await administrator.api.messages.outbox({})
    const of = (channel: string) =>
      messages.find((one) => one.appointmentId === id && one.channel === channel)
    expect(of('sms')?.calendar).toBeNull()
    const calendar = new ICAL.Component(ICAL.parse(of('email')?.calendar ?? ''))
    expect(calendar.getFirstPropertyValue('method')).toBe('REQUEST')
    expect(calendar.getFirstSubcomponent('vevent')?.getFirstPropertyValue('uid')).toBe(`${id}@ascolto`)
    await crm.store.db.deleteFrom('message_outbox').execute()
  })

  test('the calendar file of an appointment, and of one that no longer stands', async () => {
    const { id, startsAt } = await appointment()
    const read = async (language?: 'en') => {
      const file = await desk.person.api.appointments.calendarFile({ id, ...(language ? { language } : {}) })
      expect(file.type).toBe('text/calendar')
      const calendar = new ICAL.Component(ICAL.parse(await file.text()))
      const event = new ICAL.Event(calendar.getFirstSubcomponent('vevent') ?? undefined)
      return { method: calendar.getFirstPropertyValue('method'), event }
    }
    const before = await read()
    expect([before.method, before.event.summary, before.event.uid]).toEqual([
      'PUBLISH',
      'parola',
      `${id}@ascolto`,
    ])
    expect((await read('en')).event.summary).toBe('word')
    const local = new Date(startsAt).toLocaleString('sv', { timeZone: 'Europe/Rome' }).replace(' ', 'T')
    expect(before.event.startDate.toString()).toBe(local)
    await desk.cancel(id, 'office')
    const after = await read()
    expect([after.method, after.event.uid]).toEqual(['CANCEL', before.event.uid])
    expect(after.event.sequence).toBeGreaterThan(before.event.sequence)
    await expect(desk.person.api.appointments.calendarFile({ id: newId() })).rejects.toMatchObject({
      status: 404,
    })
    await expect(desk.person.api.appointments.messages({ id: newId() })).rejects.toMatchObject({
      status: 404,
    })
  })

  test('the log names no one', () => {
    const lines = logged.join('')
    expect(lines).toContain('a message was not delivered')
    // Ids may have these letters too.
    expect(lines).not.toMatch(/\bada\b|lovelace|example\.org|3471234567/i)
  })
})
