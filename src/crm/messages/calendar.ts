import ical, { ICalAttendeeStatus, ICalCalendarMethod, ICalEventStatus } from 'ical-generator'
import { Temporal } from 'temporal-polyfill'
import { tzlib_get_ical_block } from 'timezones-ical-library'
import type { AppointmentState } from '#contract/domain/appointment.ts'
import { type SpellingLanguage, spokenCode } from '#contract/domain/spelling.ts'
import type { Facts } from './facts.ts'
import type { Settings } from './templates.ts'

export type CalendarFile = { method: 'PUBLISH' | 'REQUEST' | 'CANCEL'; content: string }

const statuses: Partial<Record<AppointmentState, ICalEventStatus>> = {
  requested: ICalEventStatus.TENTATIVE,
  proposed: ICalEventStatus.TENTATIVE,
  confirmed: ICalEventStatus.CONFIRMED,
  attended: ICalEventStatus.CONFIRMED,
  'no-show': ICalEventStatus.CONFIRMED,
}

/** The city's own words are in two languages: who reads another is told that they come in English. */
const labels: Record<SpellingLanguage, { code: string; documents: string; move: string }> = {
  it: { code: 'Codice', documents: 'Cosa portare', move: 'Per spostarlo o disdirlo' },
  en: { code: 'Code', documents: 'What to bring', move: 'To move or cancel it' },
  fr: { code: 'Code', documents: 'À apporter (en anglais)', move: 'Pour le déplacer ou l’annuler' },
  es: { code: 'Código', documents: 'Qué debe traer (en inglés)', move: 'Para cambiarla o anularla' },
}

/**
 * The appointment as a calendar object (RFC 5545, 5546). Sent to somebody it is a `REQUEST` whose attendee has accepted, for only then do
 * calendars take later changes over by themselves; fetched by anybody it is a `PUBLISH`, which names no attendee. What no longer stands
 * is a `CANCEL` of the same UID.
 */
export function calendarFile(
  facts: Facts,
  options: { settings: Settings; language: SpellingLanguage; attendee: string | null; now: Date },
): CalendarFile {
  const { settings, language, attendee, now } = options
  const status = statuses[facts.state] ?? ICalEventStatus.CANCELLED
  const method =
    status === ICalEventStatus.CANCELLED
      ? ICalCalendarMethod.CANCEL
      : attendee === null
        ? ICalCalendarMethod.PUBLISH
        : ICalCalendarMethod.REQUEST
  const calendar = ical({ prodId: { company: 'Ascolto', product: 'CRM', language: 'IT' }, method })
  // A zone named for the whole calendar would be used for DTSTAMP too, which must be in UTC (3.8.7.2).
  calendar.timezone({ name: null, generator: vtimezone })
  const { zone } = facts.office
  const local = (instant: string) => Temporal.Instant.from(instant).toZonedDateTimeISO(zone)
  // A local time that comes twice means the first (3.3.5), so such a visit is written in UTC.
  const inUtc = [facts.startsAt, facts.endsAt].some((instant) => comesTwice(local(instant)))
  const written = (instant: string) => (inUtc ? local(instant).withTimeZone('UTC') : local(instant))
  const wordsIn = language === 'it' ? 'it' : 'en'
  const names = facts.services.map(({ name }) => name[wordsIn]).join(', ')
  const documents = [...new Set(facts.services.map((service) => service.documents[wordsIn]))].join(' ')
  const words = labels[language]
  calendar.createEvent({
    id: `${facts.appointmentId}@ascolto`,
    sequence: facts.sequence,
    // When this object was made, since it has a METHOD (3.8.7.2).
    stamp: now,
    start: written(facts.startsAt),
    end: written(facts.endsAt),
    timezone: inUtc ? 'UTC' : zone,
    summary: names,
    location: [facts.office.name, facts.office.address].filter((part) => part !== null).join(', '),
    description: [
      `${words.code}: ${facts.code} (${spokenCode(facts.code, language)})`,
      `${words.documents}: ${documents}`,
      `${words.move}: ${settings.callNumber}`,
    ].join('\n'),
    status,
    organizer: { name: settings.from.name, email: settings.from.address },
    attendees:
      attendee === null ? [] : [{ email: attendee, status: ICalAttendeeStatus.ACCEPTED, rsvp: false }],
  })
  return { method, content: calendar.toString() }
}

/** Whether its clock shows this time twice, as where it is put back. */
export function comesTwice(time: Temporal.ZonedDateTime): boolean {
  const clock = time.toPlainDateTime()
  const first = clock.toZonedDateTime(time.timeZoneId, { disambiguation: 'earlier' })
  return !first.equals(clock.toZonedDateTime(time.timeZoneId, { disambiguation: 'later' }))
}

function vtimezone(zone: string): string | null {
  const block = tzlib_get_ical_block(zone)
  return (Array.isArray(block) ? block[0] : block) ?? null
}
