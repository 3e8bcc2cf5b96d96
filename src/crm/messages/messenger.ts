import type { Logger } from 'pino'
import { newId } from '#contract/domain/ids.ts'
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
  /** A delivery that takes longer counts as failed. */
  deliverMs: number
  /** What is under way when the CRM stops has this long. */
  stopMs: number
  /** Before the second attempt; each wait is twice the last, up to an hour, and varied by half. */
  firstRetryMs: number
  attempts: number
}

export const usualPace: Pace = {
  lookMs: 2_000,
  planMs: 60_000,
  leaseMs: 180_000,
  deliverMs: 60_000,
  stopMs: 5_000,
  firstRetryMs: 30_000,
  attempts: 12,
}

/** What there is to say of a batch's messages. */
type Known = { facts: Map<string, Facts>; told: Map<string, Told> }

const batch = 20
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
  let stopping = false
  let running: Promise<void> | null = null
  let timer: NodeJS.Timeout | undefined
  let planAt = 0
  let purgeAt = 0

  const schedule = () => {
    clearTimeout(timer)
    if (stopping) return
    timer = setTimeout(() => void run(), pace.lookMs)
    timer.unref()
  }

  const run = (): Promise<void> => {
    running ??= work()
      .catch((error) => {
        if (isDatabaseAway(error)) log.warn('messages wait: the database does not answer')
        else log.error({ err: error }, 'the message queue cannot be worked on')
      })
      .finally(() => {
        running = null
        schedule()
      })
    return running
  }

  async function work(): Promise<void> {
    if (performance.now() >= planAt) {
      await planReminders(db, templates.settings, now())
      planAt = performance.now() + pace.planMs
    }
    if (performance.now() >= purgeAt) {
      await purge(db, new Date(now().getTime() - templates.settings.keepDays * 86_400_000))
      purgeAt = performance.now() + purgeEveryMs
    }
    for (let claims: Claim[] = [], full = true; full && !stopping; full = claims.length === batch) {
      claims = await claim(db, { worker, now: now(), leaseMs: pace.leaseMs, limit: batch })
      await process(claims)
    }
  }

  async function process(claims: readonly Claim[]): Promise<void> {
    if (claims.length === 0) return
    const leaseEnds = performance.now() + pace.leaseMs
    const ofVisits = claims.filter((one): one is AppointmentClaim => one.kind !== 'told')
    const ofRequests = claims.filter((one): one is ToldClaim => one.kind === 'told')
    const facts = await readFacts(db, [...new Set(ofVisits.map(({ appointmentId }) => appointmentId))])
    const told = await readTold(
      db,
      ofRequests.map(({ entryId }) => entryId),
    )
    const waiting = [...claims]
    const lane = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const late = performance.now() + pace.deliverMs >= leaseEnds
        if (stopping || late) await settle(db, next, { state: 'queued', dueAt: now(), uncounted: true })
        else await handle(next, { facts, told })
      }
    }
    await Promise.all(Array.from({ length: atOnce }, lane))
    if (ofRequests.length > 0) await announceChanges(db)
  }

  async function handle(message: Claim, known: Known): Promise<void> {
    const settlement = await attempt(message, known)
    if (!(await settle(db, message, settlement))) {
      log.warn(
        { messageId: message.id, state: settlement.state },
        'a message was no longer ours when it was done',
      )
    }
  }

  async function attempt(message: Claim, { facts, told }: Known): Promise<Settlement> {
    const { settings } = templates
    if (message.kind === 'told') {
      const judgement = judgeTold(message, told.get(message.entryId), settings, now())
      return deliver(message, judgement, (of, recipient) => outgoingTold(message, of, recipient))
    }
    const judgement = judge(message, facts.get(message.appointmentId), settings, now())
    return deliver(message, judgement, (of, recipient) => outgoing(message, of, recipient))
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
      await within(pace.deliverMs, port.deliver(compose(judgement.of, recipient)))
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
    const language = message.language === 'it' ? 'it' : 'en'
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

  schedule()
  return {
    run,
    async close() {
      stopping = true
      clearTimeout(timer)
      const last = setTimeout(() => void closePorts(ports), pace.stopMs)
      await running
      clearTimeout(last)
      await closePorts(ports)
    },
  }
}

const closePorts = async (ports: Ports): Promise<void> => {
  await Promise.all([...new Set(Object.values(ports))].map((port) => port.close()))
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new NotDelivered(false, { code: 'TOO_LONG' })), ms)
  })
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
