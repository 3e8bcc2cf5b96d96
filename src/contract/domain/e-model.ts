/**
 * The E-model of ITU-T G.107 (06/2015) with its default values, as far as a packet network changes it: the rating
 * `R = 93.2 − Idd − Ie,eff` on the narrow-band scale. Echo is taken as cancelled (Idte = Idle = 0), the advantage factor as 0.
 */

/** Rating with the defaults of G.107 table 2: Ro − Is. */
export const bestRating = 93.2

export type CodecImpairment = {
  /** Equipment impairment factor without loss (G.113). */
  ie: number
  /** Packet-loss robustness factor (G.113). */
  bpl: number
}

/**
 * G.113 Appendix I for G.711 with packet loss concealment (its own Appendix I), G.729A, GSM-EFR and G.723.1. A browser conceals in the
 * same way whatever the codec. G.722 and Opus have no values on the narrow-band scale, which ends where G.711 stands: they are
 * rated like it, so a wide-band call is never said to be better than it is.
 */
const codecs: Record<string, CodecImpairment> = {
  pcmu: { ie: 0, bpl: 25.1 },
  pcma: { ie: 0, bpl: 25.1 },
  g722: { ie: 0, bpl: 25.1 },
  opus: { ie: 0, bpl: 25.1 },
  g729: { ie: 11, bpl: 19 },
  'gsm-efr': { ie: 5, bpl: 10 },
  g723: { ie: 15, bpl: 16.1 },
}

/** By the name in the session description, in any case, with or without `audio/`; null for a codec that nobody has rated. */
export function codecImpairment(name: string): CodecImpairment | null {
  return codecs[name.toLowerCase().replace(/^audio\//, '')] ?? null
}

/** Idd of G.107 (7-27) for a mouth-to-ear delay in ms, with the default sensitivity sT = 1 and threshold mT = 100 ms. */
export function delayImpairment(delayMs: number): number {
  if (!(delayMs > 100)) return 0
  const x = Math.log2(delayMs / 100)
  return 25 * ((1 + x ** 6) ** (1 / 6) - 3 * (1 + (x / 3) ** 6) ** (1 / 6) + 2)
}

/**
 * Ie,eff of G.107 (7-29). `lossPercent`: 0 to 100. `burstRatio`: the mean length of a loss over what it would be if losses fell at
 * random; 1 for random loss.
 */
export function lossImpairment(codec: CodecImpairment, lossPercent: number, burstRatio = 1): number {
  const loss = Math.min(100, Math.max(0, lossPercent))
  if (loss === 0) return codec.ie
  return codec.ie + (95 - codec.ie) * (loss / (loss / Math.max(1, burstRatio) + codec.bpl))
}

/** The mean length of losses, as a ratio to random loss of the same share, whose mean length is 1 / (1 − p) (G.107 3.6). */
export function burstRatioOf(lostPackets: number, lossEvents: number, lossPercent: number): number {
  if (lostPackets <= 0 || lossEvents <= 0) return 1
  return Math.max(1, (lostPackets / lossEvents) * (1 - Math.min(100, lossPercent) / 100))
}

export type LinePath = {
  codec: CodecImpairment
  /** Mouth to ear, ms. */
  delayMs: number
  lossPercent: number
  burstRatio: number
}

/** 0 to 93.2. */
export function rating({ codec, delayMs, lossPercent, burstRatio }: LinePath): number {
  const r = bestRating - delayImpairment(delayMs) - lossImpairment(codec, lossPercent, burstRatio)
  return Math.min(bestRating, Math.max(0, r))
}

/** Mean opinion score, conversational quality: 1 to 4.5 (G.107 annex B). */
export function opinionScore(r: number): number {
  if (r <= 0) return 1
  if (r >= 100) return 4.5
  return Math.max(1, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6)
}

export const lineQualities = ['good', 'fair', 'poor', 'bad'] as const
export type LineQuality = (typeof lineQualities)[number]

/** The bands of G.107 annex B table B.1, the two below "many users dissatisfied" taken together. */
export function qualityOf(r: number): LineQuality {
  if (r >= 80) return 'good'
  if (r >= 70) return 'fair'
  return r >= 60 ? 'poor' : 'bad'
}
