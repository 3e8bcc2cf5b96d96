import { describe, expect, test } from 'vitest'
import { patron } from '../../../tests/support/patron.ts'
import { nationalCalendar } from './calendar.ts'
import { type ClockFacts, clockOn, dueOf, lawBook, lawTerm, ReplyTerms, type TermBook } from './reply-term.ts'

/** The national calendar: 7 December moves nothing. */
const off = lawBook
const withPatron = (over: Partial<typeof patron> = {}): TermBook => ({
  ...lawBook,
  calendar: { ...nationalCalendar, holidays: [...nationalCalendar.holidays, { ...patron, ...over }] },
})
const on = withPatron()
/** A rule that lets the clock be stopped as often as need be. */
const often: TermBook = {
  ...lawBook,
  terms: ReplyTerms.parse({
    ...{ warnDays: 5, rules: [{ ...lawTerm, id: 'often', suspension: { times: null, days: 30 } }] },
  }),
}

type Case = Partial<ClockFacts> & { book?: TermBook; today?: string }
const received = (at: string): Case => ({ receivedAt: at.length === 10 ? `${at}T09:00:00Z` : at })
const stop = (from: string, to: string | null) => ({ from, to, reason: 'documenti mancanti' })
const more = (days: number, day = '2026-11-10') => ({ on: day, days, reason: 'istruttoria complessa' })
const due = ({ book = off, today = '2026-11-20', ...facts }: Case) =>
  dueOf(
    {
      ...{ kind: 'complaint', receivedAt: '2026-11-02T09:00:00Z', suspensions: [], extensions: [] },
      ...facts,
    },
    book,
    today,
  )

