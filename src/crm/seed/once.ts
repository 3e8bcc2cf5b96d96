const bits = 2 ** 26
const words = 4

/**
 * Remembers texts in eight megabytes, however many (a Bloom filter). Never lets one through twice; now and then, one in twenty thousand
 * after a million and a half, it refuses one that is new: for callers who can draw another.
 */
export class Once {
  readonly #seen = new Uint32Array(bits / 32)

  /** False when it was there before, or seems so. */
  take(text: string): boolean {
    const first = hash(text, 0x811c9dc5)
    const step = hash(text, 0x9747b28c) | 1
    let isNew = false
    for (let nth = 0; nth < words; nth++) {
      const bit = (first + Math.imul(nth, step)) >>> 6
      const at = bit >>> 5
      const mask = 1 << (bit & 31)
      const word = this.#seen[at] ?? 0
      if ((word & mask) === 0) isNew = true
      this.#seen[at] = word | mask
    }
    return isNew
  }
}

/** FNV-1a with the last mixing of MurmurHash3. */
function hash(text: string, basis: number): number {
  let value = basis
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193)
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return (value ^ (value >>> 16)) >>> 0
}
