import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Appends to the log in that file. Once it has grown beyond `limit` bytes it is kept as the one before it, and a new one begun: the two stay
 * small however long a program runs.
 */
export function openProgramLog(path: string, limit = 1_000_000): (text: string) => void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  let size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  return (text) => {
    try {
      if (size > limit) {
        renameSync(path, `${path}.1`)
        size = 0
      }
      appendFileSync(path, text, { mode: 0o600 })
      size += Buffer.byteLength(text)
    } catch {
      // A disk that is full ends no call.
    }
  }
}
