import ICAL from 'ical.js'
import { beforeAll, expect, test } from 'vitest'
import { calendarFile } from './calendar.ts'
import type { Facts } from './facts.ts'
import { sampleFacts } from './sample-facts.ts'
import type { Settings } from './templates.ts'
import { loadTemplates } from './texts.ts'

let settings: Settings
beforeAll(async () => {
  settings = (await loadTemplates()).settings
})

const now = new Date('2027-03-01T09:00:00.000Z')

/** Read back by another library than the one that wrote it, with the zones that the file itself defines. */
function read(facts: Facts, attendee: string | null = null) {
  const { content, method } = calendarFile(facts, { settings, language: 'it', attendee, now })
  expect(content.split('\r\n').every((line) => Buffer.byteLength(line) <= 75)).toBe(true)
  const calendar = new ICAL.Component(ICAL.parse(content))
  expect(calendar.getFirstPropertyValue('method')).toBe(method)
  const [zone] = calendar.getAllSubcomponents('vtimezone')
  if (!zone) throw new Error('no VTIMEZONE')
  const event = new ICAL.Event(calendar.getFirstSubcomponent('vevent') ?? undefined)
  const inZone = new ICAL.Timezone(zone)
  const utc = (time: ICAL.Time) => {
    time.zone = inZone
    return time.toJSDate().toISOString()
  }
  return {
    method,
    event,
    tzid: inZone.tzid,
    local: [event.startDate.toString(), event.endDate.toString()],
    utc: [utc(event.startDate), utc(event.endDate)],
    status: event.component.getFirstPropertyValue('status'),
    stamp: String(event.component.getFirstPropertyValue('dtstamp')),
  }
}

test.each([
  ['the day before the clocks go forward', '2027-03-27T08:00:00Z', '2027-03-27T09:00:00'],
  ['the day they go forward', '2027-03-28T07:00:00Z', '2027-03-28T09:00:00'],
  ['in the minutes before the hour that is skipped', '2027-03-28T00:30:00Z', '2027-03-28T01:30:00'],
  ['the day before they go back', '2027-10-30T07:00:00Z', '2027-10-30T09:00:00'],
  ['the day they go back', '2027-10-31T08:00:00Z', '2027-10-31T09:00:00'],
])('%s the file says the office’s hour, and its own zone gives back the instant', (_, startsAt, local) => {
  const start = new Date(startsAt)
  const end = new Date(start.getTime() + 30 * 60_000)
  const facts = { ...sampleFacts, startsAt: start.toISOString(), endsAt: end.toISOString() }
  const file = read(facts)
  expect(file.tzid).toBe('Europe/Rome')
  expect(file.local[0]).toBe(local)
  expect(file.utc).toEqual([start.toISOString(), end.toISOString()])
})

test.each([
  ['the first 02:30', '2027-10-31T00:30:00Z', '2027-10-31T00:45:00Z'],
  ['the second 02:30', '2027-10-31T01:30:00Z', '2027-10-31T01:45:00Z'],
  ['an end in the hour that comes twice', '2027-10-30T23:45:00Z', '2027-10-31T00:15:00Z'],
  ['an end with that hour', '2027-10-31T01:45:00Z', '2027-10-31T02:00:00Z'],
])('%s on the day the clocks go back is written in UTC', (_, startsAt, endsAt) => {
  const facts = { ...sampleFacts, startsAt, endsAt }
  const { content } = calendarFile(facts, { settings, language: 'it', attendee: null, now })
  const event = new ICAL.Event(
    new ICAL.Component(ICAL.parse(content)).getFirstSubcomponent('vevent') ?? undefined,
  )
  expect([event.startDate.toString(), event.endDate.toString()]).toEqual([startsAt, endsAt])
})

test('a change keeps the UID and raises the sequence; a cancellation takes the same event back', () => {
  const first = read({ ...sampleFacts, sequence: 0 })
  const moved = read({
    ...sampleFacts,
    sequence: 1,
    startsAt: '2027-04-01T07:00:00Z',
    endsAt: '2027-04-01T07:30:00Z',
  })
  expect(moved.event.uid).toBe(first.event.uid)
  expect([first.event.sequence, moved.event.sequence]).toEqual([0, 1])
  expect([first.method, first.status, first.stamp]).toEqual(['PUBLISH', 'CONFIRMED', '2027-03-01T09:00:00Z'])
  for (const state of ['cancelled-by-citizen', 'cancelled-by-office'] as const) {
    const gone = read({ ...sampleFacts, state, sequence: 2 }, 'ada@example.org')
    expect([gone.method, gone.status, gone.event.uid, gone.event.sequence]).toEqual([
      'CANCEL',
      'CANCELLED',
      first.event.uid,
      2,
    ])
  }
})

test('sent to somebody it is a request that they have accepted; fetched, it names nobody', () => {
  const sent = read(sampleFacts, 'ada@example.org')
  expect(sent.method).toBe('REQUEST')
  const [attendee] = sent.event.attendees
  expect(String(attendee?.getFirstValue()).toLowerCase()).toBe('mailto:ada@example.org')
  expect([attendee?.getParameter('partstat'), attendee?.getParameter('rsvp')]).toEqual(['ACCEPTED', 'FALSE'])
  expect(read(sampleFacts).event.attendees).toEqual([])
})

test('text is text, whatever signs it has', () => {
  const nasty = 'Carta; identità, "CIE"\\ \nBEGIN:VALARM\r\nX:1'
  const file = read({
    ...sampleFacts,
    services: [{ name: { it: nasty, en: 'x' }, documents: { it: nasty.repeat(4), en: 'x' } }],
    office: { ...sampleFacts.office, name: 'Via Larga, 12; "salone"\\' },
  })
  expect(file.event.summary.replaceAll('\r', '')).toBe(nasty.replaceAll('\r', ''))
  expect(file.event.location).toContain('Via Larga, 12; "salone"\\')
  expect(file.event.component.getAllSubcomponents('valarm')).toEqual([])
})

test('who reads neither of the city’s two languages is told in theirs that its words are English', () => {
  const { content } = calendarFile(sampleFacts, { settings, language: 'fr', attendee: null, now })
  const event = new ICAL.Event(
    new ICAL.Component(ICAL.parse(content)).getFirstSubcomponent('vevent') ?? undefined,
  )
  expect(event.description).toContain('À apporter (en anglais): Previous card, one photograph.')
})
