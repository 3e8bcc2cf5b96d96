import { Temporal } from 'temporal-polyfill'
import { z } from 'zod'
import { cityZone, PlainDate, Slug, Words } from './ids.ts'

/** Month and day that exist in some year: `10-04`, `02-29`. */
const MonthDay = z
  .string()
  .regex(/^\d\d-\d\d$/)
  .refine((text) => {
    const [month, day] = text.split('-').map(Number) as [number, number]
    return month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(2024, month, 0)).getUTCDate()
  })

/** First and last day on which something holds; null: always has, until further notice. */
export const Validity = { validFrom: PlainDate.nullable(), validTo: PlainDate.nullable() }

export const holdsOn = (
  { validFrom, validTo }: { validFrom: PlainDate | null; validTo: PlainDate | null },
  day: PlainDate,
): boolean => (validFrom === null || validFrom <= day) && (validTo === null || day <= validTo)

export const isOrderly = (one: { validFrom: PlainDate | null; validTo: PlainDate | null }): boolean =>
  one.validFrom === null || one.validTo === null || one.validFrom <= one.validTo

export const Holiday = z
  .strictObject({
    id: Slug,
    name: Words,
    /** The same day each year, or so many days after Easter Sunday. */
    on: z.union([
      z.strictObject({ date: MonthDay }),
      z.strictObject({ easter: z.number().int().min(-60).max(60) }),
    ]),
    /** Whether a legal term that ends on it goes on to the next working day: the switch for a day that is custom, not law. */
    movesTerms: z.boolean(),
    /** Whether the city's offices are closed on it, but for counters whose rule says otherwise. */
    closesOffices: z.boolean().default(true),
    /** Where it stands written. */
    source: z.string().max(200),
    ...Validity,
  })
  .refine(isOrderly, { path: ['validTo'] })
export type Holiday = z.infer<typeof Holiday>

export const CityCalendar = z
  .strictObject({
    /** ISO weekdays (Monday is 1) on which no term ends. Sunday by law; Saturday is a working day for administrative terms. */
    restDays: z.array(z.number().int().min(1).max(7)).max(6),
    holidays: z.array(Holiday).max(100),
  })
  .superRefine(({ holidays }, context) => {
    for (const [i, one] of holidays.entries()) {
      if (holidays.findIndex(({ id }) => id === one.id) < i)
        context.addIssue({ code: 'custom', path: ['holidays', i, 'id'], message: `${one.id} is there twice` })
    }
  })
export type CityCalendar = z.infer<typeof CityCalendar>

/** Easter by the anonymous Gregorian computus (Meeus, Astronomical Algorithms, ch. 8). */
export function easter(year: number): Temporal.PlainDate {
  const a = year % 19
  const b = Math.floor(year / 100)
  const c = year % 100
  const h = (19 * a + b - Math.floor(b / 4) - Math.floor((b - Math.floor((b + 8) / 25) + 1) / 3) + 15) % 30
  const l = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - h - (c % 4)) % 7
  const m = Math.floor((a + 11 * h + 22 * l) / 451)
  const n = h + l - 7 * m + 114
  return Temporal.PlainDate.from({ year, month: Math.floor(n / 31), day: (n % 31) + 1 })
}

/** The holidays of a day. */
export function holidaysOn(calendar: CityCalendar, day: Temporal.PlainDate): Holiday[] {
  const text = day.toString()
  const afterEaster = day.dayOfYear - easter(day.year).dayOfYear
  return calendar.holidays.filter(
    (one) =>
      holdsOn(one, text) &&
      ('date' in one.on ? text.endsWith(`-${one.on.date}`) : one.on.easter === afterEaster),
  )
}

/** On a Sunday only where it is a holiday too: which weekdays an office works on is its rules' to say. */
export const isOfficeHoliday = (calendar: CityCalendar, day: Temporal.PlainDate): boolean =>
  holidaysOn(calendar, day).some(({ closesOffices }) => closesOffices)

/** The day of the city in which an instant lies. */
export const cityDayOf = (instant: string): PlainDate =>
  Temporal.Instant.from(instant).toZonedDateTimeISO(cityZone).toPlainDate().toString()

const national = (id: string, it: string, en: string, on: Holiday['on'], source: string): Holiday => ({
  ...{ id, name: { it, en }, on, movesTerms: true, closesOffices: true, source },
  ...{ validFrom: null, validTo: null },
})
const holidayLaw = 'L. 260/1949'

/** The national holidays as the law has them, for where no city's calendar is at hand. */
export const nationalCalendar: CityCalendar = {
  restDays: [7],
  holidays: [
    national('new-year', 'Capodanno', 'New Year’s Day', { date: '01-01' }, holidayLaw),
    national('epiphany', 'Epifania', 'Epiphany', { date: '01-06' }, 'D.P.R. 792/1985'),
    national('easter-monday', 'Lunedì dell’Angelo', 'Easter Monday', { easter: 1 }, holidayLaw),
    national('liberation', 'Anniversario della Liberazione', 'Liberation Day', { date: '04-25' }, holidayLaw),
    national('labour', 'Festa del Lavoro', 'Labour Day', { date: '05-01' }, holidayLaw),
    national('republic', 'Festa della Repubblica', 'Republic Day', { date: '06-02' }, 'L. 336/2000'),
    national('assumption', 'Ferragosto', 'Assumption Day', { date: '08-15' }, holidayLaw),
    {
      ...national('saint-francis', 'San Francesco', 'Saint Francis', { date: '10-04' }, 'L. 151/2025'),
      validFrom: '2026-01-01',
    },
    national('all-saints', 'Ognissanti', 'All Saints’ Day', { date: '11-01' }, holidayLaw),
    national(
      'immaculate',
      'Immacolata Concezione',
      'Immaculate Conception',
      { date: '12-08' },
      'D.P.R. 792/1985',
    ),
    national('christmas', 'Natale', 'Christmas Day', { date: '12-25' }, holidayLaw),
    national('saint-stephen', 'Santo Stefano', 'Saint Stephen’s Day', { date: '12-26' }, holidayLaw),
  ],
}
