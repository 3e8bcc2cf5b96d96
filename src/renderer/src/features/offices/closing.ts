import type { ClosedTime, OfferedRecovery, ShownAffected } from '#contract/desk-offices.ts'
import { newId } from '#contract/domain/ids.ts'
import type { Closure } from '#contract/domain/opening.ts'
import type { FaultData } from '#contract/errors.ts'
import { addDays, dayIn, minutesIn } from '../../ui/format.ts'
import { parseDay, parseTime } from '../../ui/typed.ts'

/** A recovery agenda as it is typed. */
export type RecoveryDraft = Record<
  'from' | 'days' | 'fromTime' | 'toTime' | 'counters' | 'keptThrough',
  string
>

/** A closure as it is typed. Its id is made with it, so that to send it twice closes once. */
export type ClosingDraft = {
  id: string
  officeId: string
  span: 'days' | 'times'
  from: string
  to: string
  fromTime: string
  toTime: string
  reason: string
  bookings: 'cancel' | 'keep'
  recovers: boolean
  recovery: RecoveryDraft
}

export const emptyRecovery: RecoveryDraft = {
  ...{ from: '', days: '5', fromTime: '', toTime: '', counters: '1', keptThrough: '' },
}

export const emptyClosing = (id: string, officeId: string): ClosingDraft => ({
  ...{ id, officeId, span: 'days', from: '', to: '', fromTime: '', toTime: '', reason: '' },
  ...{ bookings: 'cancel', recovers: false, recovery: emptyRecovery },
})

/** What was refused and is then changed is another closure; one of which no answer came may have been made, and stays the same. */
export const changed = (change: Partial<ClosingDraft>, fault: FaultData | null): Partial<ClosingDraft> =>
  fault?.kind === 'invalid' ? { ...change, id: newId() } : change

/** Null where a field is missing or is not one. A single day needs no second one. */
export function timeOf({ span, from, to, fromTime, toTime }: ClosingDraft): ClosedTime | null {
  const first = parseDay(from)
  const last = to.trim() === '' ? first : parseDay(to)
  if (first === null || last === null || last < first) return null
  if (span === 'days') return { from: first, to: last, fromTime: null, toTime: null }
  const [begins, ends] = [parseTime(fromTime), parseTime(toTime)]
  if (begins === null || ends === null || (first === last && ends <= begins)) return null
  return { from: first, to: last, fromTime: begins, toTime: ends }
}

export function recoveryOf(draft: RecoveryDraft): OfferedRecovery | null {
  const [from, keptThrough] = [parseDay(draft.from), parseDay(draft.keptThrough)]
  const [fromTime, toTime] = [parseTime(draft.fromTime), parseTime(draft.toTime)]
  const days = countOf(draft.days, 62)
  const counters = countOf(draft.counters, 20)
  if (from === null || keptThrough === null || fromTime === null || toTime === null) return null
  if (days === null || counters === null || toTime <= fromTime) return null
  return { from, days, fromTime, toTime, counters, keptThrough }
}

export function countOf(text: string, most: number): number | null {
  const count = /^\d{1,2}$/.test(text.trim()) ? Number(text) : 0
  return count >= 1 && count <= most ? count : null
}

/** The days that a closure takes whole, both included, by the clock of its office; null when it begins or ends within one. */
export function wholeDays({ from, to }: Pick<Closure, 'from' | 'to'>, zone: string) {
  if (minutesIn(from, zone) !== 0 || minutesIn(to, zone) !== 0) return null
  return { from: dayIn(from, zone), to: addDays(dayIn(to, zone), -1) }
}

/** Nobody and nothing tells them, and nothing takes the place of what they lost. */
export const mustCall = ({ rebooked, reach }: Pick<ShownAffected, 'rebooked' | 'reach'>): boolean =>
  rebooked === null && reach === 'none'
