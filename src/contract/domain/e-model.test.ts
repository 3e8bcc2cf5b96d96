import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bestRating,
  burstRatioOf,
  codecImpairment,
  delayImpairment,
  lossImpairment,
  opinionScore,
  qualityOf,
  rating,
} from './e-model.ts'

const of = (name: string) => {
  const codec = codecImpairment(name)
  if (!codec) throw new Error(name)
  return codec
}

const g711 = of('audio/PCMU')

/**
 * By hand from the formulas of G.107, to two places.
 *   Idd = 25 { (1 + X^6)^(1/6) − 3 (1 + (X/3)^6)^(1/6) + 2 },  X = log2(Ta / 100 ms);  0 up to 100 ms
 *   Ie,eff = Ie + (95 − Ie) · Ppl / (Ppl / BurstR + Bpl)
 *   R = 93.2 − Idd − Ie,eff;  MOS = 1 + 0.035 R + R (R − 60) (100 − R) · 7·10⁻⁶
 */
const worked = [
  {
    // Idd 0, Ie,eff 0: R = 93.2. MOS = 1 + 3.262 + 93.2 · 33.2 · 6.8 · 7e-6 = 4.262 + 0.14729
    what: 'G.711, no loss, 50 ms',
    path: { codec: g711, delayMs: 50, lossPercent: 0, burstRatio: 1 },
    r: 93.2,
    mos: 4.41,
  },
  {
    // X = log2 1.5 = 0.58496, X^6 = 0.040065; 25 (1.0065687 − 3 · 1.0000092 + 2) = 25 · 0.0065412 = 0.1635
    // R = 93.2 − 0.1635 = 93.04. MOS = 1 + 3.25628 + 93.0365 · 33.0365 · 6.9635 · 7e-6 = 4.25628 + 0.14982
    what: 'G.711, no loss, 150 ms',
    path: { codec: g711, delayMs: 150, lossPercent: 0, burstRatio: 1 },
    r: 93.04,
    mos: 4.41,
  },
  {
    // X = 1: 25 (2^(1/6) − 3 (1 + 1/729)^(1/6) + 2) = 25 (1.1224620 − 3.0006855 + 2) = 3.0444
    // R = 90.16. MOS = 1 + 3.15544 + 90.1556 · 30.1556 · 9.8444 · 7e-6 = 4.15544 + 0.18735
    what: 'G.711, no loss, 200 ms',
    path: { codec: g711, delayMs: 200, lossPercent: 0, burstRatio: 1 },
    r: 90.16,
    mos: 4.34,
  },
  {
    // X = 2: 25 (65^(1/6) − 3 (1 + 64/729)^(1/6) + 2) = 25 (2.0051747 − 3.0423712 + 2) = 24.0701
    // R = 69.13. MOS = 1 + 2.41955 + 69.1299 · 9.1299 · 30.8701 · 7e-6 = 3.41955 + 0.13639
    what: 'G.711, no loss, 400 ms',
    path: { codec: g711, delayMs: 400, lossPercent: 0, burstRatio: 1 },
    r: 69.13,
    mos: 3.56,
  },
  {
    // Ie,eff = 95 · 1 / (1 + 25.1) = 3.6398. R = 89.56. MOS = 1 + 3.13461 + 89.5602 · 29.5602 · 10.4398 · 7e-6 = 4.13461 + 0.19347
    what: 'G.711, 1 % at random',
    path: { codec: g711, delayMs: 50, lossPercent: 1, burstRatio: 1 },
    r: 89.56,
    mos: 4.33,
  },
  {
    // Ie,eff = 95 · 3 / 28.1 = 10.1423. R = 83.06. MOS = 1 + 2.90702 + 83.0577 · 23.0577 · 16.9423 · 7e-6 = 3.90702 + 0.22713
    what: 'G.711, 3 % at random',
    path: { codec: g711, delayMs: 50, lossPercent: 3, burstRatio: 1 },
    r: 83.06,
    mos: 4.13,
  },
  {
    // Ie,eff = 95 · 5 / (5/2 + 25.1) = 475 / 27.6 = 17.2101. R = 75.99. MOS = 1 + 2.65965 + 75.9899 · 15.9899 · 24.0101 · 7e-6 = 3.65965 + 0.20422
    what: 'G.711, 5 % in bursts of twice the random length',
    path: { codec: g711, delayMs: 50, lossPercent: 5, burstRatio: 2 },
    r: 75.99,
    mos: 3.86,
  },
  {
    // Ie,eff = 95 · 10 / 35.1 = 27.0655. Idd(200) = 3.0444. R = 93.2 − 27.0655 − 3.0444 = 63.09
    // MOS = 1 + 2.20815 + 63.0901 · 3.0901 · 36.9099 · 7e-6 = 3.20815 + 0.05037
    what: 'G.711, 10 % at random and 200 ms',
    path: { codec: g711, delayMs: 200, lossPercent: 10, burstRatio: 1 },
    r: 63.09,
    mos: 3.26,
  },
  {
    // Ie,eff = 11 + 84 · 2 / (2 + 19) = 11 + 8 = 19. R = 74.2. MOS = 1 + 2.597 + 74.2 · 14.2 · 25.8 · 7e-6 = 3.597 + 0.19029
    what: 'G.729A, 2 % at random',
    path: { codec: of('G729'), delayMs: 100, lossPercent: 2, burstRatio: 1 },
    r: 74.2,
    mos: 3.79,
  },
  {
    // Nothing arrives: Ie,eff = 95 · 100 / 125.1 = 75.9392. R = 17.26.
    // MOS = 1 + 0.60413 + 17.2608 · (−42.7392) · 82.7392 · 7e-6 = 1.60413 − 0.42726
    what: 'G.711, everything lost',
    path: { codec: g711, delayMs: 50, lossPercent: 100, burstRatio: 1 },
    r: 17.26,
    mos: 1.18,
  },
]

