import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { nationalCalendar } from '#contract/domain/calendar.ts'
import { routeOf } from '#contract/domain/rulebook.ts'
import { FileProblem } from '#contract/json-text.ts'
import { patron } from '../../../tests/support/patron.ts'
import { loadCity } from '../seed/city.ts'
import { cityRules, loadRules } from './rules.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ascolto-rules-'))
  for (const name of ['calendar', 'terms', 'routing', 'teams']) {
    await cp(join(cityRules, `${name}.json`), join(folder, `${name}.json`))
  }
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('the example city: the holidays of the law, and its patron; a team for every topic', async () => {
  const { rulebook, teams } = await loadRules()
  const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1)
  expect(rulebook.calendar.holidays.toSorted(byId)).toEqual(
    [...nationalCalendar.holidays, patron].toSorted(byId),
  )
  const { topics, accounts } = await loadCity()
  const known = teams.map(({ id }) => id)
  expect(known).toEqual(expect.arrayContaining(topics.map(({ team }) => team)))
  expect(known).toEqual(expect.arrayContaining(accounts.flatMap((account) => account.teams)))
  expect(topics.filter(({ parentId }) => parentId === null)).toHaveLength(12)
})

test('the example city: a report of the streets or of the parks goes to city care, a complaint does not', async () => {
  const { rulebook } = await loadRules()
  const { topics } = await loadCity()
  const teamOf = (kind: 'report' | 'complaint', id: string) => {
    const topic = topics.find((one) => one.id === id)
    return topic && routeOf({ kind, receivedOn: '2026-11-29' }, topic, rulebook.routing)
  }
  expect(['road-damage', 'parks'].map((id) => teamOf('report', id))).toEqual(['city-care', 'city-care'])
  expect(['road-damage', 'parks'].map((id) => teamOf('complaint', id))).toEqual(['mobility', 'districts'])
})

test.each([
  ['calendar.json', '"date": "12-25"', '"date": "12-32"', 'calendar.holidays.11.on'],
  ['calendar.json', '"id": "christmas"', '"id": "epiphany"', 'epiphany is there twice'],
  ['calendar.json', '"validFrom": "2026-01-01"', '"validFrom": "2026-13-01"', 'validFrom'],
  ['terms.json', '"days": 30,\n', '"days": 0,\n', 'terms.rules.0.days'],
  ['terms.json', '"warnDays": 5', '"warnDays": "5"', 'terms.warnDays'],
  ['routing.json', '"team": "social"', '"team": "nobody"', 'no team nobody'],
  ['teams.json', '"id": "first-level"', '"id": "front"', 'no team first-level'],
  ['teams.json', '"kind": "external"', '"kind": "outside"', 'kind'],
])('%s with %s as %s is refused with its file and line', async (file, good, bad, says) => {
  const text = await readFile(join(folder, file), 'utf8')
  expect(text).toContain(good)
  await writeFile(join(folder, file), text.replace(good, bad))
  const problem = await loadRules(folder).then(
    () => null,
    (error: unknown) => error,
  )
  expect(problem).toBeInstanceOf(FileProblem)
  const { line, message } = problem as FileProblem
  expect(message).toContain(`${file}:${line}: `)
  expect(message).toContain(says)
  expect(line).toBeGreaterThan(1)
})
