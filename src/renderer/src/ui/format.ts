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

/** ISO date of an instant in the city. */
export const cityDay = (instant: string | number | Date): string => dayParts.format(new Date(instant))
const dayParts = new Intl.DateTimeFormat('sv-SE', {
  timeZone: cityZone,
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
})

/** Hours and minutes of an instant in the city, as minutes since midnight. */
export function cityMinutes(instant: string): number {
  const [h, m] = minuteParts.format(new Date(instant)).split(':').map(Number)
  return (h ?? 0) * 60 + (m ?? 0)
}
const minuteParts = new Intl.DateTimeFormat('sv-SE', {
  timeZone: cityZone,
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
})

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

/** Dates and times as an operator reads them: the city's zone, never the window's. */
export function makeFormat(language: 'it' | 'en', words: { today: string; yesterday: string }) {
  const locale = language === 'it' ? 'it-IT' : 'en-GB'
  const of = (options: Intl.DateTimeFormatOptions) => {
    const inCity = new Intl.DateTimeFormat(locale, { timeZone: cityZone, ...options })
    return (instant: string | number) => inCity.format(new Date(instant))
  }
  const ofDate = (options: Intl.DateTimeFormatOptions) => {
    const plain = new Intl.DateTimeFormat(locale, { timeZone: 'UTC', ...options })
    return (date: string) => plain.format(new Date(`${date}T00:00:00Z`))
  }
  const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
  const time = of({ hour: 'numeric', minute: '2-digit', hourCycle: 'h23' })
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
  return {
    /** 9:30 */
    time,
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
      const days = daysBetween(cityDay(instant), cityDay(now))
      if (days === 0) return `${words.today} ${time(instant)}`
      if (days === 1) return `${words.yesterday} ${time(instant)}`
      return days < 300 ? dayMonth(instant) : monthYear(instant)
    },
  }
}
