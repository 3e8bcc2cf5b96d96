import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FileProblem, lineOfPath, throwProblems } from '#contract/json-text.ts'
import { type CityRules, loadRules, strangersIn } from '../tickets/rules.ts'
import { type City, loadCity } from './city.ts'

/** All that a city of its own is made of. */
export type Foundation = { city: City; rules: CityRules }

/** Throws the `FileProblem`s of both folders, and of what one of them names that is not in the other, all at once. */
export async function loadFoundation(cityFolder: string, rulesFolder: string): Promise<Foundation> {
  const [city, rules] = await Promise.allSettled([
    loadCity(cityFolder, { withAccounts: false }),
    loadRules(rulesFolder, { own: true }),
  ])
  const wrong = [city, rules].flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
  const other = wrong.find((error) => !(error instanceof FileProblem))
  if (other) throw other
  throwProblems(wrong)
  if (city.status === 'rejected' || rules.status === 'rejected') throw new Error('unreachable')
  const foundation = { city: city.value, rules: rules.value }
  const [topics, routing] = await Promise.all([
    readFile(join(cityFolder, 'topics.json'), 'utf8'),
    readFile(join(rulesFolder, 'routing.json'), 'utf8'),
  ])
  const texts = { topics, routing }
  const named = { teams: rules.value.teams, topics: city.value.topics, routing: rules.value.rulebook.routing }
  throwProblems(
    strangersIn(named).map(({ path, problem }) => {
      const [list] = path
      return new FileProblem(`${list}.json`, lineOfPath(texts[list], path), `${path.join('.')}: ${problem}`)
    }),
  )
  return foundation
}
