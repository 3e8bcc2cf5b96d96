import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { describe, expect, it, test } from 'vitest'
import { type Holiday, nationalCalendar } from '#contract/domain/calendar.ts'
import { newId } from '#contract/domain/ids.ts'
import type { OpeningRule } from '#contract/domain/opening.ts'
import { patron } from '../../../tests/support/patron.ts'
import { type Hours, momentOf, planDay } from './plan.ts'

const rule = (change: Partial<OpeningRule> = {}): OpeningRule => ({
  agenda: 'identity',
  weekdays: [1, 2, 3, 4, 5],
  from: '08:30',
  to: '10:00',
  stepMinutes: 30,
  counters: 2,
  validFrom: '2026-01-01',
  validTo: null,
  onHolidays: false,
  ...change,
})
const hours = (change: Partial<Hours> = {}): Hours => ({
  zone: 'Europe/Rome',
  calendar: { ...nationalCalendar, holidays: [...nationalCalendar.holidays, patron] },
  rules: [rule()],
  closures: [],
  recoveries: [],
  ...change,
})
const day = (date: string) => Temporal.PlainDate.from(date)
const clock = (epochMs: number, zone = 'Europe/Rome'): string =>
  Temporal.Instant.fromEpochMilliseconds(epochMs)
    .toZonedDateTimeISO(zone)
    .toString({ timeZoneName: 'never' })
    .slice(11, 16)
const times = (of: Hours, date: string): string[] =>
  planDay(of, day(date)).map((slot) => clock(slot.startsAt))

describe('a day of an office', () => {
  it('has a slot for every step that ends before it closes', () => {
    expect(times(hours(), '2026-11-25')).toEqual(['08:30', '09:00', '09:30'])
    expect(times(hours({ rules: [rule({ to: '09:45' })] }), '2026-11-25')).toEqual(['08:30', '09:00'])
  })

  it('follows weekdays, validity and holidays', () => {
    const season = rule({ weekdays: [6], validFrom: '2027-06-01', validTo: '2027-07-31' })
    const open = (date: string, rules = [rule(), season]) => times(hours({ rules }), date).length > 0
    expect(open('2027-05-29')).toBe(false)
    expect(open('2027-06-05')).toBe(true)
    expect(open('2027-07-31')).toBe(true)
    expect(open('2027-08-07')).toBe(false)
    expect(open('2026-12-07')).toBe(false)
    expect(open('2026-12-08')).toBe(false)
    expect(open('2027-03-29')).toBe(false)
    expect(open('2026-12-07', [rule({ onHolidays: true })])).toBe(true)
    expect(open('2026-11-29', [rule({ weekdays: [7] })])).toBe(true)
  })

  it('has the holidays of the city’s calendar while they hold, and those alone', () => {
    const calendar = (over: Partial<Holiday>) => ({ restDays: [7], holidays: [{ ...patron, ...over }] })
    const open = (date: string, over: Partial<Holiday> = {}) =>
      times(hours({ calendar: calendar(over) }), date).length > 0
    expect([open('2026-12-07'), open('2026-12-08')]).toEqual([false, true])
    expect(open('2026-12-07', { closesOffices: false })).toBe(true)
    expect(open('2026-12-07', { validFrom: '2027-01-01' })).toBe(true)
    expect(open('2027-12-07', { validTo: '2026-12-31' })).toBe(true)
  })

  it('loses what a closure touches, of all agendas or of some', () => {
    const rules = [rule(), rule({ agenda: 'registry' })]
    const closure = { from: '2026-11-25T08:15:00Z', to: '2026-11-25T08:30:00Z', agendas: null }
    const at = (of: Hours) =>
      planDay(of, day('2026-11-25')).map((slot) => `${slot.agenda} ${clock(slot.startsAt)}`)
    expect(at(hours({ rules, closures: [closure] }))).toEqual([
      'identity 08:30',
      'registry 08:30',
      'identity 09:30',
      'registry 09:30',
    ])
    expect(at(hours({ rules, closures: [{ ...closure, agendas: ['registry'] }] }))).toContain(
      'identity 09:00',
    )
  })

  it('keeps counters beyond the usual ones for whom a closure affected', () => {
    const closureId = newId()
    const recovery = {
      ...{ closureId, steps: { identity: 30 }, counters: 3 },
      ...{ from: '2026-11-28', days: 3, fromTime: '09:30', toTime: '10:30' },
    }
    const of = hours({ recoveries: [recovery] })
    // A Saturday, then a Sunday, then a Monday on which the office is open anyway.
    expect(planDay(of, day('2026-11-28')).map(({ counters, kept }) => [counters, kept?.counters])).toEqual([
      [0, 3],
      [0, 3],
    ])
    expect(planDay(of, day('2026-11-29'))).toEqual([])
    expect(planDay(of, day('2026-11-30')).map(({ counters, kept }) => [counters, kept?.counters])).toEqual([
      [2, undefined],
      [2, undefined],
      [2, 3],
      [0, 3],
    ])
    expect(planDay(of, day('2026-12-01')).every(({ kept }) => kept === null)).toBe(true)
  })
})

