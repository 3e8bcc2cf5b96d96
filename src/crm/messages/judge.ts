import type { AppointmentState } from '#contract/domain/appointment.ts'
import type { MessageKind, MessageReason } from '#contract/domain/message.ts'
import type { Facts } from './facts.ts'
import { afterQuiet } from './local-time.ts'
import type { AppointmentClaim } from './queue.ts'
import type { Settings } from './templates.ts'

/** `of`: what there is to say. */
export type Judgement<Of> =
  | { send: true; recipient: string; of: Of }
  | { send: false; drop: MessageReason }
  | { send: false; waitUntil: Date }

/** In which states of the appointment a message of each kind is still true. */
const trueIn: Record<MessageKind, readonly AppointmentState[]> = {
  confirmation: ['confirmed'],
  change: ['confirmed', 'proposed'],
  reminder: ['confirmed'],
  proposal: ['proposed'],
  cancellation: ['cancelled-by-citizen', 'cancelled-by-office'],
  recovery: ['cancelled-by-office'],
  lapse: ['lapsed'],
}

/** Whether a message that is due may leave now, by what is known now: the appointment may have moved since it was queued. */
export function judge(
  claim: AppointmentClaim,
  facts: Facts | undefined,
  settings: Settings,
  now: Date,
): Judgement<Facts> {
  const drop = (reason: MessageReason): Judgement<Facts> => ({ send: false, drop: reason })
  if (!facts || !trueIn[claim.kind].includes(facts.state)) return drop('outdated')
  const startsAt = Date.parse(facts.startsAt)
  if (startsAt !== Date.parse(claim.startsAt) || facts.office.id !== claim.officeId) return drop('outdated')
  const ahead = claim.kind !== 'cancellation' && claim.kind !== 'recovery' && claim.kind !== 'lapse'
  if (ahead && startsAt <= now.getTime()) return drop('outdated')
  // It lapses at any moment: nobody is asked for what is refused.
  const confirmBy = claim.kind === 'proposal' && facts.confirmBy !== null ? Date.parse(facts.confirmBy) : null
  if (confirmBy !== null && confirmBy <= now.getTime()) return drop('outdated')
  if (claim.kind === 'reminder') {
    // Nobody is called to a closed door; once the closure is taken back the reminder counts again.
    if (facts.isClosed) return drop('outdated')
    if (startsAt - now.getTime() < settings.leastMinutesBefore * 60_000) return drop('outdated')
  }
  if (claim.recipient === null) return drop('no-address')
  if (claim.optedOut) return drop('opted-out')
  const waitUntil = afterQuiet(now, facts.office.zone, settings.quiet)
  if (waitUntil > now && !wouldComeLate(claim, confirmBy, waitUntil, settings, now))
    return { send: false, waitUntil }
  return { send: true, recipient: claim.recipient, of: facts }
}

/**
 * Better woken than before a closed door: nobody waits for the morning with what would reach the citizen on the way, or there, or when a proposal
 * can hardly be confirmed any more.
 */
function wouldComeLate(
  { kind, startsAt, wasAt }: AppointmentClaim,
  confirmBy: number | null,
  waitUntil: Date,
  { leastMinutesBefore }: Settings,
  now: Date,
): boolean {
  if (kind === 'reminder') return false
  const visits = [startsAt, ...(wasAt === null ? [] : [wasAt])].map((at) => Date.parse(at))
  const next = Math.min(confirmBy ?? Number.POSITIVE_INFINITY, ...visits.filter((at) => at > now.getTime()))
  return next - waitUntil.getTime() < leastMinutesBefore * 60_000
}
