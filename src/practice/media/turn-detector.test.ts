import { describe, expect, it } from 'vitest'
import { frameBytes, level, silence, silentFrame } from './g711.ts'
import { TurnDetector } from './turn-detector.ts'

const hear = (detector: TurnDetector, loudness: number, ms: number): number => {
  let turns = 0
  for (let at = 0; at < ms; at += 20) if (detector.hear(loudness, 20)) turns++
  return turns
}

describe('the turn detector', () => {
  it('completes a turn after voice and a pause, once', () => {
    const detector = new TurnDetector()
    expect(hear(detector, 0, 3000)).toBe(0)
    expect(hear(detector, 0.1, 900)).toBe(0)
    expect(detector.speaking).toBe(true)
    expect(hear(detector, 0, 680)).toBe(0)
    expect(hear(detector, 0, 20)).toBe(1)
    expect(hear(detector, 0, 5000)).toBe(0)
    expect(detector.turns).toBe(1)
  })

  it('does not take the gaps between words for the end', () => {
    const detector = new TurnDetector()
    for (let word = 0; word < 6; word++) {
      expect(hear(detector, 0.1, 300)).toBe(0)
      expect(hear(detector, 0, 400)).toBe(0)
    }
    expect(hear(detector, 0, 400)).toBe(1)
  })

  it('ignores a click and quiet noise', () => {
    const detector = new TurnDetector()
    hear(detector, 0.5, 20)
    expect(hear(detector, 0, 2000)).toBe(0)
    hear(detector, 0.005, 2000)
    expect(hear(detector, 0, 2000)).toBe(0)
  })
})

describe('u-law', () => {
  it('has levels between silence and full scale', () => {
    expect(level(silentFrame())).toBe(0)
    expect(silentFrame().length).toBe(frameBytes)
    expect(level(new Uint8Array(160).fill(0x80))).toBeCloseTo(32124 / 32768, 5)
    expect(level(new Uint8Array(160).fill(0x00))).toBeCloseTo(32124 / 32768, 5)
    expect(level(new Uint8Array([silence, 0x80]))).toBeGreaterThan(0.5)
    expect(level(new Uint8Array())).toBe(0)
  })
})
