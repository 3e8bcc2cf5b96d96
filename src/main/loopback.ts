import { mkdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { Fault } from '#contract/errors.ts'
import { openHost } from './host/host.ts'
import { surviveTheUnexpected } from './last-resort.ts'
import { openLog } from './log.ts'
import { announce } from './loopback/join.ts'
import { openKeyFile } from './loopback/key-file.ts'
import { openServer } from './loopback/server.ts'
import { startWords } from './start-words.ts'

const usage = 'node src/main/loopback.ts --data DIR --crm URL [--port N] [--renderer DIR]'

const Arguments = z.object({
  data: z.string().min(1),
  crm: z.url({ protocol: /^https?$/ }),
  port: z.coerce.number().int().min(0).max(65_535).default(0),
  renderer: z.string().default(resolve(import.meta.dirname, '../../out/renderer')),
})

/** Opens the desk's host and its loopback shell; when it is ready, says so in one line of JSON on stdout. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      crm: { type: 'string' },
      port: { type: 'string' },
      renderer: { type: 'string' },
    },
  })
  const asked = Arguments.safeParse(values)
  if (!asked.success) throw new TypeError(`${z.prettifyError(asked.error)}\n${usage}`)
  const { data, crm, port, renderer } = asked.data
  const log = openLog('desk')
  surviveTheUnexpected(log)

  const dataDir = resolve(data)
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const keys = await openKeyFile(dataDir)
  let origin = ''
  const host = await openHost({
    dataDir,
    crmUrl: crm,
    keys,
    capabilities: { signIn: 'same-window', notifications: false, raiseWindow: false, mediaInPage: true },
    redirectUri: async () => `${origin}/callback`,
    log,
  })
  const server = await openServer({ host, rendererDir: resolve(renderer), port, log })
  origin = server.origin
  const withdraw = await announce(dataDir, origin, server.joinSecret)

  let closing = false
  const close = async () => {
    if (closing) return
    closing = true
    await withdraw()
    await server.close()
    await host.close()
    log.info('desk closed')
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      close().catch((error: unknown) => {
        log.error({ err: error }, 'desk did not close cleanly')
        process.exitCode = 1
      })
    })

  process.stdout.write(`${JSON.stringify({ ready: 'desk', url: server.launchUrl(), origin })}\n`)
}

main().catch((error: unknown) => {
  const says =
    error instanceof Fault
      ? startWords(error)
      : `desk: ${error instanceof Error ? error.message : String(error)}`
  process.stderr.write(`${says}\n`)
  process.exit(1)
})
