import { oc } from '@orpc/contract'
import { z } from 'zod'
import {
  CitizenRead,
  HoldReason,
  KnownDevice,
  LegalHold,
  RetentionSchedule,
  StatisticsCount,
  WipeMode,
} from './crm-audit.ts'
import { Id, Instant, PlainDate } from './domain/ids.ts'
import { faultErrors } from './errors.ts'

const base = oc.errors(faultErrors)
/** What somebody did in the CRM, in one go. */
export const AuditAct = z.object({
  id: z.number().int(),
  at: Instant,
  /** Of the CRM's contract, a command's name, `retention` or `system`. */
  operation: z.string(),
  /** Null: nobody, the CRM by itself. */
  userName: z.string().nullable(),
  /** The first of them. */
  changes: z.array(
    z.object({
      /** The table of the CRM. */
      what: z.string(),
      did: z.enum(['insert', 'update', 'delete']),
      /** As text, shortened. Of citizens' data only which fields, `isHidden`: the CRM's audit has what they were. */
      fields: z.array(
        z.object({ name: z.string(), before: z.string().nullable(), after: z.string().nullable() }),
      ),
      isHidden: z.boolean(),
      purgedAt: Instant.nullable(),
    }),
  ),
  /** How many changes there were. */
  count: z.number().int(),
})
export type AuditAct = z.infer<typeof AuditAct>

const onePerson = z.object({ citizenId: Id })

/**
 * What supervisors and administrators ask the CRM; nothing of it is kept at the desk. Every call may reject with `forbidden` and
 * `unavailable: crm-away`.
 */
export const deskOversight = {
  /** Reads newest first. `name`: null for somebody whom the desk's own data lack. */
  person: base
    .input(onePerson)
    .output(
      z.object({ name: z.string().nullable(), reads: z.array(CitizenRead), hold: LegalHold.nullable() }),
    ),
  /** To be given to the person who asks who looked; CSV in that language. */
  report: base
    .input(onePerson.extend({ language: z.enum(['it', 'en']) }))
    .output(z.object({ text: z.string() })),
  setHold: base.input(onePerson.extend({ reason: HoldReason })).output(LegalHold),
  endHold: base.input(onePerson).output(z.object({ ok: z.literal(true) })),
  devices: base.output(z.object({ devices: z.array(KnownDevice) })),
  wipe: base.input(z.object({ deviceId: Id, mode: WipeMode })).output(KnownDevice),
  retention: base.output(RetentionSchedule),
  /** Administrators. Newest first; `before`: the `id` of the last one that is known. */
  audit: base
    .input(
      z.object({
        by: z.enum(['everybody', 'leaders']),
        before: z.number().int().positive().nullable(),
      }),
    )
    .output(z.object({ acts: z.array(AuditAct) })),
  statistics: base
    .input(z.object({ from: PlainDate, to: PlainDate }))
    .output(z.object({ counts: z.array(StatisticsCount) })),
} as const
