import type { CallRecord } from '#contract/domain/call-record.ts'
import { cityDay } from '../../ui/format.ts'

/** Calls missed today and not looked at yet. Somebody who was spoken with since is not waiting any more. */
export function missedSince(records: readonly CallRecord[], seen: string | null, now: number): CallRecord[] {
  const today = cityDay(now)
  return records.filter(
    (record) =>
      record.kind === 'missed' &&
      cityDay(record.startedAt) === today &&
      (seen === null || Date.parse(record.endedAt) > Date.parse(seen)) &&
      !records.some(
        (later) =>
          later.answeredAt !== null &&
          later.remote.number !== null &&
          later.remote.number === record.remote.number &&
          Date.parse(later.answeredAt) > Date.parse(record.endedAt),
      ),
  )
}
