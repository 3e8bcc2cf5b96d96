/** G.711 u-law: 8,000 samples a second, one byte each; a frame is 20 ms. */
export const frameMs = 20
export const frameBytes = 160
export const silence = 0xff

const linear = Int16Array.from({ length: 256 }, (_, byte) => {
  const code = ~byte & 0xff
  const magnitude = ((((code & 0x0f) << 3) + 0x84) << ((code & 0x70) >> 4)) - 0x84
  return code & 0x80 ? -magnitude : magnitude
})

/** Root mean square of a frame, 0 to 1. */
export function level(frame: Uint8Array): number {
  if (frame.length === 0) return 0
  let sum = 0
  for (const byte of frame) {
    const sample = (linear[byte] ?? 0) / 32768
    sum += sample * sample
  }
  return Math.sqrt(sum / frame.length)
}

export const silentFrame = (): Uint8Array => new Uint8Array(frameBytes).fill(silence)
