import type { Logger } from 'pino'
import { newId } from '#contract/domain/ids.ts'
import { MessageChannel } from '#contract/domain/message.ts'
import { spellingLanguage } from '#contract/domain/spelling.ts'
import { isDatabaseAway } from '../store/errors.ts'
import type { Db } from '../store/store.ts'
import { announceChanges } from '../sync/changes.ts'
import { calendarFile } from './calendar.ts'
import { type Facts, readFacts } from './facts.ts'
import { type Judgement, judge } from './judge.ts'
import { NotDelivered, type Outgoing, type Ports } from './ports.ts'
import {
  type AppointmentClaim,
  type Claim,
  claim,
  purge,
  type Settlement,
  settle,
  type ToldClaim,
} from './queue.ts'
import { planReminders } from './reminders.ts'
import type { Templates } from './templates.ts'
import { renderMessage, renderTold } from './texts.ts'
import { judgeTold, readTold, type Told } from './told.ts'

export type Pace = {
  lookMs: number
  planMs: number
  /** How long a claim lasts: longer than any delivery. */
  leaseMs: number
  /** A delivery that takes longer is ended and counts as failed: longer than a server may be silent that has the whole message. */
  deliverMs: number
  /** What is under way when the CRM stops has this long. */
  stopMs: number
  /** Before the second attempt; each wait is twice the last, up to an hour, and varied by half. */
  firstRetryMs: number
  /** Most attempts; what is no longer so by then is dropped before. */
  attempts: number
}

export const usualPace: Pace = {
  lookMs: 2_000,
  planMs: 60_000,
  leaseMs: 20 * 60_000,
  deliverMs: 15 * 60_000,
  stopMs: 5_000,
  firstRetryMs: 30_000,
  // About four days of hourly attempts, not at night: so long a mail server may be away (RFC 5321, 4.5.4.1).
  attempts: 60,
}

/** In each channel: none waits for another's. */
const atOnce = 4
const longestRetryMs = 3_600_000
const purgeEveryMs = 3_600_000

export type MessengerOptions = {
  db: Db
  log: Logger
  now: () => Date
  templates: Templates
  ports: Ports
  pace?: Partial<Pace>
}

export type Messenger = {
  /** Sends what is due, now; resolves when nothing more is. */
  run(): Promise<void>
  /** Finishes or gives back what it claimed. */
  close(): Promise<void>
}

