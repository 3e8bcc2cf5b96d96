import { Temporal } from 'temporal-polyfill'
import { z } from 'zod'
import {
  type CityCalendar,
  cityDayOf,
  holdsOn,
  holidaysOn,
  isOrderly,
  nationalCalendar,
  Validity,
} from './calendar.ts'
import { type Instant, PlainDate, Slug } from './ids.ts'
import { TicketKind, ticketKinds } from './ticket-kind.ts'

/** How long the city has to answer a request of some kinds. The one that held on the day of receipt holds to the end. */
export const TermRule = z
  .strictObject({
    id: Slug,
    kinds: z.array(TicketKind).min(1),
    /** Calendar days; the day of receipt is not counted. */
    days: z.number().int().min(1).max(365),
    /** How often the clock may be stopped, and for how many days in all; null: as often as need be. */
    suspension: z.strictObject({
      times: z.number().int().min(0).max(20).nullable(),
      days: z.number().int().min(0).max(365),
    }),
    /** By how many days in all it may be extended. */
    extensionDays: z.number().int().min(0).max(365),
    source: z.string().max(200),
    ...Validity,
  })
  .refine(isOrderly, { path: ['validTo'] })
export type TermRule = z.infer<typeof TermRule>

/** How long an answered request stays open before it is closed by itself. The one that held on the day of the answer holds. */
export const ClosingRule = z
  .strictObject({
    id: Slug,
    /** Since the answer went out, and since anything was last done with it. */
    days: z.number().int().min(1).max(3650),
    ...Validity,
  })
  .refine(isOrderly, { path: ['validTo'] })
export type ClosingRule = z.infer<typeof ClosingRule>

export const ReplyTerms = z
  .strictObject({
    /** A request is on the watch list so many days before its last day. */
    warnDays: z.number().int().min(0).max(60),
    rules: z.array(TermRule).min(1).max(50),
    /** None: nothing is closed by itself. */
    closing: z.array(ClosingRule).max(50).optional(),
  })
  .superRefine(({ rules, closing = [] }, context) => {
    for (const [i, one] of rules.entries()) {
      const other = rules.slice(0, i).find((before) => overlap(before, one))
      if (other)
        context.addIssue({
          code: 'custom',
          path: ['rules', i],
          message: `${one.id} holds for the same kinds and days as ${other.id}`,
        })
    }
    for (const [i, one] of closing.entries()) {
      const other = closing.slice(0, i).find((before) => sameDays(before, one))
      if (other)
        context.addIssue({
          code: 'custom',
          path: ['closing', i],
          message: `${one.id} holds for the same days as ${other.id}`,
        })
    }
  })
export type ReplyTerms = z.infer<typeof ReplyTerms>

const overlap = (a: TermRule, b: TermRule): boolean =>
  a.kinds.some((kind) => b.kinds.includes(kind)) && sameDays(a, b)

type Valid = { validFrom: PlainDate | null; validTo: PlainDate | null }
const sameDays = (a: Valid, b: Valid): boolean =>
  (a.validFrom ?? '') <= (b.validTo ?? '9999-12-31') && (b.validFrom ?? '') <= (a.validTo ?? '9999-12-31')

/** Art. 2 of L. 241/1990: thirty days where nothing else is said (2), one suspension of thirty days at most (7), ninety days at most (3). */
export const lawTerm: TermRule = {
  ...{
    id: 'law-241',
    kinds: [...ticketKinds],
    days: 30,
    suspension: { times: 1, days: 30 },
    extensionDays: 60,
  },
  ...{ source: 'L. 241/1990, art. 2', validFrom: null, validTo: null },
}

export type TermBook = { calendar: CityCalendar; terms: ReplyTerms }
export const lawBook: TermBook = { calendar: nationalCalendar, terms: { warnDays: 5, rules: [lawTerm] } }

