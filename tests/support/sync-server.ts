import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { OpenAPIHandler } from '@orpc/openapi/node'
import { implement, ORPCError } from '@orpc/server'
import {
  type CommandEnvelope,
  CommandRequest,
  type CommandResult,
  localEffect,
} from '#contract/commands/registry.ts'
import { crmContract, crmPrefix, type FeedLine, feedPath, identityPath } from '#contract/crm.ts'
import type { Entity, EntityRows } from '#contract/domain/entities.ts'
import { newId } from '#contract/domain/ids.ts'
import { Fault } from '#contract/errors.ts'

/**
 * The sync part of the CRM's contract in memory, to break on purpose what the real one breaks only by chance. Bearer tokens are
 * user ids. Its commands do what a desk shows of them, a version higher; a ticket's text `refuse` is refused, `explode` throws.
 */
export interface SyncServer {
  url: string
  /** Asked for each request, before it is handled. */
  disturb(choose: (path: string, request: { bytes: number }) => Disturbance): void
  /** Rows by entity and id, as they are. */
  row<E extends Entity>(entity: E, id: string): EntityRows[E] | undefined
  put<E extends Entity>(entity: E, row: EntityRows[E]): void
  remove(entity: Entity, id: string): void
  /** How often each command id has had its effect. */
  effects: ReadonlyMap<string, number>
  /** Forget the numbers of all streams, as after a restored backup. */
  loseNumbers(): void
  /** Cursors given so far are worth nothing. */
  newEpoch(): void
  requests: ReadonlyMap<string, number>
  /** What the CRM itself answers to every push. */
  refusePushes: Fault | null
  close(): Promise<void>
  listen(): Promise<void>
}

/**
 * `lose`: handled, no answer. `late-503`: handled, an error answered. `twice`: commands handled twice.
 * `cut`: half of a page. `drop`: not handled. A number: this status, as a proxy on the way answers, not handled.
 */
export type Disturbance = 'none' | 'lose' | 'late-503' | 'twice' | 'cut' | 'drop' | 'unauthenticated' | number

type StreamState = { deviceId: string; userId: string; lastN: number; ids: Map<number, string> }
type Context = { authorization: string; twice: boolean }

const answer = (fault: Fault) =>
  new ORPCError('FAULT', { status: 500, defined: true, data: fault.toData(), message: fault.code })