/** Worked out by hand with a calendar: the day of receipt, the weekday of the thirtieth day after it, and what stands in the way. */
const table: [string, Case, string][] = [
  // month ends
  ['an ordinary Monday', received('2026-11-02'), '2026-12-02'],
  ['31 January of a common year: Monday 2 March', received('2026-01-31'), '2026-03-02'],
  ['30 January: Sunday 1 March, so Monday', received('2026-01-30'), '2026-03-02'],
  ['31 March: 30 April', received('2026-03-31'), '2026-04-30'],
  ['30 April: 30 May, over a month of thirty-one days', received('2026-04-30'), '2026-05-30'],
  ['31 December: Saturday 30 January stays', received('2026-12-31'), '2027-01-30'],
  // leap years
  ['30 January 2028: 29 February', received('2028-01-30'), '2028-02-29'],
  ['31 January 2028: 1 March', received('2028-01-31'), '2028-03-01'],
  ['30 January 2027, which has no 29 February: 1 March', received('2027-01-30'), '2027-03-01'],
  ['on 29 February: 30 March', received('2028-02-29'), '2028-03-30'],
  // the clocks
  ['half past eleven at night in winter is still that day', received('2026-11-10T22:30:00Z'), '2026-12-10'],
  ['half past midnight is the next day', received('2026-11-10T23:30:00Z'), '2026-12-11'],
  ['half past eleven at night in summer', received('2026-07-14T21:30:00Z'), '2026-08-13'],
  ['half past midnight in summer', received('2026-07-14T22:30:00Z'), '2026-08-14'],
  ['in the hour that comes twice, first time', received('2026-10-25T00:30:00Z'), '2026-11-24'],
  ['in the hour that comes twice, second time', received('2026-10-25T01:30:00Z'), '2026-11-24'],
  ['a second before the hour that is left out', received('2026-03-29T00:59:59Z'), '2026-04-28'],
  ['over the change to summer time, onto Easter Monday', received('2027-02-27T22:30:00Z'), '2027-03-30'],
  ['over the change to winter time', received('2026-10-20'), '2026-11-19'],
  // days of rest
  ['a Saturday stays', received('2026-10-29'), '2026-11-28'],
  ['a Sunday moves to Monday', received('2026-10-30'), '2026-11-30'],
  // holidays
  ['New Year’s Day moves to Saturday 2', received('2026-12-02'), '2027-01-02'],
  ['Epiphany', received('2026-12-07'), '2027-01-07'],
  ['25 April on a Saturday: over the Sunday too', received('2026-03-26'), '2026-04-27'],
  ['1 May moves to Saturday', received('2026-04-01'), '2026-05-02'],
  ['2 June', received('2026-05-03'), '2026-06-03'],
  ['15 August on a Saturday', received('2026-07-16'), '2026-08-17'],
  ['1 November on a Sunday', received('2026-10-02'), '2026-11-02'],
  ['Easter Sunday and Monday 2026', received('2026-03-06'), '2026-04-07'],
  ['Easter Monday 2025', received('2025-03-22'), '2025-04-22'],
  ['25 April that is Easter Sunday, and Monday', received('2038-03-26'), '2038-04-27'],
  // holidays in a row
  ['Friday 25, Saturday 26, Sunday 27 December', received('2026-11-25'), '2026-12-28'],
  ['Saturday 25, Sunday 26 December', received('2027-11-25'), '2027-12-27'],
  ['Thursday 25, Friday 26 December: Saturday', received('2025-11-25'), '2025-12-27'],
  // 4 October
  ['a Monday, since the law of 2025', received('2027-09-04'), '2027-10-05'],
  ['Sunday 3 and Monday 4', received('2027-09-03'), '2027-10-05'],
  ['in 2026 a Sunday anyhow', received('2026-09-04'), '2026-10-05'],
  ['in 2025, a Saturday, still a working day', received('2025-09-04'), '2025-10-04'],
  ['in 2024, a Friday, still a working day', received('2024-09-04'), '2024-10-04'],
  // 7 December
  ['on: Sunday 6, 7 and 8', { ...received('2026-11-06'), book: on }, '2026-12-09'],
  ['off: Sunday 6, so Monday 7', { ...received('2026-11-06'), book: off }, '2026-12-07'],
  ['on: Monday 7 and Tuesday 8', { ...received('2026-11-07'), book: on }, '2026-12-09'],
  ['off: Monday 7 stays', { ...received('2026-11-07'), book: off }, '2026-12-07'],
  ['off: 8 December is a holiday all the same', { ...received('2026-11-08'), book: off }, '2026-12-09'],
  ['on: Tuesday 7, Wednesday 8 of 2027', { ...received('2027-11-07'), book: on }, '2027-12-09'],
  [
    'on from 2027: not yet in 2026',
    { ...received('2026-11-07'), book: withPatron({ validFrom: '2027-01-01' }) },
    '2026-12-07',
  ],
  [
    'on from 2027: then',
    { ...received('2027-11-07'), book: withPatron({ validFrom: '2027-01-01' }) },
    '2027-12-09',
  ],
  [
    'known, but moving no term',
    { ...received('2026-11-07'), book: withPatron({ movesTerms: false }) },
    '2026-12-07',
  ],
  // suspensions
  ['ten days', { suspensions: [stop('2026-11-10', '2026-11-20')] }, '2026-12-12'],
  ['stopped and gone on the same day', { suspensions: [stop('2026-11-10', '2026-11-10')] }, '2026-12-02'],
  ['from the day of receipt on', { suspensions: [stop('2026-11-02', '2026-11-12')] }, '2026-12-12'],
  ['it stands for ten days so far', { suspensions: [stop('2026-11-10', null)] }, '2026-12-12'],
  ['forty days: thirty count, New Year', { suspensions: [stop('2026-11-10', '2026-12-20')] }, '2027-01-02'],
  [
    'it stands for longer than it may',
    { suspensions: [stop('2026-11-10', null)], today: '2026-12-24' },
    '2027-01-02',
  ],
  [
    'one after a stop of no whole day counts',
    { suspensions: [stop('2026-11-10', '2026-11-10'), stop('2026-11-12', '2026-11-20')] },
    '2026-12-10',
  ],
  [
    'a second one does not count',
    { suspensions: [stop('2026-11-10', '2026-11-15'), stop('2026-11-20', '2026-11-25')] },
    '2026-12-07',
  ],
  [
    'on the Monday that a Sunday had moved to',
    { ...received('2026-10-30'), suspensions: [stop('2026-11-30', '2026-12-04')] },
    '2026-12-04',
  ],
  [
    'after the last day: too late',
    { suspensions: [stop('2026-12-03', '2026-12-10')], today: '2026-12-10' },
    '2026-12-02',
  ],
  [
    'over the change of the clocks, to a Sunday',
    { ...received('2026-10-20'), suspensions: [stop('2026-10-24', '2026-10-27')] },
    '2026-11-23',
  ],
  [
    'over 29 February',
    { ...received('2028-02-10'), suspensions: [stop('2028-02-28', '2028-03-01')] },
    '2028-03-13',
  ],
  // extensions
  ['by fifteen days', { extensions: [more(15)] }, '2026-12-17'],
  ['by thirty days, onto New Year', { extensions: [more(30)] }, '2027-01-02'],
  ['twice', { extensions: [more(10), more(5, '2026-11-20')] }, '2026-12-17'],
  [
    'counted from the Sunday, not from the Monday',
    { ...received('2026-10-30'), extensions: [more(1)] },
    '2026-11-30',
  ],
  [
    'suspended and extended, onto a Sunday',
    { suspensions: [stop('2026-11-10', '2026-11-20')], extensions: [more(15)] },
    '2026-12-28',
  ],
  // both, in the order in which they came
  [
    'extended to 1 January, stopped in December for twenty days: 21 January',
    { suspensions: [stop('2026-12-10', '2026-12-30')], extensions: [more(30)] },
    '2027-01-21',
  ],
  [
    'the same while it stands',
    { suspensions: [stop('2026-12-10', null)], extensions: [more(30)], today: '2026-12-20' },
    '2027-01-11',
  ],
  [
    'stopped on the last day of an extension, a Saturday',
    { suspensions: [stop('2026-12-12', '2026-12-15')], extensions: [more(10)] },
    '2026-12-15',
  ],
  [
    'stopped on the day after it: too late',
    { suspensions: [stop('2026-12-13', '2026-12-18')], extensions: [more(10)] },
    '2026-12-12',
  ],
  [
    'extended while it stands, and gone on after what would have been the end',
    { suspensions: [stop('2026-11-25', '2026-12-10')], extensions: [more(10, '2026-12-04')] },
    '2026-12-28',
  ],
  [
    'stopped too late: what is granted afterwards does not make up for it',
    { suspensions: [stop('2026-12-04', '2026-12-09')], extensions: [more(10, '2026-12-10')] },
    '2026-12-12',
  ],
  [
    'extended on the last day and stopped on it',
    { suspensions: [stop('2026-12-02', '2026-12-06')], extensions: [more(10, '2026-12-02')] },
    '2026-12-16',
  ],
  [
    'stopped, extended, stopped, extended',
    {
      book: often,
      suspensions: [stop('2026-11-10', '2026-11-15'), stop('2026-12-10', '2026-12-20')],
      extensions: [more(10, '2026-11-20'), more(5, '2026-12-22')],
    },
    '2027-01-02',
  ],
  [
    'extended, stopped, extended, stopped',
    {
      book: often,
      suspensions: [stop('2026-12-05', '2026-12-09'), stop('2026-12-20', '2026-12-28')],
      extensions: [more(10, '2026-11-05'), more(5, '2026-12-14')],
    },
    '2026-12-29',
  ],
  [
    'extended twice, stopped twice, the second time for the ten days that are left',
    {
      book: often,
      suspensions: [stop('2026-12-15', '2027-01-04'), stop('2027-01-15', '2027-02-01')],
      extensions: [more(20), more(10, '2026-12-10')],
    },
    '2027-02-01',
  ],
  [
    'an extension that is heard of after a later one, and let the clock be stopped',
    {
      suspensions: [stop('2026-12-10', '2026-12-15')],
      extensions: [more(5, '2026-12-20'), more(10, '2026-11-20')],
    },
    '2026-12-22',
  ],
  [
    'stopped twice over the same days: each day once',
    { book: often, suspensions: [stop('2026-11-10', '2026-11-20'), stop('2026-11-15', '2026-11-25')] },
    '2026-12-17',
  ],
  [
    'a stop within another adds nothing',
    { book: often, suspensions: [stop('2026-11-10', '2026-11-20'), stop('2026-11-12', '2026-11-15')] },
    '2026-12-12',
  ],
]

