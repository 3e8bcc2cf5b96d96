import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FileProblem, lineOfPath, throwProblems } from '#contract/json-text.ts'
import { type CityRules, loadRules } from '../tickets/rules.ts'
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
  throwProblems(
    strangers(foundation).map(({ file, path, problem }) => {
      const text = file === 'topics.json' ? topics : routing
      return new FileProblem(file, lineOfPath(text, path), `${path.map(String).join('.')}: ${problem}`)
    }),
  )
  return foundation
}

type Stranger = { file: 'topics.json' | 'routing.json'; path: PropertyKey[]; problem: string }

/** Topics of teams that are not there, where a request could not be entered; and rules about topics that are not. */
function strangers({ city, rules }: Foundation): Stranger[] {
  const teams = new Map(rules.teams.map((team) => [team.id, team]))
  const topics = new Set(city.topics.map(({ id }) => id))
  return [
    ...city.topics.flatMap(({ team, ended }, i): Stranger[] => {
      const known = teams.get(team)
      if (known && (ended || !known.ended)) return []
      const problem = known ? `the team ${team} has ended` : `no team ${team}`
      return [{ file: 'topics.json', path: ['topics', i, 'team'], problem }]
    }),
    ...rules.rulebook.routing.flatMap((rule, i) =>
      (rule.topics ?? []).flatMap((topic, j): Stranger[] =>
        topics.has(topic)
          ? []
          : [{ file: 'routing.json', path: ['routing', i, 'topics', j], problem: `no topic ${topic}` }],
      ),
    ),
  ]
}
