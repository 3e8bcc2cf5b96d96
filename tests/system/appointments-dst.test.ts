import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { readCalendar } from '../support/read-calendar.ts'

/**
 * The days on which clocks are turned in Europe/Rome, from a desk and a CRM whose own zone is another: what the API says, how it reads by the
 * clock of the office, what the citizen is written, and what the calendar file means wherever it is opened.
 */
const usual = (offset: string) =>
  ['00:30', '01:30', '02:30', '03:30', '08:30'].map((time) => `${time} ${offset}`)
const table: [date: string, times: string[], words: string][] = [
  ['2027-03-27', usual('+01:00'), 'sabato 27 marzo 2027, ore 08:30'],
  // At 2:00 clocks go forward: that hour does not exist.
  [
    '2027-03-28',
    ['00:30 +01:00', '01:30 +01:00', '03:30 +02:00', '08:30 +02:00'],
    'domenica 28 marzo 2027, ore 08:30',
  ],
  ['2027-03-29', usual('+02:00'), 'lunedì 29 marzo 2027, ore 08:30'],
  ['2027-10-30', usual('+02:00'), 'sabato 30 ottobre 2027, ore 08:30'],
  // At 3:00 clocks go back: the hour before comes twice.
  [
    '2027-10-31',
    ['00:30 +02:00', '01:30 +02:00', '02:30 +02:00', '02:30 +01:00', '03:30 +01:00', '08:30 +01:00'],
    'domenica 31 ottobre 2027, ore 08:30',
  ],
  ['2027-11-01', usual('+01:00'), 'lunedì 1 novembre 2027, ore 08:30'],
]

const Read = z.object({ startsAt: z.string(), endsAt: z.string(), local: z.string() })
const Said = z.object({
  zone: z.string(),
  days: z.array(
    z.object({
      ...{ date: z.string(), api: z.array(z.string()), rome: z.array(z.string()), words: z.string() },
      texts: z.array(z.string()),
      ...{ files: z.array(z.string()), readHere: z.array(Read) },
    }),
  ),
})
const root = fileURLToPath(new URL('../..', import.meta.url))

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

describe.each(['Pacific/Auckland', 'America/New_York', 'Asia/Tokyo', 'Europe/Rome'])('from %s', (zone) => {
  let said: z.infer<typeof Said>
  beforeAll(async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['tests/support/clock-days.ts', await postgres.createDatabase(), ...table.map(([date]) => date)],
      { cwd: root, env: { ...process.env, TZ: zone } },
    )
    said = Said.parse(JSON.parse(stdout))
    expect(said.zone).toBe(zone)
  })

  test.each(table)('%s: slots stand at the office’s own times, an hour of real time each', (date, times) => {
    const day = said.days.find((one) => one.date === date)
    expect(day?.rome).toEqual(times)
    const night = (day?.api ?? []).slice(0, -1).map((instant) => Date.parse(instant))
    for (const [i, at] of night.slice(1).entries()) expect(at - (night[i] ?? 0)).toBe(3_600_000)
  })

  test.each(table)('%s: the text says the office’s time', (date, _times, words) => {
    expect(said.days.find((one) => one.date === date)?.words).toContain(words)
  })

  test.each(table)(
    '%s: every hour is written by its clock, and which one where it comes twice',
    (date, times) => {
      const texts = said.days.find((one) => one.date === date)?.texts ?? []
      expect(texts).toHaveLength(times.length)
      for (const [nth, time] of times.entries()) {
        const [clock = '', offset] = time.split(' ')
        const twice = times.filter((other) => other.startsWith(clock)).length > 1
        const which = offset === '+02:00' ? 'legale' : 'standard'
        expect(texts[nth]).toContain(`ore ${clock}${twice ? ` (ora ${which} dell’Europa centrale)` : '\n'}`)
      }
    },
  )

  test.each(table)('%s: the calendar file gives back the instant, there and here', (date, times) => {
    const day = said.days.find((one) => one.date === date)
    if (!day) throw new Error('the day is not there')
    const instants = day.api.map((at) => new Date(at).toISOString())
    const hourLater = (at: string) => new Date(Date.parse(at) + 3_600_000).toISOString()
    for (const read of [day.readHere, day.files.map(readCalendar)]) {
      expect(read.map(({ startsAt }) => startsAt)).toEqual(instants)
      expect(read.map(({ endsAt }) => endsAt)).toEqual(instants.map(hourLater))
      // By the office's clock, or in UTC where that says two moments.
      for (const [nth, { local }] of read.entries()) {
        const clock = `${date}T${times[nth]?.slice(0, 5)}:00`
        expect([clock, new Date(instants[nth] ?? '').toISOString().replace('.000', '')]).toContain(local)
      }
    }
  })
})