export const termRule = (terms: ReplyTerms, kind: TicketKind, receivedOn: PlainDate): TermRule =>
  terms.rules.find((rule) => rule.kinds.includes(kind) && holdsOn(rule, receivedOn)) ?? lawTerm

const reason = z.string().trim().min(1).max(500)

/** The clock stood from the end of `from` to the end of `to`; null: it stands. */
export const Suspension = z.object({
  ...{ from: PlainDate, to: PlainDate.nullable(), reason },
  /** Waiting for the citizen made it: it ends with the wait, whoever ends that. */
  waiting: z.literal(true).optional(),
})
export type Suspension = z.infer<typeof Suspension>

export const Extension = z.object({ on: PlainDate, days: z.number().int().positive(), reason })
export type Extension = z.infer<typeof Extension>

/** What the last day follows from, and nothing else: neither team nor state is in it. */
export type ClockFacts = {
  kind: TicketKind
  receivedAt: Instant
  /** In the order in which they were heard of. */
  suspensions: readonly Suspension[]
  extensions: readonly Extension[]
}

/** One step of "why this date", in order. `end`: the last day as far as it is worked out, holidays not looked at yet. */
export const ClockStep = z.discriminatedUnion('step', [
  z.object({ step: z.literal('received'), on: PlainDate }),
  z.object({
    step: z.literal('term'),
    rule: Slug,
    days: z.number().int(),
    source: z.string(),
    end: PlainDate,
  }),
  z.object({
    step: z.literal('suspended'),
    from: PlainDate,
    to: PlainDate.nullable(),
    days: z.number().int(),
    /** Days it stood beyond what may count. */
    beyond: z.number().int(),
    reason,
    end: PlainDate,
  }),
  z.object({ step: z.literal('extended'), on: PlainDate, days: z.number().int(), reason, end: PlainDate }),
  /** `holiday`: its id; null for a day of rest of the week. */
  z.object({ step: z.literal('moved'), from: PlainDate, holiday: Slug.nullable(), end: PlainDate }),
])
export type ClockStep = z.infer<typeof ClockStep>

export type Due = {
  /** Last day to answer, in the city's calendar. */
  dueOn: PlainDate
  /** Since when the clock stands; null: it runs. */
  stoppedOn: PlainDate | null
  /** How many more days it may stand: now, or if it were stopped. */
  suspensionLeft: number
  extensionLeft: number
  steps: ClockStep[]
}

const date = (text: PlainDate): Temporal.PlainDate => Temporal.PlainDate.from(text)
const later = (day: PlainDate, days: number): PlainDate => date(day).add({ days }).toString()
const lastOf = (a: PlainDate, b: PlainDate): PlainDate => [a, b].sort().at(-1) ?? a

/** Days from one to another; negative when it is earlier. */
export const daysBetween = (from: PlainDate, to: PlainDate): number => date(from).until(date(to)).days

/**
 * The last day to answer, and why. The day of receipt is not counted, nor the one on which a stopped clock goes on (art. 2963 of the
 * Civil Code); every calendar day between is. A stop that lasts no whole day is no stop. Only the end moves past holidays. `today` is how long a clock that stands has stood.
 * Stops and extensions count in the order in which they came: whether a clock could still be stopped depends on what it had been extended by.
 */
