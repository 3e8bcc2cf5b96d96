import { oc } from '@orpc/contract'
import { z } from 'zod'
import { CitizenRead, HoldReason, KnownDevice, LegalHold, StatisticsCount, WipeMode } from './crm-audit.ts'
import { Id, PlainDate } from './domain/ids.ts'
import { faultErrors } from './errors.ts'

const base = oc.errors(faultErrors)
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
  statistics: base
    .input(z.object({ from: PlainDate, to: PlainDate }))
    .output(z.object({ counts: z.array(StatisticsCount) })),
} as const