/** Sends the queue's messages, beside those of any other process on the database. */
export function openMessenger(options: MessengerOptions): Messenger {
  const { db, log, now, templates, ports } = options
  const pace = { ...usualPace, ...options.pace }
  const worker = newId()
  const under: Record<MessageChannel, Set<Promise<void>>> = {
    email: new Set(),
    sms: new Set(),
    whatsapp: new Set(),
  }
  const underWay = () => Object.values(under).flatMap((some) => [...some])
  let stopping = false
  let planAt = 0
  let purgeAt = 0

  const failed = (error: unknown) => {
    if (isDatabaseAway(error)) log.warn('messages wait: the database does not answer')
    else log.error({ err: error }, 'the message queue cannot be worked on')
  }
  const upkeep = inTurn(async () => {
    if (performance.now() >= planAt) {
      await planReminders(db, templates.settings, now())
      planAt = performance.now() + pace.planMs
    }
    if (performance.now() >= purgeAt) {
      await purge(db, new Date(now().getTime() - templates.settings.keepDays * 86_400_000))
      purgeAt = performance.now() + purgeEveryMs
    }
  }, failed)

  /** One by one: what waits its turn is claimed by nobody, so that a change of its appointment still overtakes it. */
  const look = inTurn(async () => {
    while (!stopping) {
      const channels = MessageChannel.options.filter((channel) => under[channel].size < atOnce)
      if (channels.length === 0) return
      const [message] = await claim(db, { worker, now: now(), leaseMs: pace.leaseMs, limit: 1, channels })
      if (!message) return
      const some = under[message.channel]
      const handled: Promise<void> = handle(message)
        .catch(failed)
        .finally(() => {
          some.delete(handled)
          void look()
        })
      some.add(handled)
    }
  }, failed)

  const timers = [upkeep, look].map((act) => {
    const timer = { stop: () => {} }
    const next = () => {
      if (stopping) return
      const timeout = setTimeout(() => void act().then(next), pace.lookMs).unref()
      timer.stop = () => clearTimeout(timeout)
    }
    next()
    return timer
  })

  async function run(): Promise<void> {
    await upkeep()
    for (;;) {
      const turn = look()
      await turn
      const some = underWay()
      if (some.length > 0) await Promise.race(some)
      // What ended in this turn may have let another be sent, for which a turn was asked since.
      else if (look.last() === turn) return
    }
  }

  async function handle(message: Claim): Promise<void> {
    const settlement = await attempt(message)
    if (!(await settle(db, message, settlement))) {
      log.warn(
        { messageId: message.id, state: settlement.state },
        'a message was no longer ours when it was done',
      )
    } else if (message.kind === 'told') await announceChanges(db)
  }

  async function attempt(message: Claim): Promise<Settlement> {
    const { settings } = templates
    if (message.kind === 'told') {
      const told = await readTold(db, message.entryId)
      return deliver(message, judgeTold(message, told, settings, now()), (of, recipient) =>
        outgoingTold(message, of, recipient),
      )
    }
    const facts = await readFacts(db, message.appointmentId)
    return deliver(message, judge(message, facts, settings, now()), (of, recipient) =>
      outgoing(message, of, recipient),
    )
  }

  async function deliver<Of>(
    message: Claim,
    judgement: Judgement<Of>,
    compose: (of: Of, recipient: string) => Outgoing,
  ): Promise<Settlement> {
    if ('drop' in judgement) return { state: 'dropped', reason: judgement.drop }
    if (!judgement.send) return { state: 'queued', dueAt: judgement.waitUntil, uncounted: true }
    const port = ports[message.channel]
    const { recipient } = judgement
    try {
      await port.deliver(compose(judgement.of, recipient), AbortSignal.timeout(pace.deliverMs))
      return { state: 'sent', via: port.via, recipient, at: now() }
    } catch (error) {
      return failure(message, error)
    }
  }

  function outgoingTold({ id, channel, language }: ToldClaim, told: Told, recipient: string): Outgoing {
    return {
      ...{ id, channel, recipient, appointmentId: null, ticketId: told.ticketId, calendar: null },
      ...renderTold(templates, { channel, language }, told),
    }
  }

  function outgoing(message: AppointmentClaim, facts: Facts, recipient: string): Outgoing {
    const { settings } = templates
    const language = spellingLanguage(message.language)
    const withFile = message.channel === 'email' && message.kind !== 'reminder'
    return {
      id: message.id,
      appointmentId: message.appointmentId,
      ticketId: null,
      channel: message.channel,
      recipient,
      ...renderMessage(templates, message, facts),
      calendar: withFile
        ? calendarFile(facts, { settings, language, attendee: recipient, now: now() })
        : null,
    }
  }

  function failure(message: Claim, error: unknown): Settlement {
    const about = { messageId: message.id, channel: message.channel, attempts: message.attempts }
    const planned = error instanceof NotDelivered
    if (planned)
      log.warn({ ...about, ...error.detail, permanent: error.permanent }, 'a message was not delivered')
    else log.error({ ...about, err: error }, 'a message could not be sent')
    if (planned && error.permanent) return { state: 'failed', reason: 'refused' }
    if (message.attempts >= pace.attempts) {
      return { state: 'failed', reason: planned ? 'unreachable' : 'unexpected' }
    }
    const wait = Math.min(pace.firstRetryMs * 2 ** (message.attempts - 1), longestRetryMs)
    return {
      state: 'queued',
      dueAt: new Date(now().getTime() + wait * (0.5 + Math.random())),
      uncounted: false,
    }
  }

  return {
    run,
    async close() {
      stopping = true
      for (const timer of timers) timer.stop()
      const last = setTimeout(() => void closePorts(ports), pace.stopMs)
      await Promise.all([upkeep.last(), look.last()])
      await Promise.all(underWay())
      clearTimeout(last)
      await closePorts(ports)
    },
  }
}

/** Runs `act` once after what is asked of it before has ended; who asks is told when that is over, and of no failure. */
function inTurn(act: () => Promise<void>, failed: (error: unknown) => void) {
  let last: Promise<void> = Promise.resolve()
  const ask = (): Promise<void> => {
    last = last.then(act).catch(failed)
    return last
  }
  return Object.assign(ask, { last: () => last })
}

const closePorts = async (ports: Ports): Promise<void> => {
  await Promise.all([...new Set(Object.values(ports))].map((port) => port.close()))
}
