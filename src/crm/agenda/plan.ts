import { Temporal } from 'temporal-polyfill'
import { type CityCalendar, isOfficeHoliday } from '#contract/domain/calendar.ts'
import type { Closure, OpeningRule, TimeOfDay } from '#contract/domain/opening.ts'

/** Counters that a closure keeps for whom it affected; see `Recovery` of the contract. */
export type RecoveryPlan = {
  closureId: string
  /** The minutes of a slot, by agenda. */
  steps: Readonly<Record<string, number>>
  from: string
  days: number
  fromTime: TimeOfDay
  toTime: TimeOfDay
  counters: number
}

/** What one office has open. */
export type Hours = {
  zone: string
  calendar: CityCalendar
  rules: readonly OpeningRule[]
  closures: readonly Pick<Closure, 'from' | 'to' | 'agendas'>[]
  recoveries: readonly RecoveryPlan[]
}

export type PlannedSlot = {
  agenda: string
  /** Epoch milliseconds. */
  startsAt: number
  stepMinutes: number
  counters: number
  /** Seats with numbers above `counters` that a closure keeps for whom it affected. */
  kept: { closureId: string; counters: number } | null
}

/**
 * The slots of an office on one day of its own calendar, in the order of agenda and time. They are steps of real time between opening
 * and closing, so on the day on which clocks go forward there is none in the hour that does not exist, and on the day on which they go
 * back that hour has its slots twice.
 */
export function planDay(hours: Hours, day: Temporal.PlainDate): PlannedSlot[] {
  const planned = new Map<string, PlannedSlot>()
  const date: OfDay = { day, text: day.toString(), isHoliday: isOfficeHoliday(hours.calendar, day) }
  const open = (
    opening: Pick<OpeningRule, 'stepMinutes'> & { from: TimeOfDay; to: TimeOfDay },
    put: (startsAt: number) => void,
  ) => {
    const until = momentOf(day, opening.to, hours.zone)
    const step = opening.stepMinutes * 60_000
    for (let at = momentOf(day, opening.from, hours.zone); at + step <= until; at += step) put(at)
  }
  for (const rule of hours.rules) {
    if (!holdsOn(rule, date)) continue
    const { agenda, stepMinutes, counters } = rule
    open(rule, (startsAt) => {
      planned.set(`${agenda} ${startsAt}`, { agenda, startsAt, stepMinutes, counters, kept: null })
    })
  }
  for (const [key, slot] of planned) {
    if (isShut(hours, slot)) planned.delete(key)
  }
  for (const recovery of hours.recoveries) {
    const { closureId, counters } = recovery
    if (!recoversOn(recovery, date)) continue
    for (const [agenda, stepMinutes] of Object.entries(recovery.steps)) {
      open({ stepMinutes, from: recovery.fromTime, to: recovery.toTime }, (startsAt) => {
        const key = `${agenda} ${startsAt}`
        const slot = planned.get(key) ?? { agenda, startsAt, stepMinutes, counters: 0, kept: null }
        if (slot.kept === null && !isShut(hours, slot))
          planned.set(key, { ...slot, kept: { closureId, counters } })
      })
    }
  }
  return [...planned.values()].sort(
    (a, b) => a.startsAt - b.startsAt || (a.agenda < b.agenda ? -1 : a.agenda > b.agenda ? 1 : 0),
  )
}

/** Whether slots of one agenda overlap, which would open a counter twice at once. They are in the order of time. */
export function overlaps(slots: readonly PlannedSlot[]): boolean {
  const until = new Map<string, number>()
  return slots.some(({ agenda, startsAt, stepMinutes }) => {
    const busy = until.get(agenda) ?? 0
    until.set(agenda, startsAt + stepMinutes * 60_000)
    return startsAt < busy
  })
}

/** The days of a recovery, those on which nobody works among them. */
export const daysOf = ({ from, days }: Pick<RecoveryPlan, 'from' | 'days'>): Temporal.PlainDate[] =>
  Array.from({ length: days }, (_, nth) => Temporal.PlainDate.from(from).add({ days: nth }))

/** What is the same for all rules of a day. */
type OfDay = { day: Temporal.PlainDate; text: string; isHoliday: boolean }

const holdsOn = (rule: OpeningRule, { day, text, isHoliday }: OfDay): boolean =>
  rule.weekdays.includes(day.dayOfWeek) &&
  rule.validFrom <= text &&
  (rule.validTo === null || text <= rule.validTo) &&
  (rule.onHolidays || !isHoliday)

function recoversOn(recovery: RecoveryPlan, { day, isHoliday }: OfDay): boolean {
  const nth = Temporal.PlainDate.from(recovery.from).until(day, { largestUnit: 'days' }).days
  return nth >= 0 && nth < recovery.days && day.dayOfWeek !== 7 && !isHoliday
}

const isShut = (
  { closures }: Hours,
  slot: Pick<PlannedSlot, 'agenda' | 'startsAt' | 'stepMinutes'>,
): boolean =>
  closures.some(
    ({ from, to, agendas }) =>
      slot.startsAt < Date.parse(to) &&
      slot.startsAt + slot.stepMinutes * 60_000 > Date.parse(from) &&
      (agendas === null || agendas.includes(slot.agenda)),
  )

const moments = new Map<string, number>()
const mostMoments = 5_000

/**
 * When a clock on the wall shows a time, in epoch milliseconds: of a time that comes twice the first, of one that does not exist the moment
 * at which clocks jump over it.
 */
export function momentOf(day: Temporal.PlainDate, time: TimeOfDay, zone: string): number {
  const key = `${day.toString()} ${time} ${zone}`
  const known = moments.get(key)
  if (known !== undefined) return known
  const plainTime = Temporal.PlainTime.from(time)
  const at = day.toZonedDateTime({ timeZone: zone, plainTime })
  const jumped = at.toPlainTime().equals(plainTime) ? null : at.getTimeZoneTransition('previous')
  const moment = (jumped ?? at).epochMilliseconds
  if (moments.size >= mostMoments) moments.clear()
  moments.set(key, moment)
  return moment
}
