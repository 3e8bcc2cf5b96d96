import { open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { assertOwnersOnly } from './key-file.ts'
import { newSecret, proofOf, sameSecret } from './secrets.ts'

const patienceMs = 2_000

/** Where a running desk tells later starts of this user how to reach it. */
const Rendezvous = z.object({
  origin: z.string().regex(/^http:\/\/127\.0\.0\.1:\d{1,5}$/),
  secret: z.string().length(43),
})

export const JoinRequest = z.object({ nonce: z.string().length(43), proof: z.string().length(43) })
const JoinReply = z.object({ url: z.url(), proof: z.string().length(43) })

/** Both ends prove that they know the secret of the file, and neither sends it: something else may own the port by now. */
export const joinProof = {
  ask: (secret: string, nonce: string) => proofOf(secret, `ask ${nonce}`),
  reply: (secret: string, nonce: string, url: string) => proofOf(secret, `reply ${nonce} ${url}`),
}

const fileIn = (dataDir: string) => join(dataDir, 'running.json')

/** Makes this desk joinable. Returns how to take that back. */
export async function announce(
  dataDir: string,
  origin: string,
  secret: string,
): Promise<() => Promise<void>> {
  const path = fileIn(dataDir)
  const draft = `${path}.${process.pid}`
  await rm(draft, { force: true })
  const file = await open(draft, 'wx', 0o600)
  try {
    await file.writeFile(JSON.stringify({ origin, secret }))
  } finally {
    await file.close()
  }
  await rename(draft, path)
  return () => rm(path, { force: true })
}

/** A new launch address of the desk that runs on this data folder, or null when none answers. */
export async function joinRunning(dataDir: string): Promise<string | null> {
  const path = fileIn(dataDir)
  try {
    const { origin, secret } = Rendezvous.parse(JSON.parse(await readFile(path, 'utf8')))
    await assertOwnersOnly(path)
    const nonce = newSecret()
    const response = await fetch(`${origin}/join`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ nonce, proof: joinProof.ask(secret, nonce) }),
      redirect: 'error',
      signal: AbortSignal.timeout(patienceMs),
    })
    if (!response.ok) return null
    const { url, proof } = JoinReply.parse(await response.json())
    return sameSecret(proof, joinProof.reply(secret, nonce, url)) ? url : null
  } catch {
    // No file, a stale one, or something else on that port: in each case there is nothing to join.
    return null
  }
}
