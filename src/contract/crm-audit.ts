import { oc } from '@orpc/contract'
import { z } from 'zod'
import { ReadReason } from './commands/citizen.ts'
import { Id, Instant, PlainDate } from './domain/ids.ts'
import { daysBetween } from './domain/reply-term.ts'
import { faultErrors } from './errors.ts'

const base = oc.errors(faultErrors)

/** A row that an operation changed: the columns that differ, as they were and as they became; all of them where it was made or removed. */
export const AuditChange = z.object({
  /** The table of the CRM. */
  what: z.string(),
  rowId: z.string(),
  did: z.enum(['insert', 'update', 'delete']),
  before: z.record(z.string(), z.unknown()).nullable(),
  after: z.record(z.string(), z.unknown()).nullable(),
  /** Since then retention has taken the contents; the fact stays. */
  purgedAt: Instant.nullable(),
})

export const AuditEntry = z.object({
  id: z.number().int(),
  at: Instant,
  /** Of the contract, a command's name, `account.…` or `client.…` of the CRM's command line, or `system`. */
  operation: z.string(),
  userId: Id.nullable(),
  userName: z.string().nullable(),
  deviceId: Id.nullable(),
  commandId: Id.nullable(),
  requestId: z.string().nullable(),
  changes: z.array(AuditChange),
})
export type AuditEntry = z.infer<typeof AuditEntry>

export const auditContract = {
  /** Administrators. Newest first; page on with the last `id` as `before`. */
  list: base
    .route({ method: 'GET', path: '/audit', summary: 'Who changed what, and how it was before' })
    .input(
      z.object({
        rowId: z.string().max(64).optional(),
        citizenId: Id.optional(),
        userId: Id.optional(),
        /** `leaders`: what supervisors and administrators of today did. */
        by: z.enum(['everybody', 'leaders']).default('everybody'),
        before: z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER).optional(),
        limit: z.coerce.number().int().min(1).max(200).default(50),
      }),
    )
    .output(z.object({ entries: z.array(AuditEntry) })),
} as const

/** That somebody looked at a person. */
export const CitizenRead = z.object({
  at: Instant,
  userName: z.string(),
  reason: ReadReason,
  /** There is, or was before retention took it, a contact or request that the reason names. It may come later, from a desk that was away. */
  reasonKnown: z.boolean(),
  from: z.enum(['cache', 'crm']),
})
export type CitizenRead = z.infer<typeof CitizenRead>

export const LegalHold = z.object({
  citizenId: Id,
  reason: z.string(),
  setBy: z.string(),
  setAt: Instant,
})
export type LegalHold = z.infer<typeof LegalHold>

export const HoldReason = z.string().trim().min(1).max(500)

/** `topic`: of an appointment its office. Empty where nothing was said. */
export const StatisticsCount = z.object({
  day: PlainDate,
  kind: z.enum(['contact', 'ticket', 'appointment']),
  topic: z.string(),
  channel: z.string(),
  outcome: z.string(),
  count: z.number().int(),
})
export type StatisticsCount = z.infer<typeof StatisticsCount>

export const retainedKinds = [
  'contacts',
  'tickets',
  'appointments',
  'citizens',
  'messages',
  'reads',
  'audit',
  'changeLog',
] as const

/** `count` of `due` ends somewhere; `more`: there are more than that. */
export const Retained = z.object({
  kind: z.enum(retainedKinds),
  /** Null: kept for ever. */
  days: z.number().int().nullable(),
  /** What the next run takes, as things are now. Null for what is cut without being counted. */
  due: z.object({ count: z.number().int().nonnegative(), more: z.boolean() }).nullable(),
})
export type Retained = z.infer<typeof Retained>

/** `nextRunAt`: at the latest then, for another process may come first. Null: this CRM takes nothing. */
export const RetentionSchedule = z.object({ nextRunAt: Instant.nullable(), kinds: z.array(Retained) })
export type RetentionSchedule = z.infer<typeof RetentionSchedule>

export const retentionContract = {
  schedule: base
    .route({
      method: 'GET',
      path: '/retention',
      summary: 'What is kept for how long, and what goes at the next run',
    })
    .output(RetentionSchedule),
  /** Of a person on hold nothing is purged. */
  holds: base
    .route({ method: 'GET', path: '/legal-holds', summary: 'Persons of whom nothing may be purged' })
    .output(z.object({ holds: z.array(LegalHold) })),
  hold: base
    .route({ method: 'PUT', path: '/citizens/{id}/legal-hold', summary: 'Let nothing of a person be purged' })
    .input(z.object({ id: Id, reason: HoldReason }))
    .output(LegalHold),
  release: base
    .route({ method: 'DELETE', path: '/citizens/{id}/legal-hold', summary: 'End a legal hold' })
    .input(z.object({ id: Id }))
    .output(z.object({})),
  /** Of everything there was, purged or not, practice aside; no persons. */
  statistics: base
    .route({
      method: 'GET',
      path: '/statistics',
      summary: 'Counts by day, topic, channel and outcome, of a year at most',
    })
    .input(
      z.object({ from: PlainDate, to: PlainDate }).refine(({ from, to }) => daysBetween(from, to) <= 366, {
        path: ['to'],
        // What is no date has no days between.
        when: ({ issues }) => issues.length === 0,
      }),
    )
    .output(z.object({ counts: z.array(StatisticsCount) })),
} as const

/** `now`: what the desk has not sent is destroyed, and counted. `after-delivery`: it is delivered first. */
export const WipeMode = z.enum(['now', 'after-delivery'])
export type WipeMode = z.infer<typeof WipeMode>

export const KnownDevice = z.object({
  id: Id,
  name: z.string(),
  registeredBy: z.string(),
  registeredAt: Instant,
  wipe: z.object({ mode: WipeMode, askedAt: Instant }).nullable(),
  /** Since then nothing of the CRM lies on it; `destroyed`: commands that it had not sent. */
  wiped: z.object({ at: Instant, destroyed: z.number().int().nonnegative() }).nullable(),
})
export type KnownDevice = z.infer<typeof KnownDevice>

export const LeftUser = z.object({ id: Id, name: z.string() })
export type LeftUser = z.infer<typeof LeftUser>

export const wipeContract = {
  list: base
    .route({ method: 'GET', path: '/devices', summary: 'Desks that are known' })
    .output(z.object({ devices: z.array(KnownDevice) })),
  /** `now` counts over `after-delivery`, whichever was asked first: the answer says which stands. A device that was wiped is nobody; it registers anew. */
  wipe: base
    .route({
      method: 'PUT',
      path: '/devices/{id}/wipe',
      summary: 'Have a desk empty itself at its next contact; `now` stands whatever is asked after it',
    })
    .input(z.object({ id: Id, mode: WipeMode }))
    .output(KnownDevice),
  /** By device credential. `left`: who worked there and has left within the time in which the CRM takes what they did; their open conversations are the desk's to close. */
  orders: base
    .route({ method: 'GET', path: '/devices/orders', summary: 'What a desk is told to do with itself' })
    .output(z.object({ wipe: WipeMode.nullable(), left: z.array(LeftUser).default([]) })),
  /** By device credential, once it is empty; its credential ends with it. */
  wiped: base
    .route({ method: 'POST', path: '/devices/orders/wiped', summary: 'A desk says that it is empty' })
    .input(z.object({ destroyed: z.number().int().nonnegative().max(10_000_000) }))
    .output(z.object({})),
} as const
