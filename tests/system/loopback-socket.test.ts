import { once } from 'node:events'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type ClientOptions, WebSocket } from 'ws'
import { type Connection, connectBy } from '../../src/renderer/src/host/connection.ts'
import { untilStatus } from '../../src/renderer/src/host/status.ts'
import { webSocketTransport } from '../../src/renderer/src/host/websocket-transport.ts'
import { type LoopbackShell, loopbackShell } from '../support/loopback-shell.ts'
import { rawHttp } from '../support/raw-http.ts'

let shell: LoopbackShell
let now = 0
const cleanUp: (() => unknown)[] = []
beforeEach(async () => {
  now = 0
  shell = await loopbackShell({ now: () => now })
})
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step()
  await shell.close()
})

const address = (ticket: string) => `${shell.server.origin.replace('http', 'ws')}/host?ticket=${ticket}`

/** Resolves with the socket when it opens, rejects with the HTTP status that refused it. */
function dial(
  url: string,
  headers: ClientOptions['headers'],
  origin = shell.server.origin,
): Promise<WebSocket> {
  const socket = new WebSocket(url, { headers: { ...headers, ...(origin && { origin }) } })
  cleanUp.push(() => socket.terminate())
  return new Promise((resolve, reject) => {
    socket.on('open', () => resolve(socket))
    socket.on('unexpected-response', (_request, response) => reject(new Error(String(response.statusCode))))
    socket.on('error', reject)
  })
}

/** The page's own connection, in a window that sends `cookie()`. */
function pageConnection(cookie: () => string): Connection {
  const { origin } = shell.server
  class BrowserSocket extends WebSocket {
    constructor(url: string) {
      super(url, { headers: { origin, cookie: cookie() } })
    }
  }
  const connection = connectBy(
    webSocketTransport({
      origin,
      WebSocket: BrowserSocket,
      fetch: (url, init) =>
        fetch(url, { ...init, headers: { origin, cookie: cookie(), 'sec-fetch-site': 'same-origin' } }),
    }),
  )
  cleanUp.push(() => connection.close())
  return connection
}

test('a ticket opens one socket within ten seconds', async () => {
  const cookie = await shell.launch()
  const ticket = await shell.ticket(cookie)
  await dial(address(ticket), { cookie })
  await expect(dial(address(ticket), { cookie })).rejects.toThrow('403')

  const late = await shell.ticket(cookie)
  now += 10_000
  await expect(dial(address(late), { cookie })).rejects.toThrow('403')
  expect(shell.host.sockets).toHaveLength(1)
})

test('a ticket is given to our page only', async () => {
  const cookie = await shell.launch()
  const { origin } = shell.server
  const ask = (headers: Record<string, string>) =>
    rawHttp(`${origin}/ticket`, { method: 'POST', headers }).then((answer) => answer.status)
  expect(await ask({ cookie, origin })).toBe(200)
  expect(await ask({ origin })).toBe(403)
  expect(await ask({ cookie })).toBe(403)
  expect(await ask({ cookie, origin: 'https://evil.example' })).toBe(403)
  expect(await ask({ cookie, origin, 'sec-fetch-site': 'same-site' })).toBe(403)
  expect((await rawHttp(`${origin}/ticket`, { headers: { cookie, origin } })).status).toBe(404)
})

test('the socket demands cookie, Origin, Host and path beside the ticket', async () => {
  const cookie = await shell.launch()
  const fresh = async () => address(await shell.ticket(cookie))
  await expect(dial(await fresh(), {})).rejects.toThrow('403')
  await expect(dial(await fresh(), { cookie }, 'https://evil.example')).rejects.toThrow('403')
  await expect(dial(await fresh(), { cookie }, '')).rejects.toThrow('403')
  await expect(dial(await fresh(), { cookie, host: 'localhost:1' })).rejects.toThrow('403')
  await expect(dial((await fresh()).replace('/host', '/other'), { cookie })).rejects.toThrow('404')
  await expect(dial(address(''), { cookie })).rejects.toThrow('403')
  expect(shell.host.sockets).toHaveLength(0)
})

