import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { MessageChannel } from 'node:worker_threads'
import { createORPCClient } from '@orpc/client'
import { RPCLink as PortLink } from '@orpc/client/message-port'
import { RPCLink as SocketLink } from '@orpc/client/websocket'
import { eventIterator, oc } from '@orpc/contract'
import type { RouterClient } from '@orpc/server'
import { implement } from '@orpc/server'
import { pino } from 'pino'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { z } from 'zod'
import { Fault, faultErrors } from '#contract/errors.ts'
import { openDoor } from './attach.ts'
import { Latest } from './latest.ts'

const base = oc.errors(faultErrors)
const contract = {
  echo: base.input(z.object({ person: z.object({ name: z.string().max(5) }) })).output(z.string()),
  fail: base.input(z.enum(['planned', 'unexpected'])).output(z.string()),
  wrong: base.output(z.object({ n: z.number() })),
  watch: base.output(eventIterator(z.string())),
  broken: base.output(eventIterator(z.number())),
}
const stops: (() => void | Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

function open() {
  const lines: string[] = []
  const log = pino({ level: 'warn' }, { write: (line) => void lines.push(line) })
  const latest = new Latest('first')
  const os = implement(contract)
  const router = os.router({
    echo: os.echo.handler(({ input }) => input.person.name),
    fail: os.fail.handler(({ input }) => {
      if (input === 'planned') throw new Fault('conflict', 'slot-taken', { params: { n: 2 } })
      throw new Error('Maria Rossi is in /var/lib/secret')
    }),
    wrong: os.wrong.handler(() => ({ n: 'Maria Rossi' }) as never),
    watch: os.watch.handler(({ signal }) => latest.watch(signal)),
    broken: os.broken.handler(async function* () {
      yield 1
      throw new Error('Maria Rossi')
    }),
  })
  const door = openDoor(router, log)
  stops.push(() => door.close())
  return { door, lines, latest, router }
}

async function bySocket() {
  const opened = open()
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, maxPayload: 1024 * 1024 })
  await once(server, 'listening')
  const accepted = new Promise<WebSocket>((resolve) =>
    server.on('connection', (socket) => {
      opened.door.attach({ kind: 'websocket', socket })
      resolve(socket)
    }),
  )
  const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  await once(socket, 'open')
  stops.push(async () => {
    socket.terminate()
    await new Promise((resolve) => server.close(resolve))
  })
  const link = new SocketLink({ websocket: socket as unknown as globalThis.WebSocket })
  const client = createORPCClient<RouterClient<typeof opened.router>>(link)
  return { ...opened, client, socket, atHost: await accepted }
}

function byPort() {
  const opened = open()
  const { port1, port2 } = new MessageChannel()
  opened.door.attach({ kind: 'message-port', port: port1 as unknown as MessagePort })
  const link = new PortLink({ port: port2 as unknown as MessagePort })
  port2.start()
  stops.push(() => port2.close())
  return { ...opened, client: createORPCClient<RouterClient<typeof opened.router>>(link), port: port2 }
}

describe.each([
  ['WebSocket', bySocket],
  ['MessagePort', byPort],
])('over a %s', (_, connect) => {
  it('answers, and refuses bad input with the field’s name and nothing of its value', async () => {
    const { client, lines } = await connect()
    expect(await client.echo({ person: { name: 'Maria' } })).toBe('Maria')
    await expect(client.echo({ person: { name: 'Maria Rossi' } })).rejects.toMatchObject({
      code: 'FAULT',
      defined: true,
      data: { kind: 'invalid', code: 'input-invalid', params: { field: 'person.name' } },
    })
    expect(lines.join()).not.toContain('Rossi')
  })

  it('gives planned failures as they are and hides unexpected ones', async () => {
    const { client, lines } = await connect()
    await expect(client.fail('planned')).rejects.toMatchObject({
      code: 'FAULT',
      defined: true,
      data: { kind: 'conflict', code: 'slot-taken', params: { n: 2 } },
    })
    const error = await client.fail('unexpected').catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'FAULT', data: { kind: 'internal', code: 'unexpected', params: {} } })
    expect(JSON.stringify(error)).not.toContain('secret')
    expect(lines.join()).toContain('/var/lib/secret')
  })

  it('lets no output through that is not of the contract, and logs nothing of it', async () => {
    const { client, lines } = await connect()
    await expect(client.wrong()).rejects.toMatchObject({ data: { kind: 'internal', code: 'unexpected' } })
    expect(lines.join()).toContain('Output validation failed')
    expect(lines.join()).not.toContain('Maria')
  })

  it('ends a stream that fails with a fault', async () => {
    const { client } = await connect()
    const stream = await client.broken()
    expect(await stream.next()).toMatchObject({ value: 1 })
    await expect(stream.next()).rejects.toMatchObject({ code: 'FAULT', data: { code: 'unexpected' } })
  })

  it('streams the present value and later ones until the window leaves', async () => {
    const { client, latest } = await connect()
    const stop = new AbortController()
    const stream = await client.watch(undefined, { signal: stop.signal })
    expect(await stream.next()).toMatchObject({ value: 'first' })
    latest.set('second')
    expect(await stream.next()).toMatchObject({ value: 'second' })
    stop.abort()
    await expect.poll(() => latest.readers).toBe(0)
  })

  it('refuses what cannot be called', async () => {
    const { client } = await connect()
    const other = client as unknown as { nothing(): Promise<unknown> }
    await expect(other.nothing()).rejects.toMatchObject({ code: 'FAULT', data: { kind: 'not-found' } })
  })
})

const malformed = [
  '',
  '{',
  'null',
  '[]',
  '{"i":1,"p":{"u":"/echo"}}',
  '{"i":"1","p":{"u":"echo"}}',
  '{"i":"1","t":9}',
]

it('goes on after malformed frames, text and binary', async () => {
  const { client, socket, lines } = await bySocket()
  for (const text of malformed) socket.send(text)
  socket.send('{"i":"x","p":{"u":"/echo","b":{"json":{"__proto__":{"a":1}},"meta":[[9,"x"]]}}}')
  socket.send(Buffer.from([1, 2, 3]))
  expect(await client.echo({ person: { name: 'Maria' } })).toBe('Maria')
  expect(lines.filter((line) => line.includes('refused'))).not.toHaveLength(0)
})

it('goes on after malformed messages on a port', async () => {
  const { client, port } = byPort()
  for (const text of malformed) port.postMessage(text)
  port.postMessage({ i: 1 })
  port.postMessage(new Uint8Array(8))
  expect(await client.echo({ person: { name: 'Maria' } })).toBe('Maria')
})

it('keeps one value, not a queue, for a window that does not read', async () => {
  const { client, latest, socket, atHost } = await bySocket()
  const stream = await client.watch()
  await stream.next()
  const wire = (socket as unknown as { _socket: Socket })._socket
  wire.pause()
  const big = 'x'.repeat(64 * 1024)
  let most = 0
  for (let n = 0; n < 2_000; n += 1) {
    latest.set(`${n} ${big}`)
    await new Promise((resolve) => setImmediate(resolve))
    most = Math.max(most, atHost.bufferedAmount)
  }
  // 128 MB were told; what waits here is at most one frame behind the sockets' own buffers.
  expect(most).toBeLessThan(256 * 1024)
  wire.resume()
  let last = ''
  while (!last.startsWith('1999 ')) last = String((await stream.next()).value)
  await stream.return?.()
})
