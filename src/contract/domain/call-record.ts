import { z } from 'zod'
import { type Call, CallQueue, CallRemote, EndReason } from './call.ts'
import { Id, Instant } from './ids.ts'

/** `elsewhere`: a colleague took it, which is not a missed call. `dialled` whether or not somebody answered; `answeredAt` tells. */
export const CallRecordKind = z.enum(['answered', 'missed', 'rejected', 'elsewhere', 'dialled'])
export type CallRecordKind = z.infer<typeof CallRecordKind>

/** A call that is over, in the desk's own call list. */
export const CallRecord = z.object({
  callId: Id,
  kind: CallRecordKind,
  remote: CallRemote,
  queue: CallQueue.nullable(),
  practice: z.boolean(),
  startedAt: Instant,
  answeredAt: Instant.nullable(),
  endedAt: Instant,
  endReason: EndReason,
  /** In the queue and ringing, until it was answered or ended. */
  waitSeconds: z.number().int().nonnegative(),
  /** From the answer to the end; 0 when nobody answered. */
  talkSeconds: z.number().int().nonnegative(),
  /** Whom it was transferred to, as the operator chose it. */
  transferredTo: z.string().max(120).nullable(),
})
export type CallRecord = z.infer<typeof CallRecord>

const seconds = (from: string, to: string): number =>
  Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 1000))

/** What a record is made from: a call, or what is known of one that nobody has any more. */
export type Recordable = Pick<
  Call,
  | 'id'
  | 'direction'
  | 'remote'
  | 'queue'
  | 'practice'
  | 'startedAt'
  | 'answeredAt'
  | 'endedAt'
  | 'endReason'
  | 'transfer'
>

function kindOf(call: Recordable): CallRecordKind {
  if (call.direction === 'outbound') return 'dialled'
  if (call.answeredAt !== null) return 'answered'
  if (call.endReason === 'elsewhere') return 'elsewhere'
  return call.endReason === 'operator' ? 'rejected' : 'missed'
}

/** Null while the call is not over. */
export function recordOf(call: Recordable): CallRecord | null {
  const { endedAt, endReason, answeredAt, startedAt } = call
  if (endedAt === null || endReason === null) return null
  return {
    callId: call.id,
    kind: kindOf(call),
    remote: call.remote,
    queue: call.queue,
    practice: call.practice,
    startedAt,
    answeredAt,
    endedAt,
    endReason,
    waitSeconds: (call.queue?.waitedSeconds ?? 0) + seconds(startedAt, answeredAt ?? endedAt),
    talkSeconds: answeredAt === null ? 0 : seconds(answeredAt, endedAt),
    transferredTo: endReason === 'transferred' ? (call.transfer?.to ?? null) : null,
  }
}
