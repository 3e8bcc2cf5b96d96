import type { VisitOffer } from '#contract/desk.ts'
import { freeSeats, type Slot } from '#contract/domain/appointment.ts'

const minute = 60_000

/**
 * Where a visit of `minutes` may begin, by slots alone: so many of one office and agenda in a row, without a gap, as it needs. Slots do not
 * tell counters apart, so two neighbours may be free at different ones: the CRM has the last word. `free` 0 where there is no room.
 */
export function visitOffers(slots: readonly Slot[], minutes: number, now: Date): VisitOffer[] {
  const offers: VisitOffer[] = []
  for (const own of Map.groupBy(slots, ({ officeId, agenda }) => `${officeId} ${agenda}`).values()) {
    const ordered = own.toSorted((a, b) => Date.parse(a.startsAt) - Date.parse(b.startsAt))
    for (const [index, first] of ordered.entries()) {
      if (Date.parse(first.startsAt) <= now.getTime()) continue
      const run = ordered.slice(index, index + Math.max(1, Math.ceil(minutes / first.durationMinutes)))
      const end = endOf(run)
      const enough = end - Date.parse(first.startsAt) >= minutes * minute
      offers.push({
        slotId: first.id,
        slotIds: run.map(({ id }) => id),
        officeId: first.officeId,
        startsAt: first.startsAt,
        endsAt: new Date(enough ? end : Date.parse(first.startsAt) + minutes * minute).toISOString(),
        free: enough ? Math.min(...run.map(freeSeats)) : 0,
        kept: 0,
      })
    }
  }
  return offers.sort(
    (a, b) => Date.parse(a.startsAt) - Date.parse(b.startsAt) || a.officeId.localeCompare(b.officeId),
  )
}

/** When the part of `run` ends that has no gap, in epoch milliseconds. */
function endOf(run: readonly Slot[]): number {
  let end = Date.parse(run[0]?.startsAt ?? '')
  for (const slot of run) {
    if (Date.parse(slot.startsAt) !== end) break
    end += slot.durationMinutes * minute
  }
  return end
}
