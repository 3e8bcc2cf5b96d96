import { sql } from 'kysely'
import { newId } from '#contract/domain/ids.ts'
import { openLog } from '../../src/crm/http/log.ts'
import { seedCity } from '../../src/crm/seed/seed.ts'
import { openStore } from '../../src/crm/store/store.ts'
import { startPostgres } from '../support/postgres.ts'
import { type Asked, openQuestions, questions } from './growth/questions.ts'
import { type Bench, judge, load, type Result, type Spread, spread, table } from './lib/bench.ts'

const sizes = [10_000, 100_000, 1_400_000]
const rounds = 20
/** Of each question to each city; a page of the feed takes as long as a hundred of the others. */
const inARound = (question: string): number => (question.startsWith('page') ? 2 : 20)

export const bench: Bench = {
  about: 'the same questions to cities of ten thousand, a hundred thousand and 1.4 million citizens',
  async run(say) {
    const postgres = await startPostgres()
    const cities: { size: number; asked: Asked; close(): Promise<void> }[] = []
    try {
      for (const size of sizes) {
        const store = await openStore({ databaseUrl: await postgres.createDatabase(), statementMs: 0 })
        const begun = performance.now()
        const made = await seedCity(store, { citizens: size, seed: 1 })
        // As autovacuum does when it comes by: else the smallest, which it has not seen to either, would be the only fair one.
        await sql`vacuum analyze`.execute(store.db)
        const seconds = Math.round((performance.now() - begun) / 1000)
        const memory = Math.round(process.resourceUsage().maxRSS / 1024)
        say(
          `${size} citizens, ${made.contacts} contacts and ${made.tickets} requests in ${seconds} s, this process at most ${memory} MB`,
        )
        const asked = await openQuestions(store, openLog({ write: () => {} }), rounds * 20)
        cities.push({ size, asked, close: () => store.close() })
      }
      say(`load average before the questions: ${load()}`)
      const results: Result[] = []
      for (const question of questions) results.push(await compare(question, cities, say))
      return results
    } finally {
      for (const city of cities) await city.close()
      await postgres.stop()
    }
  },
}

/** The cities take turns, so that what else the machine does falls on all of them. */
async function compare(
  question: (typeof questions)[number],
  cities: readonly { size: number; asked: Asked }[],
  say: (text: string) => void,
): Promise<Result> {
  const times = cities.map((): number[] => [])
  for (let round = -1; round < rounds; round++) {
    for (const [nth, { asked }] of cities.entries()) {
      for (let i = 0; i < inARound(question); i++) {
        const at = Math.max(round, 0) * inARound(question) + i
        const begun = performance.now()
        await asked[question](at, newId())
        // The first round fills caches and plans.
        if (round >= 0) times[nth]?.push((performance.now() - begun) * 1000)
      }
    }
  }
  const spreads = times.map((values) => spread(values))
  const [smallest, largest] = [spreads[0], spreads.at(-1)]
  if (!smallest || !largest) throw new Error('no city')
  say(`\n${question}, µs`)
  say(
    table([
      ['citizens', 'p50', 'p95', 'p99', 'max', 'n'],
      ...spreads.map(({ p50, p95, p99, max, n }, nth) => [
        ...[String(cities[nth]?.size), p50, p95, p99, max, String(n)],
      ]),
    ]),
  )
  const peers: Record<string, Spread> = {}
  for (const [nth, its] of spreads.slice(0, -1).entries()) peers[`${cities[nth]?.size} citizens`] = its
  return judge({
    name: `${question}, with ${cities.at(-1)?.size} citizens`,
    unit: 'µs',
    ours: largest,
    peers,
    limit: null,
    target: { p50: 2 * smallest.p50, p95: 2 * smallest.p95 },
  })
}