export function dueOf(facts: ClockFacts, book: TermBook, today: PlainDate): Due {
  const receivedOn = cityDayOf(facts.receivedAt)
  const rule = termRule(book.terms, facts.kind, receivedOn)
  let end = later(receivedOn, rule.days)
  const steps: ClockStep[] = [
    { step: 'received', on: receivedOn },
    { step: 'term', rule: rule.id, days: rule.days, source: rule.source, end },
  ]

  // What a desk did while it was away is heard of late.
  const extensions = facts.extensions.toSorted((a, b) => Number(a.on > b.on) - Number(a.on < b.on))
  let extensionLeft = rule.extensionDays
  let granted = 0
  const extendUntil = (day: PlainDate | null) => {
    for (let one = extensions[granted]; one && (day === null || one.on <= day); one = extensions[++granted]) {
      const { on, days, reason } = one
      extensionLeft -= days
      end = later(end, days)
      steps.push({ step: 'extended', on, days, reason, end })
    }
  }

  let suspensionLeft = rule.suspension.days
  let timesLeft = rule.suspension.times ?? Number.POSITIVE_INFINITY
  let stoppedOn: PlainDate | null = null
  let wentOn = receivedOn
  for (const { from: asked, to, reason } of facts.suspensions) {
    // A day on which it stood already is not counted a second time.
    const from = lastOf(asked, wentOn)
    const until = lastOf(from, to ?? today)
    const stood = daysBetween(from, until)
    extendUntil(from)
    const counts = timesLeft > 0 && from <= moved(book.calendar, end).end
    const days = counts ? Math.min(stood, suspensionLeft) : 0
    if (to === null && counts && suspensionLeft > 0 && stood === days) stoppedOn = from
    // One that lasted no whole day is none: it is a slip that was put right.
    if (stood > 0 || to === null) timesLeft -= 1
    suspensionLeft -= days
    // Stopped between its end and the working day that this moves to, it is not over before it goes on.
    if (days > 0) end = lastOf(later(end, days), later(from, days))
    steps.push({ step: 'suspended', from, to: to && until, days, beyond: stood - days, reason, end })
    wentOn = until
  }
  if (timesLeft <= 0 && stoppedOn === null) suspensionLeft = 0
  extendUntil(null)

  const last = moved(book.calendar, end)
  steps.push(...last.steps)
  return { dueOn: last.end, stoppedOn, suspensionLeft, extensionLeft: Math.max(0, extensionLeft), steps }
}

/** On to the next day on which a term may end. */
function moved(calendar: CityCalendar, from: PlainDate): { end: PlainDate; steps: ClockStep[] } {
  const steps: ClockStep[] = []
  let end = from
  for (let why = whyNotOn(calendar, end); why !== undefined; why = whyNotOn(calendar, end)) {
    const next = later(end, 1)
    steps.push({ step: 'moved', from: end, holiday: why, end: next })
    end = next
  }
  return { end, steps }
}

/** The holiday on which no term ends, null for a day of rest, undefined for a working day. */
function whyNotOn(calendar: CityCalendar, day: PlainDate): Slug | null | undefined {
  const holiday = holidaysOn(calendar, date(day)).find(({ movesTerms }) => movesTerms)
  if (holiday) return holiday.id
  return calendar.restDays.includes(date(day).dayOfWeek) ? null : undefined
}

/**
 * How a request stands: `met` once an answer was sent, said or posted, whenever that was; `ended` when it was closed without one. One that is
 * reopened runs on from its receipt. `days` to the last day; negative: so many too late; 0 for one that ended.
 */
export type ClockView = {
  state: 'running' | 'stopped' | 'late' | 'met' | 'ended'
  days: number
  /** The answer has not gone out. */
  unsent: boolean
} & Due

export function clockOn(
  facts: ClockFacts & { metAt: Instant | null; unsent: boolean; over: boolean },
  book: TermBook,
  today: PlainDate,
): ClockView {
  const { metAt, unsent, over } = facts
  const day = metAt === null ? today : cityDayOf(metAt)
  const due = { ...dueOf(facts, book, day), unsent }
  const days = daysBetween(day, due.dueOn)
  if (metAt !== null) return { ...due, state: 'met', days }
  if (over) return { ...due, state: 'ended', days: 0 }
  if (due.stoppedOn !== null) return { ...due, state: 'stopped', days }
  return { ...due, state: days < 0 ? 'late' : 'running', days }
}

/** The last day of a request that comes in now. */
export const firstDue = (kind: TicketKind, receivedAt: Instant, book: TermBook): Due =>
  dueOf({ kind, receivedAt, suspensions: [], extensions: [] }, book, cityDayOf(receivedAt))