export async function openSyncServer(): Promise<SyncServer> {
  const rows = new Map<string, { entity: Entity; id: string; row: unknown }>()
  const log: { entity: Entity; id: string }[] = []
  const streams = new Map<string, StreamState>()
  const results = new Map<string, CommandResult>()
  const effects = new Map<string, number>()
  const requests = new Map<string, number>()
  const listeners = new Set<() => void>()
  let epoch = 1
  const identity = newId()
  let choose: (path: string, request: { bytes: number }) => Disturbance = () => 'none'

  const key = (entity: Entity, id: string) => `${entity} ${id}`
  const get = <E extends Entity>(entity: E, id: string) =>
    rows.get(key(entity, id))?.row as EntityRows[E] | undefined
  const changed = (entity: Entity, id: string) => {
    log.push({ entity, id })
    for (const listener of listeners) listener()
  }
  const put = <E extends Entity>(entity: E, row: EntityRows[E]) => {
    rows.set(key(entity, row.id), { entity, id: row.id, row })
    changed(entity, row.id)
  }

  const perform = (stream: StreamState, command: CommandEnvelope): CommandResult => {
    const { n, id } = command
    const request = CommandRequest.parse({ name: command.name, args: command.args })
    if (request.name === 'ticket.open' && request.args.text === 'explode') throw new Error('a defect')
    if (request.name === 'ticket.open' && request.args.text === 'refuse')
      return { n, id, status: 'refused', fault: new Fault('conflict', 'contact-closed').toData() }
    const author = {
      user: { id: stream.userId, name: 'Somebody', roles: ['operator' as const] },
      at: command.at,
    }
    for (const change of localEffect({ get }, request, author))
      put(change.entity, {
        ...change.row,
        version: (get(change.entity, change.row.id)?.version ?? 0) + 1,
      } as never)
    effects.set(id, (effects.get(id) ?? 0) + 1)
    return { n, id, status: 'applied', fault: null }
  }

  const os = implement(crmContract).$context<Context>()
  const userOf = ({ authorization }: Pick<Context, 'authorization'>) => {
    const user = /^Bearer (.+)$/.exec(authorization)?.[1]
    if (!user) throw answer(new Fault('unauthenticated', 'signed-out'))
    return user
  }
  const deviceOf = ({ authorization }: Context) => {
    const device = /^Device ([^.]+)\./.exec(authorization)?.[1]
    if (!device) throw answer(new Fault('unauthenticated', 'signed-out'))
    return device
  }
  const streamOf = (streamId: string, deviceId: string) => {
    const stream = streams.get(streamId)
    if (stream?.deviceId !== deviceId) throw answer(new Fault('not-found', 'record-not-found'))
    return stream
  }

  const router = {
    me: os.me.handler(({ context }) => ({
      id: userOf(context),
      name: 'Anna Bianchi',
      givenName: 'Anna',
      roles: ['operator' as const],
      teams: [],
      extension: '2001',
    })),
    devices: {
      register: os.devices.register.handler(() => ({ deviceId: newId(), secret: 'secret' })),
      orders: os.devices.orders.handler(() => ({ wipe: null })),
    },
    sync: {
      registerStream: os.sync.registerStream.handler(({ context, input }) => {
        const stream = streams.get(input.streamId) ?? {
          deviceId: input.deviceId,
          userId: userOf(context),
          lastN: 0,
          ids: new Map(),
        }
        streams.set(input.streamId, stream)
        return { lastN: stream.lastN }
      }),
      replaceStream: os.sync.replaceStream.handler(({ context, input }) => {
        const old = streamOf(input.streamId, deviceOf(context))
        const stream = streams.get(input.replacement) ?? { ...old, lastN: 0, ids: new Map() }
        streams.set(input.replacement, stream)
        return { lastN: stream.lastN }
      }),
      push: os.sync.push.handler(({ context, input }) => {
        if (server.refusePushes) throw answer(server.refusePushes)
        const stream = streamOf(input.streamId, deviceOf(context))
        const answers: CommandResult[] = []
        for (const command of context.twice ? [...input.commands, ...input.commands] : input.commands) {
          const { n, id } = command
          const known = results.get(id)
          if (n <= stream.lastN && stream.ids.get(n) !== id)
            throw answer(new Fault('conflict', 'stream-reset'))
          if (n > stream.lastN + 1) throw answer(new Fault('invalid', 'input-invalid'))
          const result = known ? { ...known, n } : perform(stream, command)
          results.set(id, result)
          stream.lastN = Math.max(stream.lastN, n)
          stream.ids.set(n, id)
          answers.push(result)
        }
        return { results: answers, lastN: stream.lastN }
      }),
      notices: os.sync.notices.handler(async function* ({ context, signal }) {
        userOf(context)
        let ring = () => {}
        const listener = () => ring()
        listeners.add(listener)
        try {
          while (!signal?.aborted) {
            const next = new Promise<void>((resolve) => {
              ring = resolve
              signal?.addEventListener('abort', () => resolve(), { once: true })
            })
            yield { pull: true as const }
            await next
          }
        } finally {
          listeners.delete(listener)
        }
      }),
    },
  }
  const handler = new OpenAPIHandler<Context>(router as never)

  const feed = (request: IncomingMessage, response: ServerResponse, cut: boolean) => {
    const query = new URL(request.url ?? '', 'http://localhost').searchParams
    const [of, from] = (query.get('cursor') ?? `${epoch}:-1`).split(':').map(Number) as [number, number]
    const limit = Number(query.get('limit'))
    const lines: FeedLine[] = []
    let next = from
    if (of === epoch) {
      const begin = Math.max(0, from)
      const wanted = new Map<string, { entity: Entity; id: string }>()
      for (next = begin; next < log.length && wanted.size < limit; next += 1) {
        const change = log[next]
        if (change) wanted.set(key(change.entity, change.id), change)
      }
      for (const [at, { entity, id }] of wanted) {
        const row = rows.get(at)?.row
        lines.push(row === undefined ? { type: 'gone', entity, id } : { type: 'row', entity, id, row })
      }
      // Only where every row that the commands touched has been in this page or an earlier one.
      for (const [streamId, { deviceId, lastN }] of next < log.length ? [] : streams)
        if (deviceId === query.get('device')) lines.push({ type: 'applied', streamId, n: lastN })
    }
    const restart = of !== epoch
    lines.push({ type: 'end', cursor: `${epoch}:${next}`, more: restart || next < log.length, restart })
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
    response.writeHead(200, { 'content-type': 'application/x-ndjson' })
    response.end(cut ? text.slice(0, Math.floor(text.length / 2)) : text)
  }

  const handle = async (request: IncomingMessage, response: ServerResponse, what: Disturbance) => {
    const path = (request.url ?? '').split('?')[0] ?? ''
    const context = { authorization: request.headers.authorization ?? '', twice: what === 'twice' }
    if (path === identityPath)
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ epoch: identity }))
    else if (path === feedPath) feed(request, response, what === 'cut')
    else await handler.handle(request, response, { prefix: crmPrefix, context })
  }

  const onRequest = async (request: IncomingMessage, response: ServerResponse) => {
    const path = (request.url ?? '').split('?')[0] ?? ''
    requests.set(path, (requests.get(path) ?? 0) + 1)
    const what = choose(path, { bytes: Number(request.headers['content-length'] ?? 0) })
    if (what === 'drop') request.socket.destroy()
    else if (typeof what === 'number')
      response.writeHead(what, { 'content-type': 'text/html' }).end('<p>No.</p>')
    else if (what === 'unauthenticated') response.writeHead(401).end('{}')
    else {
      if (what === 'lose' || what === 'late-503') {
        const end = response.end.bind(response)
        const writeHead = response.writeHead.bind(response)
        response.writeHead = () => response
        response.end = (() => {
          if (what === 'lose') return request.socket.destroy() && response
          writeHead(503)
          return end('{}')
        }) as typeof response.end
      }
      await handle(request, response, what)
    }
  }

  let http: Server
  let port = 0
  const listen = async () => {
    http = createServer((request, response) => void onRequest(request, response))
    await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve))
    port = (http.address() as AddressInfo).port
  }
  await listen()

  const server: SyncServer = {
    get url() {
      return `http://127.0.0.1:${port}`
    },
    disturb(next) {
      choose = next
    },
    row: get,
    put,
    remove(entity, id) {
      rows.delete(key(entity, id))
      changed(entity, id)
    },
    effects,
    loseNumbers() {
      for (const stream of streams.values()) {
        stream.lastN = 0
        stream.ids.clear()
      }
    },
    newEpoch() {
      epoch += 1
    },
    requests,
    refusePushes: null,
    async close() {
      const closed = new Promise<void>((resolve) => http.close(() => resolve()))
      http.closeAllConnections()
      await closed
    },
    listen,
  }
  return server
}