test('a frame that is malformed or too large closes its own socket at most', async () => {
  const cookie = await shell.launch()
  const connection = pageConnection(() => cookie)
  await connection.desk.host.capabilities()

  const noise = await dial(address(await shell.ticket(cookie)), { cookie })
  noise.send('not json')
  noise.send(new Uint8Array([0xff, 0x00, 0xfe]))
  noise.send('{"i":"x","p":{"u":"/host/capabilities"}}')
  const large = await dial(address(await shell.ticket(cookie)), { cookie })
  const closed = once(large, 'close')
  large.send('x'.repeat(1024 * 1024 + 1))
  expect((await closed)[0]).toBe(1009)
  const broken = await dial(address(await shell.ticket(cookie)), { cookie })
  const gone = once(broken, 'close')
  // An unmasked frame from a client is a protocol error (RFC 6455, 5.1).
  ;(broken as unknown as { _socket: import('node:net').Socket })._socket.write(
    Buffer.from([0x81, 0x01, 0x61]),
  )
  await gone

  expect(await connection.desk.host.capabilities()).toMatchObject({ mediaInPage: true })
  expect(connection.status.get()).toBe('open')
})

test('a page that answers no ping is let go', async () => {
  await shell.close()
  shell = await loopbackShell({ heartbeatMs: 1000 })
  const cookie = await shell.launch()
  const alive = await dial(address(await shell.ticket(cookie)), { cookie })
  const frozen = await dial(address(await shell.ticket(cookie)), { cookie })
  frozen.pause()
  await once(shell.host.sockets[1] as WebSocket, 'close')
  await once(alive, 'ping')
  expect(alive.readyState).toBe(WebSocket.OPEN)
})

test('the page comes back by itself after its socket died, and its watches go on', async () => {
  const cookie = await shell.launch()
  const connection = pageConnection(() => cookie)
  const stop = new AbortController()
  const seen = vi.fn()
  const watching = connection.watch(
    (signal) => connection.desk.session.watch(undefined, { signal }),
    seen,
    stop.signal,
  )
  await expect.poll(() => seen).toHaveBeenCalledTimes(1)
  shell.host.sockets[0]?.terminate()
  await expect.poll(() => seen).toHaveBeenCalledTimes(2)
  expect(connection.status.get()).toBe('open')

  stop.abort()
  await watching
  await expect.poll(() => shell.host.openWatches()).toBe(0)
})

test('a host that was started anew makes the window stale until it is launched again', async () => {
  let cookie = await shell.launch()
  const connection = pageConnection(() => cookie)
  const stop = new AbortController()
  cleanUp.push(() => stop.abort())
  const seen = vi.fn()
  void connection.watch((signal) => connection.desk.session.watch(undefined, { signal }), seen, stop.signal)
  await expect.poll(() => seen).toHaveBeenCalledTimes(1)

  const port = Number(new URL(shell.server.origin).port)
  await shell.close()
  await untilStatus(connection.status, (status) => status === 'lost')
  await expect(connection.desk.host.capabilities()).rejects.toThrow('not connected')
  shell = await loopbackShell({ port })
  await untilStatus(connection.status, (status) => status === 'stale')

  cookie = await shell.launch()
  await expect.poll(() => seen).toHaveBeenCalledTimes(2)
  expect(connection.status.get()).toBe('open')
})

test('what the host refuses ends a watch with its reason', async () => {
  const cookie = await shell.launch()
  const connection = pageConnection(() => cookie)
  const never = new AbortController().signal
  await expect(
    // The small host has no such procedure.
    connection.watch((signal) => connection.desk.system.watch(undefined, { signal }), vi.fn(), never),
  ).rejects.toMatchObject({ code: 'FAULT', data: { kind: 'not-found' } })
})
