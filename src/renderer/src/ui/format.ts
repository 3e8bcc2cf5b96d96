import { cityZone } from '#contract/domain/ids.ts'

/** "2:41", "1:02:41". */
export function clock(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000))
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const two = (n: number) => String(n).padStart(2, '0')
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}

/** A name inside a sentence: "Carta d’identità" begins small there, "TARI" does not. */
export const inSentence = (name: string): string =>
  /^\p{Lu}\p{Ll}/u.test(name) ? name.charAt(0).toLowerCase() + name.slice(1) : name

/** Short sentences in a row: "Ha richiamato. Luca Bianchi". What ends with a full stop gets no second one. */
export const sentences = (...parts: (string | null | undefined)[]): string =>
  parts
    .map((part) => part?.trim().replace(/\.+$/, ''))
    .filter(Boolean)
    .join('. ')

/** ISO date of an instant by the clock of a zone. */
export const dayIn = (instant: string | number | Date, zone: string): string =>
  partsIn(zone).day.format(new Date(instant))

/** ISO date of an instant in the city. */
export const cityDay = (instant: string | number | Date): string => dayIn(instant, cityZone)

/** Hours and minutes of an instant by the clock of a zone, as minutes since midnight. */
export function minutesIn(instant: string, zone: string): number {
  const [h, m] = partsIn(zone).minutes.format(new Date(instant)).split(':').map(Number)
  return (h ?? 0) * 60 + (m ?? 0)
}

const hourMs = 3_600_000
/** Whether the clock of a zone shows the time of this instant twice, as where it is put back by an hour. That is done at night. */
function comesTwice(instant: string | number, zone: string): boolean {
  const at = new Date(instant).getTime()
  const minutes = (moment: number) => minutesIn(new Date(moment).toISOString(), zone)
  const own = minutes(at)
  return own < 4 * 60 && (minutes(at - hourMs) === own || minutes(at + hourMs) === own)
}

const zoneParts = new Map<string, { day: Intl.DateTimeFormat; minutes: Intl.DateTimeFormat }>()
function partsIn(timeZone: string) {
  const known = zoneParts.get(timeZone)
  if (known) return known
  const made = {
    day: new Intl.DateTimeFormat('sv-SE', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }),
    minutes: new Intl.DateTimeFormat('sv-SE', {
      ...{ timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
    }),
  }
  zoneParts.set(timeZone, made)
  return made
}

/** An ISO date some days away. */
export function addDays(date: string, days: number): string {
  const [y, m, d] = date.split('-').map(Number)
  return new Date(Date.UTC(y ?? 0, (m ?? 1) - 1, (d ?? 1) + days)).toISOString().slice(0, 10)
}

export const daysBetween = (from: string, to: string): number =>
  Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000)

/** Monday of the week of a date. */
export function mondayOf(date: string): string {
  const weekday = new Date(`${date}T00:00:00Z`).getUTCDay()
  return addDays(date, -((weekday + 6) % 7))
}

/**
 * Dates and times as an operator reads them: of the city, or of an office by its own clock, never of the window. Another zone than the city's is named,
 * and which of the two is meant when a time comes twice.
 */
