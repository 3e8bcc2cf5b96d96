import { cityZone } from '#contract/domain/ids.ts'
import { weekOf } from '../../src/renderer/src/features/booking/week.ts'
import { addDays, cityDay, makeFormat, minutesIn, mondayOf } from '../../src/renderer/src/ui/format.ts'

/** The days on which clocks are turned in Europe/Rome: slots, and how the desk's screen has to say them. */
export type TurnedDay = {
  date: string
  /** Half-hours of the office’s morning and night, as instants, in order of time. */
  slots: string[]
  says: string[]
  column: { it: string; en: string }
}

/** At 2:00 clocks go forward, at 3:00 back; 8:30 stays 8:30. */
export const turnedDays: TurnedDay[] = [
  {
    date: '2027-03-28',
    slots: ['2027-03-28T00:30:00Z', '2027-03-28T01:30:00Z', '2027-03-28T06:30:00Z', '2027-03-28T21:30:00Z'],
    says: ['1:30', '3:30', '8:30', '23:30'],
    column: { it: 'dom 28 mar', en: 'Sun 28 Mar' },
  },
  {
    date: '2027-10-31',
    slots: [
      '2027-10-30T22:30:00Z',
      '2027-10-31T00:30:00Z',
      '2027-10-31T01:30:00Z',
      '2027-10-31T07:30:00Z',
      '2027-10-31T22:30:00Z',
    ],
    // Half past two comes twice, and each time it is said which is meant; the grid has one cell for both.
    says: ['0:30', '2:30', '2:30', '8:30', '23:30'],
    column: { it: 'dom 31 ott', en: 'Sun 31 Oct' },
  },
]

/** What the screen's own parts make of a turned day, wherever the window believes that it is. */
export function readTurnedDay({ date, slots }: Pick<TurnedDay, 'date' | 'slots'>) {
  const [it, en] = (['it', 'en'] as const).map((language) =>
    makeFormat(language, { today: 'oggi', yesterday: 'ieri' }),
  )
  const offers = slots.map((startsAt) => ({
    slotId: startsAt,
    slotIds: [startsAt],
    officeId: 'via-larga-12',
    startsAt,
    endsAt: new Date(Date.parse(startsAt) + 1_800_000).toISOString(),
    free: 1,
    kept: 0,
  }))
  const monday = mondayOf(date)
  const week = weekOf(offers, monday, Date.parse(`${addDays(date, -10)}T00:00:00Z`), cityZone)
  return {
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    days: slots.map(cityDay),
    times: slots.map((at) => it?.time(at)),
    englishTimes: slots.map((at) => en?.time(at)),
    minutes: slots.map((at) => minutesIn(at, cityZone)),
    monday,
    column: { it: it?.dateShort(date), en: en?.dateShort(date) },
    shortDays: { it: it?.shortDay(slots[2] ?? ''), en: en?.shortDay(slots[2] ?? '') },
    longDay: it?.longDay(slots[2] ?? ''),
    gridDays: week.days,
    gridTimes: week.rows.flatMap((cells) =>
      cells.flatMap((cell, column) =>
        cell
          ? [`${week.days[Math.floor(column / week.columnsPerDay)]} ${it?.time(cell.offer.startsAt)}`]
          : [],
      ),
    ),
  }
}
