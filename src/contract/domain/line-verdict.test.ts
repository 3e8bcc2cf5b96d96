import { describe, expect, it } from 'vitest'
import { type Second, samplesOf, times } from '../../../tests/support/line-samples.ts'
import type { Blame, LineCause } from './line-record.ts'
import { verdictOf } from './line-verdict.ts'

const good = times(10)
type Row = [what: string, seconds: Second[], blame: Blame | null, causes: LineCause[]]

const table: Row[] = [
  ['a good line', times(60), null, []],
  [
    'a little loss now and then',
    [...good, { packets: 49, lost: 1 }, ...good, { packets: 49, lost: 1 }, ...good],
    null,
    [],
  ],
  ['one bad second', [...good, { packets: 45, lost: 5 }, ...good], null, []],
  [
    'loss for some seconds',
    [...good, ...times(6, { packets: 45, lost: 5, concealedShare: 0.1 }), ...good],
    'network',
    ['loss-in'],
  ],
  [
    'loss that the far end reports',
    [...good, ...times(8, { remote: { lostShare: 0.08, jitterMs: 3, rttMs: 20 } }), ...good],
    'network',
    ['loss-out'],
  ],
  ['jitter', [...good, ...times(8, { jitterMs: 45 }), ...good], 'network', ['jitter-in']],
  [
    'jitter that empties the buffer',
    [...good, ...times(8, { jitterMs: 60, concealedShare: 0.2 }), ...good],
    'network',
    ['jitter-in'],
  ],
  ['a long way', times(30, { rttMs: 600 }), 'network', ['delay']],
  [
    'nothing comes, and no check is answered',
    [...good, ...times(8, { packets: 0, answered: false, level: null })],
    'network',
    ['path-lost'],
  ],
  [
    'nothing comes, the connection says so',
    [...good, ...times(8, { packets: 0, answered: false, connection: 'disconnected', level: null })],
    'network',
    ['path-lost'],
  ],
  [
    'nothing comes, and the call is offered anew in vain',
    [
      ...good,
      { packets: 0, answered: false, level: null },
      ...times(6, { packets: 0, answered: false, connection: 'connecting', level: null }),
    ],
    'network',
    ['path-lost'],
  ],
  [
    'nothing comes, the path answers, and the far end does not when the call is offered anew',
    [
      ...good,
      ...times(3, { packets: 0, level: null }),
      ...times(8, { packets: 0, answered: false, connection: 'connecting', level: null }),
    ],
    'far-end',
    ['far-no-packets'],
  ],
  [
    'nothing comes, but the path answers',
    [...good, ...times(8, { packets: 0, level: null })],
    'far-end',
    ['far-no-packets'],
  ],
  ['nothing comes for a second', [...good, { packets: 0 }, ...good], null, []],
  ['packets of silence', times(40, { level: 0 }), 'far-end', ['far-silent']],
  ['somebody who listens for long', [...good, ...times(25, { level: 0 }), ...good], null, []],
  [
    'the microphone was unplugged',
    [...good, ...times(5, { microphone: 'ended', spoken: null })],
    'microphone',
    ['microphone-gone'],
  ],
  ['there never was one', times(12, { microphone: 'none', spoken: null }), 'microphone', ['microphone-gone']],
  [
    "the headset's own switch",
    [...good, ...times(6, { microphone: 'silenced', spoken: 0 })],
    'microphone',
    ['microphone-silenced'],
  ],
  ['a dead microphone', times(15, { spoken: 0 }), 'microphone', ['microphone-silent']],
  ['a quiet operator', times(60, { spoken: 0.0003 }), null, []],
  ['muted by the operator', times(30, { spoken: 0, muted: true }), null, []],
  [
    'on hold',
    [...good, ...times(30, { held: true, packets: 0, spoken: 0, answered: false }), ...good],
    null,
    [],
  ],
  [
    'audio made up though all came',
    [...good, ...times(5, { concealedShare: 0.15 }), ...good],
    'this-pc',
    ['pc-concealed'],
  ],
  [
    'the page stood still',
    [...good, { lateMs: 2500, packets: 0, jitterMs: 80, answered: false }, ...good],
    'this-pc',
    ['pc-late'],
  ],
  ['buffers that fill at the beginning', [...times(2, { concealedShare: 0.4 }), ...good], null, []],
  [
    'more loss than silence',
    [...good, ...times(20, { packets: 25, lost: 25 }), ...times(8, { spoken: 0 })],
    'network',
    ['loss-in', 'microphone-silent'],
  ],
]

describe('who lost what', () => {
  it.each(table)('%s', (_what, seconds, blame, causes) => {
    const verdict = verdictOf(samplesOf(seconds))
    expect(verdict.findings.map((finding) => finding.cause)).toEqual(causes)
    expect(verdict.blame).toBe(blame)
  })

  it('says when, and how bad it was', () => {
    const samples = samplesOf(
      [...good, ...times(4, { packets: 40, lost: 10 }), { packets: 30, lost: 20 }, ...good],
      5000,
    )
    expect(verdictOf(samples).findings).toEqual([
      { blame: 'network', cause: 'loss-in', from: 5000 + 9000, to: 5000 + 14_000, worst: 40 },
    ])
  })

  it('makes one finding of what comes again at once, and two of what comes again later', () => {
    const loss = times(3, { packets: 40, lost: 10 })
    expect(verdictOf(samplesOf([...good, ...loss, ...times(2), ...loss, ...good])).findings).toHaveLength(1)
    expect(verdictOf(samplesOf([...good, ...loss, ...good, ...loss, ...good])).findings).toHaveLength(2)
  })

  it('says nothing about nothing', () => {
    expect(verdictOf([])).toEqual({ blame: null, findings: [] })
    expect(verdictOf(samplesOf([{}]))).toEqual({ blame: null, findings: [] })
  })
})