export function makeFormat(
  language: 'it' | 'en',
  words: { today: string; yesterday: string },
  zone: string = cityZone,
) {
  const locale = language === 'it' ? 'it-IT' : 'en-GB'
  const of = (options: Intl.DateTimeFormatOptions) => {
    const there = new Intl.DateTimeFormat(locale, { timeZone: zone, ...options })
    return (instant: string | number) => there.format(new Date(instant))
  }
  const ofDate = (options: Intl.DateTimeFormatOptions) => {
    const plain = new Intl.DateTimeFormat(locale, { timeZone: 'UTC', ...options })
    return (date: string) => plain.format(new Date(`${date}T00:00:00Z`))
  }
  const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
  const clockTime = of({ hour: 'numeric', minute: '2-digit', hourCycle: 'h23' })
  const zoneName = zone === cityZone ? null : nameOf(zone, locale)
  const named = (text: string, name = zoneName) => (name === null ? text : `${text} (${name})`)
  const isDoubtful = (instant: string | number) => comesTwice(instant, zone)
  const time = (instant: string | number) =>
    named(clockTime(instant), isDoubtful(instant) ? nameOf(zone, locale, instant) : zoneName)
  const shortDay = of({ weekday: 'short', day: 'numeric', month: 'short' })
  const longDay = of({ weekday: 'long', day: 'numeric', month: 'long' })
  const dayMonth = of({ day: 'numeric', month: 'short' })
  const monthYear = of({ month: 'short', year: 'numeric' })
  const dateShort = ofDate({ weekday: 'short', day: 'numeric', month: 'short' })
  const dateLong = ofDate({ day: 'numeric', month: 'long', year: 'numeric' })
  const kilometres = new Intl.NumberFormat(locale, {
    style: 'unit',
    unit: 'kilometer',
    maximumFractionDigits: 1,
  })
  const dateDayMonth = ofDate({ day: 'numeric', month: 'long' })
  const dateBrief = ofDate({ day: 'numeric', month: 'short' })
  return {
    /** "ora delle Azzorre"; null for the city's. */
    zoneName,
    /** 9:30, also of another zone: where that is said already. */
    clockTime,
    /** "9:30", "9:30 (ora delle Azzorre)" */
    time,
    /** "9:30–9:45", "9:30–9:45 (ora delle Azzorre)" */
    times: (from: string | number, to: string | number) =>
      isDoubtful(from) || isDoubtful(to)
        ? `${time(from)}–${time(to)}`
        : named(`${clockTime(from)}–${clockTime(to)}`),
    /** "mer 2 dic" */
    shortDay: (instant: string | number) => shortDay(instant).replaceAll('.', ''),
    /** "2 dic" */
    dayMonth,
    /** "Mercoledì 2 dicembre" */
    longDay: (instant: string | number) => capital(longDay(instant)),
    /** "mercoledì 2 dicembre, 9:30" */
    moment: (instant: string | number) => `${longDay(instant)}, ${time(instant)}`,
    /** ISO date: "lun 30 nov" */
    dateShort: (date: string) => dateShort(date).replaceAll('.', ''),
    /** ISO date: "30 nov" */
    dateBrief,
    /** ISO date: "14 marzo 2027" */
    dateLong,
    /** ISO date: "14 marzo" */
    dateDayMonth,
    /** ISO dates, both included: "7 dicembre", "7–9 dicembre", "30 novembre – 2 dicembre" */
    days(from: string, to: string): string {
      if (from === to) return dateDayMonth(to)
      const isOneMonth = from.slice(0, 7) === to.slice(0, 7)
      return isOneMonth
        ? `${Number(from.slice(8))}–${dateDayMonth(to)}`
        : `${dateDayMonth(from)} – ${dateDayMonth(to)}`
    },
    /** "1,4 km" */
    kilometres: (km: number) => kilometres.format(km),
    /** "oggi 10:36", "ieri 16:52", "19 nov", "mar 2024" */
    when(instant: string, now: number): string {
      const days = daysBetween(dayIn(instant, zone), dayIn(now, zone))
      if (days === 0) return `${words.today} ${time(instant)}`
      if (days === 1) return `${words.yesterday} ${time(instant)}`
      return days < 300 ? dayMonth(instant) : monthYear(instant)
    },
  }
}

/** "ora delle Azzorre"; of an instant "ora legale delle Azzorre". */
function nameOf(timeZone: string, locale: 'it-IT' | 'en-GB', instant?: string | number): string {
  const timeZoneName = instant === undefined ? 'longGeneric' : 'long'
  const format = new Intl.DateTimeFormat(locale, { timeZone, timeZoneName })
  const parts = format.formatToParts(instant === undefined ? undefined : new Date(instant))
  const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? timeZone
  return locale === 'it-IT' ? inSentence(name) : name
}
