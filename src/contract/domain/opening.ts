import { z } from 'zod'
import { Id, Instant, PlainDate, Slug } from './ids.ts'

/** By the clock on the office's wall. */
export const TimeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/)
export type TimeOfDay = z.infer<typeof TimeOfDay>

/** ISO: Monday is 1. */
const Weekday = z.number().int().min(1).max(7)

const rule = z.object({
  agenda: Slug,
  weekdays: z.array(Weekday).min(1).max(7),
  from: TimeOfDay,
  to: TimeOfDay,
  /** Slots begin every so many minutes from `from` on. */
  stepMinutes: z.number().int().min(5).max(240),
  /** How many are served at once. */
  counters: z.number().int().min(1).max(50),
  /** First and last day on which it holds; null: until further notice. */
  validFrom: PlainDate,
  validTo: PlainDate.nullable(),
  /** Also on public holidays. */
  onHolidays: z.boolean(),
})

/** When an office's counters serve an agenda. */
export const OpeningRule = rule
  .refine((one) => one.from < one.to, { path: ['to'] })
  .refine((one) => one.validTo === null || one.validFrom <= one.validTo, { path: ['validTo'] })
export type OpeningRule = z.infer<typeof OpeningRule>

/** Whether two rules would open the same counters twice: same agenda, with a day and a time in common. */
export const rulesOverlap = (a: OpeningRule, b: OpeningRule): boolean =>
  a.agenda === b.agenda &&
  a.weekdays.some((day) => b.weekdays.includes(day)) &&
  a.from < b.to &&
  b.from < a.to &&
  a.validFrom <= (b.validTo ?? '9999-12-31') &&
  b.validFrom <= (a.validTo ?? '9999-12-31')

/** The rules of one office; no two of them overlap. */
export const OpeningRules = z
  .array(OpeningRule)
  .max(200)
  .refine((rules) => rules.every((a, i) => rules.slice(i + 1).every((b) => !rulesOverlap(a, b))))

/** An office, or some of its agendas, is shut from one moment to another. */
export const Closure = z
  .object({
    id: Id,
    officeId: Slug,
    from: Instant,
    to: Instant,
    /** Null: all of the office. */
    agendas: z.array(Slug).min(1).max(50).nullable(),
    /** As citizens are told. */
    reason: z.string().min(1).max(500),
  })
  .refine(({ from, to }) => Date.parse(from) < Date.parse(to), { path: ['to'] })
export type Closure = z.infer<typeof Closure>