test(`the table has ${table.length} cases`, () => expect(table.length).toBeGreaterThanOrEqual(40))

test.each(table)('%s', (_name, facts, expected) => {
  expect(due(facts).dueOn).toBe(expected)
})

describe('rules of a city', () => {
  const book: TermBook = {
    calendar: { ...nationalCalendar, restDays: [6, 7] },
    terms: ReplyTerms.parse({
      warnDays: 3,
      rules: [
        { ...lawTerm, id: 'old', validTo: '2026-12-31' },
        { ...lawTerm, id: 'quick', kinds: ['information'], days: 10, validFrom: '2027-01-01' },
      ],
    }),
  }

  test.each([
    ['the old rule to its last day', { ...received('2026-12-30'), kind: 'information' }, '2027-01-29', 'old'],
    ['the new one from its first', { ...received('2027-01-04'), kind: 'information' }, '2027-01-14', 'quick'],
    ['the law where the city says nothing', { ...received('2027-01-04') }, '2027-02-03', 'law-241'],
    ['a Saturday that is a day of rest', { ...received('2026-10-29') }, '2026-11-30', 'old'],
  ] as [string, Case, string, string][])('%s', (_name, facts, expected, rule) => {
    const found = due({ ...facts, book })
    expect(found.dueOn).toBe(expected)
    expect(found.steps[1]).toMatchObject({ step: 'term', rule })
  })

  test('two rules for the same kind and day are refused where the second stands', () => {
    const found = ReplyTerms.safeParse({ warnDays: 3, rules: [lawTerm, { ...lawTerm, id: 'twin' }] })
    expect(found.error?.issues[0]).toMatchObject({ path: ['rules', 1] })
  })
})

