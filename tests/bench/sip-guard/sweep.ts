import { mutatedMessages } from '../../support/sip-messages/mutate.ts'
import { guarded, parsers, type Tally } from './parsers.ts'

/** A process of the sweep: so many messages from a seed through every parser, and what was thrown. */
const [seed, count] = process.argv.slice(2).map(Number)
if (seed === undefined || count === undefined) throw new Error('sweep.ts SEED COUNT')

const ours = guarded()
const all = { ours: ours.parse, bare: parsers.bare(), jssip: parsers.jssip() }
const sides: Tally['sides'] = {
  ours: { seen: 0, threw: 0 },
  bare: { seen: 0, threw: 0 },
  jssip: { seen: 0, threw: 0 },
}
let n = 0
for (const message of mutatedMessages(seed, count)) {
  n++
  for (const name of Object.keys(all) as (keyof typeof all)[]) {
    // One message in fifty tells how often the peers throw; ours gets all.
    if (name !== 'ours' && n % 50 !== 0) continue
    sides[name].seen++
    try {
      all[name](message)
    } catch {
      sides[name].threw++
    }
  }
}
const tally: Tally = { sides, refused: ours.guard.refused, caught: ours.guard.count('handler-threw') }
process.send?.(tally)
