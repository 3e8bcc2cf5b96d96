import { execFile, execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'

const Ms = z.number().positive()

export const Moves = z.object({
  /** After the cable was pulled: the line was said to be away, the call to be silent. */
  noticed: Ms,
  silent: Ms,
  /** After it was back: registered, heard both ways. */
  registered: Ms,
  heard: Ms,
  sameCall: z.boolean(),
  /** After the address changed: offered with new ICE, heard both ways. */
  offered: Ms,
  moveHeard: Ms,
  calls: z.number(),
  wish: z.string(),
})

/** `unshare` for root; for others a namespace of users around it, where the machine allows that. */
const unshare = process.getuid?.() === 0 ? ['--net'] : ['--map-root-user', '--net']

/** Why no network of one's own can be made here, or null. */
export function noNetworkHere(): string | null {
  try {
    execFileSync('unshare', [...unshare, 'ip', 'link', 'add', 'probe', 'type', 'veth'], { stdio: 'pipe' })
    return null
  } catch (error) {
    return error instanceof Error ? error.message.split('\n').join(' ') : String(error)
  }
}

export async function runMovingDesk(): Promise<z.infer<typeof Moves>> {
  const script = fileURLToPath(new URL('./moving-desk.ts', import.meta.url))
  const { stdout } = await promisify(execFile)('unshare', [...unshare, process.execPath, script], {
    timeout: 140_000,
  })
  return Moves.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''))
}