test('why this date: every step from receipt to the last day', () => {
  const found = due({
    ...received('2026-10-26'),
    book: on,
    suspensions: [stop('2026-11-03', '2026-11-08')],
    extensions: [more(6)],
  })
  expect(found.steps).toEqual([
    { step: 'received', on: '2026-10-26' },
    { step: 'term', rule: 'law-241', days: 30, source: 'L. 241/1990, art. 2', end: '2026-11-25' },
    {
      ...{ step: 'suspended', from: '2026-11-03', to: '2026-11-08', days: 5, beyond: 0 },
      ...{ reason: 'documenti mancanti', end: '2026-11-30' },
    },
    {
      ...{ step: 'extended', on: '2026-11-10', days: 6, reason: 'istruttoria complessa' },
      end: '2026-12-06',
    },
    { step: 'moved', from: '2026-12-06', holiday: null, end: '2026-12-07' },
    { step: 'moved', from: '2026-12-07', holiday: 'saint-ambrose', end: '2026-12-08' },
    { step: 'moved', from: '2026-12-08', holiday: 'immaculate', end: '2026-12-09' },
  ])
  expect(found).toMatchObject({ dueOn: '2026-12-09', suspensionLeft: 0, extensionLeft: 54, stoppedOn: null })
})

test.each([
  ['running', {}, '2026-11-20', { state: 'running', days: 12, suspensionLeft: 30 }],
  ['on its last day', {}, '2026-12-02', { state: 'running', days: 0 }],
  ['late', {}, '2026-12-05', { state: 'late', days: -3 }],
  [
    'stopped: the days that are left stay as they are',
    { suspensions: [stop('2026-11-10', null)] },
    '2026-11-25',
    { state: 'stopped', days: 22, stoppedOn: '2026-11-10', suspensionLeft: 15 },
  ],
  [
    'stopped for as long as it may be, to the day',
    { suspensions: [stop('2026-11-10', null)] },
    '2026-12-10',
    { state: 'stopped', days: 23, suspensionLeft: 0 },
  ],
  [
    'gone on by itself after that',
    { suspensions: [stop('2026-11-10', null)] },
    '2026-12-11',
    { state: 'running', days: 22, stoppedOn: null },
  ],
  [
    'stopped within an extension',
    { extensions: [more(30)], suspensions: [stop('2026-12-10', null)] },
    '2026-12-20',
    { state: 'stopped', days: 22, stoppedOn: '2026-12-10', suspensionLeft: 20 },
  ],
  ['answered in time', { metAt: '2026-11-30T10:00:00Z' }, '2027-01-15', { state: 'met', days: 2 }],
  ['answered late', { metAt: '2026-12-03T10:00:00Z' }, '2027-01-15', { state: 'met', days: -1 }],
  [
    'answered, and the answer has not gone out',
    { unsent: true },
    '2026-12-05',
    { state: 'late', unsent: true },
  ],
  ['closed without an answer, long ago', { over: true }, '2027-06-01', { state: 'ended', days: 0 }],
] as [string, object, string, object][])('how it stands: %s', (_name, facts, today, expected) => {
  expect(
    clockOn(
      {
        ...{ kind: 'complaint', receivedAt: '2026-11-02T09:00:00Z', suspensions: [], extensions: [] },
        ...{ metAt: null, unsent: false, over: false },
        ...facts,
      },
      lawBook,
      today,
    ),
  ).toMatchObject(expected)
})
