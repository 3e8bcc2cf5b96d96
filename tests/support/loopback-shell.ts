import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { type LoopbackServer, openServer } from '../../src/main/loopback/server.ts'
import { rawHttp } from './raw-http.ts'
import { type SmallHost, smallHost } from './small-host.ts'

export type LoopbackShell = {
  dir: string
  host: SmallHost
  server: LoopbackServer
  /** The `Cookie` header of a window that was launched. */
  launch(): Promise<string>
  ticket(cookie: string): Promise<string>
  close(): Promise<void>
}

/** The loopback server with a small host behind it and a page of three files before it. */
export async function loopbackShell(
  options: { port?: number; now?: () => number; heartbeatMs?: number; rendererDir?: string } = {},
): Promise<LoopbackShell> {
  const dir = await mkdtemp(join(tmpdir(), 'ascolto-shell-'))
  const rendererDir = join(dir, 'renderer')
  await mkdir(join(rendererDir, 'assets'), { recursive: true })
  await writeFile(join(rendererDir, 'index.html'), '<!doctype html><title>desk</title>')
  await writeFile(join(rendererDir, 'media.html'), '<!doctype html><title>media</title>')
  await writeFile(join(rendererDir, 'assets', 'index-1a2b3c.js'), 'export {}')
  await writeFile(join(dir, 'outside.txt'), 'not to be served')
  const host = smallHost()
  const server = await openServer({
    host,
    rendererDir: options.rendererDir ?? rendererDir,
    log: pino({ level: 'silent' }),
    port: options.port ?? 0,
    ...(options.now && { now: options.now }),
    ...(options.heartbeatMs && { heartbeatMs: options.heartbeatMs }),
  })
  return {
    dir,
    host,
    server,
    launch: async () => {
      const answer = await rawHttp(server.launchUrl())
      return answer.headers['set-cookie']?.[0]?.split(';')[0] ?? ''
    },
    ticket: async (cookie) => {
      const answer = await rawHttp(`${server.origin}/ticket`, {
        method: 'POST',
        headers: { cookie, origin: server.origin },
      })
      return (JSON.parse(answer.body) as { ticket: string }).ticket
    },
    close: async () => {
      await server.close()
      await rm(dir, { recursive: true, force: true })
    },
  }
}
