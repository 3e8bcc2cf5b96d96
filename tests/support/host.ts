import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/websocket'
import type { ContractRouterClient } from '@orpc/contract'
import { type Logger, pino } from 'pino'
import { WebSocket, WebSocketServer } from 'ws'
import type { deskContract } from '#contract/desk.ts'
import { type Host, openHost } from '../../src/main/host/host.ts'
import { openKeyFile } from '../../src/main/loopback/key-file.ts'

export type DeskClient = ContractRouterClient<typeof deskContract>
export type Window = { client: DeskClient; socket: WebSocket }

export type TestHost = {
  host: Host
  dataDir: string
  client: DeskClient
  /** Everything the host logged so far. */
  log(): string
  /** One more window. */
  connect(): Promise<Window>
  signIn(login: string, password?: string): Promise<void>
  /** Signs in, and waits for the desk's copy of the CRM's rows. */
  comeIn(login: string): Promise<void>
  /** Closes the host; `keep` leaves its data folder for a later start. */
  stop(options?: { keep: boolean }): Promise<void>
}

const redirectUri = 'http://127.0.0.1:49153/callback'

/** A desk's host and a window of it, on a real WebSocket, with its data in a folder of its own. */
export async function startHost(options: {
  crmUrl: string
  dataDir?: string
  now?: () => Date
}): Promise<TestHost> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'ascolto-host-')))
  const lines: string[] = []
  const log: Logger = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) })
  const host = await openHost({
    dataDir,
    crmUrl: options.crmUrl,
    keys: await openKeyFile(dataDir),
    capabilities: { signIn: 'same-window', notifications: false, raiseWindow: false, mediaInPage: true },
    redirectUri: async () => redirectUri,
    log,
    ...(options.now && { now: options.now }),
  })
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, maxPayload: 1024 * 1024 })
  server.on('connection', (socket) => host.attach({ kind: 'websocket', socket }))
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const sockets: WebSocket[] = []

  const connect = async (): Promise<Window> => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`)
    await once(socket, 'open')
    sockets.push(socket)
    const link = new RPCLink({ websocket: socket as unknown as globalThis.WebSocket })
    return { client: createORPCClient<DeskClient>(link), socket }
  }
  const { client } = await connect()
  const signIn = async (login: string, password = 'ascolto-prova') => {
    const { startUrl } = await client.session.begin()
    if (!startUrl) throw new Error('the host gave no address to sign in at')
    await host.completeSignIn(await throughLoginForm(startUrl, login, password))
  }
  return {
    host,
    dataDir,
    client,
    log: () => lines.join(''),
    connect,
    signIn,
    async comeIn(login) {
      await signIn(login)
      await until(
        await client.system.watch(),
        ({ cache, crm }) => cache.state === 'ready' && crm.state === 'reachable',
      )
    },
    async stop({ keep } = { keep: false }) {
      for (const socket of sockets) socket.terminate()
      await host.close()
      await new Promise((resolve) => server.close(resolve))
      if (!keep) await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** What a browser does at the issuer: cookies, redirects, the form. Gives the address that it would be sent back to. */
export async function throughLoginForm(startUrl: string, login: string, password: string): Promise<string> {
  const cookies = new Map<string, string>()
  const call = async (url: string, init: RequestInit = {}): Promise<Response> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(url, { ...init, headers: { cookie, ...init.headers }, redirect: 'manual' })
    for (const set of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(set) ?? []
      if (name) cookies.set(name, value ?? '')
    }
    return response
  }
  let url = startUrl
  let response = await call(url)
  for (let hops = 0; hops < 12; hops += 1) {
    const location = response.headers.get('location')
    if (location) {
      url = new URL(location, url).href
      if (url.startsWith(redirectUri)) return url
      response = await call(url)
    } else if (response.status === 200 && new URL(url).pathname.startsWith('/signin/')) {
      response = await call(url, { method: 'POST', body: new URLSearchParams({ login, password }) })
    } else {
      break
    }
  }
  throw new Error(`the sign-in stopped at ${new URL(url).pathname} with ${response.status}`)
}

/** The first value of a stream that is as wanted; the stream is left then. Rejects, with the last value, when none comes in time. */
export async function until<T>(
  stream: AsyncIterator<T>,
  wanted: (value: T) => boolean,
  timeoutMs = 20_000,
): Promise<T> {
  let last: T | undefined
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not in time; the last: ${JSON.stringify(last)}`)), timeoutMs)
  })
  try {
    while (true) {
      const { done, value } = await Promise.race([stream.next(), late])
      if (done) throw new Error('the stream ended before what was waited for')
      last = value
      if (wanted(value)) return value
    }
  } finally {
    clearTimeout(timer)
    // Whoever has closed the socket meanwhile has ended the stream too.
    void stream.return?.().catch(() => {})
  }
}
