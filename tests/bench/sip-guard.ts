import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { mutatedMessages } from '../support/sip-messages/mutate.ts'
import { shapes } from '../support/sip-messages/shapes.ts'
import { type Bench, judge, load, type Result, type Spread, spread, table } from './lib/bench.ts'
import { type Parser, parsers, type Tally } from './sip-guard/parsers.ts'

const million = 1_000_000
const workers = 2
const timed = 20_000
const rounds = 3
/** Times that each whole message is parsed in a round. */
const wholeRounds = 40

export const bench: Bench = {
  about:
    'the guard before the SIP parser: a million mutated messages for throws, and how long a message takes, beside JsSIP',
  async run(say) {
    const mutated = [...mutatedMessages(2026, timed)]
    const whole = Array.from({ length: wholeRounds }, () => shapes.map(({ text }) => text)).flat()
    const taken = { mutated: new Map<string, number[]>(), whole: new Map<string, number[]>() }
    const names = Object.keys(parsers) as (keyof typeof parsers)[]
    for (const name of names) run(parsers[name](), mutated.slice(0, 2000), [])
    for (let round = 0; round < rounds; round++) {
      for (const at of names.keys()) {
        const name = names[(at + round) % names.length]
        if (name === undefined) continue
        for (const [kind, messages] of [
          ['mutated', mutated],
          ['whole', whole],
        ] as const) {
          const times = taken[kind].get(name) ?? []
          taken[kind].set(name, times)
          run(parsers[name](), messages, times)
        }
      }
      say(`round ${round + 1} of ${rounds} done, load average ${load()}`)
    }

    const tallies = await Promise.all(
      Array.from({ length: workers }, (_, worker) => sweep(worker + 1, million / workers)),
    )
    const thrown = (name: keyof typeof parsers): Spread => {
      const count = tallies.reduce((sum, tally) => sum + tally.sides[name].threw, 0)
      const n = tallies.reduce((sum, tally) => sum + tally.sides[name].seen, 0)
      const share = name === 'ours' ? count : Math.round((count * million) / n)
      return { p50: share, p95: share, p99: share, max: share, n }
    }
    const sum = (of: 'refused' | 'caught') => tallies.reduce((total, tally) => total + tally[of], 0)
    say(
      `of a million mutated messages the guard refused ${sum('refused')}, and caught ${sum('caught')} throws of the parser`,
    )
    say('peers: one message in fifty, as of a million')
    const result = (kind: 'mutated' | 'whole'): Result => {
      const of = (name: string) => spread(taken[kind].get(name) ?? [])
      return judge({
        name: `${kind} messages`,
        unit: 'µs',
        ours: of('ours'),
        peers: { 'SIP.js alone': of('bare'), JsSIP: of('jssip') },
        limit: null,
        target: null,
      })
    }
    const results = [
      judge({
        name: 'uncaught in a million mutated messages',
        unit: 'throws',
        ours: thrown('ours'),
        peers: { 'SIP.js alone': thrown('bare'), JsSIP: thrown('jssip') },
        limit: null,
        target: { max: 0 },
      }),
      result('mutated'),
      result('whole'),
    ]
    const row = (side: string, { p50, p95, p99, max }: Spread) => [side, p50, p95, p99, max]
    for (const { name, unit, ours, peers } of results) {
      say(`\n${name}, ${unit}`)
      say(
        table([
          ['', 'p50', 'p95', 'p99', 'max'],
          row('ours', ours),
          ...Object.entries(peers).map(([side, figures]) => row(side, figures)),
        ]),
      )
    }
    return results
  },
}

function run(parser: Parser, messages: readonly string[], times: number[]): void {
  for (const message of messages) {
    const before = performance.now()
    try {
      parser(message)
    } catch {
      // Counted by the sweep.
    }
    times.push((performance.now() - before) * 1000)
  }
}

async function sweep(seed: number, count: number): Promise<Tally> {
  const worker = fork(fileURLToPath(new URL('sip-guard/sweep.ts', import.meta.url)), [
    String(seed),
    String(count),
  ])
  const [tally] = (await Promise.race([
    once(worker, 'message'),
    once(worker, 'exit').then(([code]) => Promise.reject(new Error(`a sweep ended with ${code}`))),
  ])) as [Tally]
  return tally
}