/** Impairment and robustness per codec, by hand, at 2 % random loss: Ie,eff = Ie + (95 − Ie) · 2 / (2 + Bpl), R = 93.2 − Ie,eff. */
const perCodec = [
  // 95 · 2 / 27.1 = 7.0111
  { name: 'PCMU', ie: 0, bpl: 25.1, r: 86.19 },
  { name: 'PCMA', ie: 0, bpl: 25.1, r: 86.19 },
  // Wide-band codecs as the best that the narrow-band scale has: never better than they are.
  { name: 'G722', ie: 0, bpl: 25.1, r: 86.19 },
  { name: 'opus', ie: 0, bpl: 25.1, r: 86.19 },
  // 11 + 84 · 2 / 21 = 19
  { name: 'G729', ie: 11, bpl: 19, r: 74.2 },
  // 5 + 90 · 2 / 12 = 20
  { name: 'GSM-EFR', ie: 5, bpl: 10, r: 73.2 },
  // 15 + 80 · 2 / 18.1 = 23.8398
  { name: 'G723', ie: 15, bpl: 16.1, r: 69.36 },
]

describe('the E-model', () => {
  it.each(perCodec)('$name: Ie $ie, Bpl $bpl, at 2 % lost R $r', ({ name, ie, bpl, r }) => {
    expect(of(`audio/${name}`)).toEqual({ ie, bpl })
    expect(rating({ codec: of(name), delayMs: 100, lossPercent: 2, burstRatio: 1 })).toBeCloseTo(r, 2)
  })

  it.each(worked)('$what: R $r, MOS $mos', ({ path, r, mos }) => {
    expect(rating(path)).toBeCloseTo(r, 2)
    expect(opinionScore(rating(path))).toBeCloseTo(mos, 2)
  })

  it('knows the codecs by any of their writings, and says of others that it does not', () => {
    expect(codecImpairment('audio/G722')).toEqual(codecImpairment('g722'))
    expect(codecImpairment('opus')).not.toBeNull()
    expect(codecImpairment('telephone-event')).toBeNull()
  })

  it('measures how bursty losses are', () => {
    // 10 lost in 4 events of 100: mean 2.5, at random 1 / 0.9.
    expect(burstRatioOf(10, 4, 10)).toBeCloseTo(2.25, 10)
    expect(burstRatioOf(3, 3, 1)).toBe(1)
    expect(burstRatioOf(0, 0, 0)).toBe(1)
  })

  it('never improves with more delay or more loss, and stays on its scale', () => {
    const share = fc.double({ min: 0, max: 100, noNaN: true })
    const delay = fc.double({ min: 0, max: 5000, noNaN: true })
    fc.assert(
      fc.property(delay, delay, share, share, fc.double({ min: 1, max: 8, noNaN: true }), (d, e, p, q, b) => {
        const at = (delayMs: number, lossPercent: number) =>
          rating({ codec: g711, delayMs, lossPercent, burstRatio: b })
        expect(at(Math.max(d, e), p)).toBeLessThanOrEqual(at(Math.min(d, e), p) + 1e-9)
        expect(at(d, Math.max(p, q))).toBeLessThanOrEqual(at(d, Math.min(p, q)) + 1e-9)
        expect(at(d, p)).toBeGreaterThanOrEqual(0)
        expect(at(d, p)).toBeLessThanOrEqual(bestRating)
        expect(delayImpairment(d)).toBeGreaterThanOrEqual(0)
        expect(lossImpairment(g711, p, b)).toBeLessThanOrEqual(95 * b + 1)
        expect(opinionScore(at(d, p))).toBeGreaterThanOrEqual(1)
      }),
    )
  })

  it('names the bands', () => {
    expect([93, 79.9, 65, 20].map(qualityOf)).toEqual(['good', 'fair', 'poor', 'bad'])
  })
})
