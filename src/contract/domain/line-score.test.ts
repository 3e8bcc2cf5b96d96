import { describe, expect, it } from 'vitest'
import { type Second, samplesOf, times } from '../../../tests/support/line-samples.ts'
import type { LineSample } from './line-record.ts'
import { lossBetween, noScore, scoreOf, withStretch } from './line-score.ts'

const over = (seconds: Second[]) => scoreOf(samplesOf([{}, ...seconds]))

describe('the score of a stretch', () => {
  it('is best on a quiet line: half the round trip, the buffer and a packet of delay', () => {
    const { r, heard, sent } = over(times(5))
    expect(r).toBeCloseTo(93.2, 1)
    expect(heard).toMatchObject({ lossPercent: 0, delayMs: 10 + 40 + 20, burstRatio: 1 })
    expect(sent).toBeNull()
  })

  it('falls with loss and rises again without', () => {
    // 10 of 250 lost: 4 %. Ie,eff = 95 · 4 / 29.1 = 13.06.
    expect(over(times(5, { packets: 48, lost: 2, concealments: 2 })).r).toBeCloseTo(93.2 - 13.06, 1)
    expect(over([...times(5, { packets: 40, lost: 10 }), ...times(1)]).r).toBeLessThan(75)
  })

  it('counts packets that came too late as lost, and bursts as worse than random loss', () => {
    expect(over(times(5, { discarded: 2, concealments: 2 })).heard?.lossPercent).toBeCloseTo(4, 5)
    const bursts = over(times(5, { packets: 46, lost: 4, concealments: 1 }))
    expect(bursts.heard?.burstRatio).toBeCloseTo(4 * 0.92, 5)
    expect(bursts.r).toBeLessThan(over(times(5, { packets: 46, lost: 4, concealments: 4 })).r ?? 0)
  })

  it('falls with the delay of the path and of the buffer', () => {
    expect(over(times(5, { rttMs: 500, bufferMs: 130 })).heard?.delayMs).toBe(400)
    expect(over(times(5, { rttMs: 500, bufferMs: 130 })).r).toBeCloseTo(69.13, 1)
  })

  it('is the worse of what is heard and what the far end reports', () => {
    const { r, heard, sent } = over(times(5, { remote: { lostShare: 0.1, jitterMs: 5, rttMs: 20 } }))
    expect(heard?.r).toBeCloseTo(93.2, 1)
    expect(sent?.r).toBeCloseTo(93.2 - (95 * 10) / 35.1, 1)
    expect(r).toBe(sent?.r)
  })

  it('is as bad as can be when nothing comes, and no score on hold or with a codec that nobody has rated', () => {
    // The buffer's 40 ms and the rest stay below 100 ms.
    expect(over(times(5, { packets: 0 })).r).toBeCloseTo(17.26, 1)
    const half = over([...times(2), ...times(2, { packets: 0, concealments: 0 })])
    expect(half.heard?.lossPercent).toBe(50)
    expect(over(times(5, { held: true })).r).toBeNull()
    expect(over(times(5, { codec: 'audio/unheard-of' })).r).toBeNull()
  })

  it('begins anew with a stream that counts from 0, and takes late packets that were counted as lost', () => {
    const samples = samplesOf(times(10))
    const [first, last] = [samples.at(-1), samples[3]]
    if (!first || !last) throw new Error('no samples')
    expect(lossBetween(first, { ...last, at: first.at + 1000 })).toBe(0)
    const back = {
      ...first,
      at: first.at + 1000,
      inbound: { ...(first.inbound as NonNullable<LineSample['inbound']>), packets: 600, lost: -3 },
    }
    expect(lossBetween(first, back)).toBe(0)
  })
})

it('takes the mean of the stretches and remembers the worst', () => {
  const good = over(times(5))
  const bad = over(times(5, { packets: 25, lost: 25 }))
  const held = over(times(5, { held: true }))
  const whole = [good, held, bad, good, good].reduce(withStretch, noScore)
  expect(whole.stretches).toBe(4)
  expect(whole.worstR).toBe(bad.r)
  expect(whole.r).toBeCloseTo((3 * (good.r ?? 0) + (bad.r ?? 0)) / 4, 5)
})
