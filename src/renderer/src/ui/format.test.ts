import { describe, expect, it } from 'vitest'
import { cityZone } from '#contract/domain/ids.ts'
import {
  addDays,
  cityDay,
  clock,
  dayIn,
  inSentence,
  makeFormat,
  minutesIn,
  mondayOf,
  sentences,
} from './format.ts'

describe('format', () => {
  it('writes a duration as a clock', () => {
    expect(clock(161_000)).toBe('2:41')
    expect(clock(3_761_000)).toBe('1:02:41')
    expect(clock(-5)).toBe('0:00')
  })

  it('puts sentences in a row with one full stop between', () => {
    expect(sentences('Non ha più spazi.', null, ' ', 'Giulia Sala')).toBe('Non ha più spazi. Giulia Sala')
  })

  it('begins a name small inside a sentence, and leaves initials alone', () => {
    expect(inSentence('Carta d’identità')).toBe('carta d’identità')
    expect(inSentence('TARI')).toBe('TARI')
    expect(inSentence('È')).toBe('È')
  })

  it('reads days and minutes in the city, whatever the window is set to', () => {
    expect(cityDay('2026-11-30T23:30:00Z')).toBe('2026-12-01')
    expect(minutesIn('2026-12-02T08:30:00Z', cityZone)).toBe(9 * 60 + 30)
    // Summer time: two hours from UTC.
    expect(minutesIn('2026-07-02T07:30:00Z', cityZone)).toBe(9 * 60 + 30)
    expect(dayIn('2026-11-30T23:30:00Z', 'Atlantic/Azores')).toBe('2026-11-30')
    expect(minutesIn('2026-11-30T23:30:00Z', 'Atlantic/Azores')).toBe(22 * 60 + 30)
  })

  it('finds the Monday across months and counts over the change of the hour', () => {
    expect(mondayOf('2026-12-02')).toBe('2026-11-30')
    expect(mondayOf('2026-11-29')).toBe('2026-11-23')
    expect(addDays('2026-10-24', 2)).toBe('2026-10-26')
  })

  it('says when in the words of the operator', () => {
    const format = makeFormat('it', { today: 'oggi', yesterday: 'ieri' })
    const now = Date.parse('2026-11-24T10:00:00+01:00')
    expect(format.when('2026-11-24T09:36:00+01:00', now)).toBe('oggi 9:36')
    expect(format.when('2026-11-23T16:52:00+01:00', now)).toBe('ieri 16:52')
    expect(format.when('2026-10-02T10:00:00+02:00', now)).toBe('2 ott')
    expect(format.when('2025-03-02T10:00:00+01:00', now)).toBe('mar 2025')
    expect(format.zoneName).toBeNull()
    expect(format.longDay('2026-12-02T08:30:00Z')).toBe('Mercoledì 2 dicembre')
    expect(format.days('2026-12-07', '2026-12-07')).toBe('7 dicembre')
    expect(format.days('2026-12-07', '2026-12-09')).toBe('7–9 dicembre')
    expect(format.days('2026-11-30', '2026-12-02')).toBe('30 novembre – 2 dicembre')
  })

  it('says the time of another zone by its own clock and names it, and reads today there', () => {
    const there = 'Atlantic/Azores'
    const [it, en] = [
      makeFormat('it', { today: 'oggi', yesterday: 'ieri' }, there),
      makeFormat('en', { today: 'today', yesterday: 'yesterday' }, there),
    ]
    // In the city it is half past midnight of the first of December.
    const late = '2026-11-30T23:30:00Z'
    expect(it.moment(late)).toBe('lunedì 30 novembre, 22:30 (ora delle Azzorre)')
    expect(en.moment(late)).toBe('Monday 30 November, 22:30 (Azores Time)')
    expect([it.shortDay(late), it.clockTime(late)]).toEqual(['lun 30 nov', '22:30'])
    expect(it.times(late, '2026-11-30T23:45:00Z')).toBe('22:30–22:45 (ora delle Azzorre)')
    expect(it.when('2026-11-30T09:00:00Z', Date.parse(late))).toBe('oggi 8:00 (ora delle Azzorre)')
  })

  it('says which of the two is meant when a time comes twice', () => {
    const words = { today: 'oggi', yesterday: 'ieri' }
    const [it, en] = [makeFormat('it', words), makeFormat('en', words)]
    const [before, first, second, after] = ['30T23', '31T00', '31T01', '31T02'].map(
      (hour) => `2027-10-${hour}:30:00Z`,
    ) as [string, string, string, string]
    expect([before, first, second, after].map(it.time)).toEqual([
      ...[
        '1:30',
        '2:30 (ora legale dell’Europa centrale)',
        '2:30 (ora standard dell’Europa centrale)',
        '3:30',
      ],
    ])
    expect([first, second].map(en.time)).toEqual([
      ...['2:30 (Central European Summer Time)', '2:30 (Central European Standard Time)'],
    ])
    expect(it.times(before, first)).toBe('1:30–2:30 (ora legale dell’Europa centrale)')
    expect(it.moment(second)).toBe('domenica 31 ottobre, 2:30 (ora standard dell’Europa centrale)')
    expect(it.time('2027-03-28T01:30:00Z')).toBe('3:30')
    expect(makeFormat('it', words, 'Atlantic/Azores').time(second)).toBe('0:30 (ora standard delle Azzorre)')
  })
})