describe('on the days on which clocks are turned', () => {
  const night = hours({ rules: [rule({ weekdays: [7], from: '01:00', to: '04:00' })] })

  it('has no slot in the hour that does not exist', () => {
    expect(times(night, '2027-03-28')).toEqual(['01:00', '01:30', '03:00', '03:30'])
  })

  it('has the slots of the hour that exists twice twice', () => {
    expect(times(night, '2027-10-31')).toEqual([
      ...['01:00', '01:30', '02:00', '02:30'],
      ...['02:00', '02:30', '03:00', '03:30'],
    ])
  })

  it.each([
    ['2027-03-27', '2027-03-27T07:30:00Z'],
    ['2027-03-28', '2027-03-28T06:30:00Z'],
    ['2027-10-30', '2027-10-30T06:30:00Z'],
    ['2027-10-31', '2027-10-31T07:30:00Z'],
  ])('opens at half past eight by the clock on the wall on %s', (date, instant) => {
    const of = hours({ rules: [rule({ weekdays: [6, 7] })] })
    expect(planDay(of, day(date))[0]?.startsAt).toBe(Date.parse(instant))
  })

  test('opening and closing at a time that does not exist or exists twice', () => {
    const at = (date: string) => new Date(momentOf(day(date), '02:30', 'Europe/Rome')).toISOString()
    expect(at('2027-03-28')).toBe('2027-03-28T01:00:00.000Z')
    expect(at('2027-10-31')).toBe('2027-10-31T00:30:00.000Z')
  })

  it('never gives two slots of one agenda that overlap, in any zone', () => {
    const zones = ['Europe/Rome', 'America/New_York', 'Australia/Lord_Howe', 'Pacific/Apia', 'Asia/Kathmandu']
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: 0, max: 730 }),
        fc.integer({ min: 0, max: 22 }),
        fc.constantFrom(5, 15, 20, 30, 45),
        (zone, offset, hour, stepMinutes) => {
          const two = (n: number) => String(n).padStart(2, '0')
          const from = `${two(hour)}:15`
          const rules = [
            rule({ weekdays: [1, 2, 3, 4, 5, 6, 7], onHolidays: true, from, to: '23:30', stepMinutes }),
          ]
          const slots = planDay(hours({ zone, rules }), day('2026-01-01').add({ days: offset }))
          for (const [i, slot] of slots.entries()) {
            const next = slots[i + 1]
            if (next) expect(next.startsAt - slot.startsAt).toBe(stepMinutes * 60_000)
            const local = clock(slot.startsAt, zone)
            if (i === 0) expect(local >= from).toBe(true)
          }
        },
      ),
    )
  })
})
