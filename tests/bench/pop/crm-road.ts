import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { type WebSocket, WebSocketServer } from 'ws'
import { until } from '../../support/until.ts'

/** Half of the round trip between a desk and the CRM. */
const oneWayMs = 10

const quietMs = 100

const types: Record<string, string> = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript' }

/** The way to the CRM, with its delay; the same for the desk and the plain page, which it also serves. */
export class CrmRoad {
  readonly url: string
  readonly #close: () => Promise<void>
  readonly #sockets: WebSocketServer
  #crm: URL | null = null
  #lastUse = 0

  private constructor(url: string, sockets: WebSocketServer, close: () => Promise<void>) {
    this.url = url
    this.#sockets = sockets
    this.#close = close
  }

  /** `pages`: the folder of the built plain page, under `/plain/`. */
  static async open(pages: string): Promise<CrmRoad> {
    const agent = new Agent({ keepAlive: true })
    const server = createServer((request, response) => {
      const path = request.url ?? '/'
      if (path.startsWith('/plain/')) void serve(join(pages, path.slice('/plain/'.length)), response)
      else road.#forward(request, response, agent)
    })
    const sockets = new WebSocketServer({ server, path: '/floor', perMessageDeflate: false })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const road: CrmRoad = new CrmRoad(
      `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      sockets,
      async () => {
        for (const socket of sockets.clients) socket.terminate()
        agent.destroy()
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      },
    )
    return road
  }

  leadTo(crmUrl: string): void {
    this.#crm = new URL(crmUrl)
  }

  /** Nothing has gone to or come from the CRM for a while: what the last call caused is done. */
  async quiet(): Promise<void> {
    await until('nothing goes to the CRM', () => performance.now() - this.#lastUse > quietMs)
  }

  /** The next socket of a page that only paints what it is sent. */
  async nextSocket(): Promise<WebSocket> {
    const [socket] = (await once(this.#sockets, 'connection')) as [WebSocket]
    return socket
  }

  #forward(request: IncomingMessage, response: ServerResponse, agent: Agent): void {
    const crm = this.#crm
    if (!crm) {
      response.writeHead(503).end()
      return
    }
    const later = (then: () => void) => {
      this.#lastUse = performance.now()
      setTimeout(then, oneWayMs)
    }
    const { method, url, headers } = request
    later(() => {
      const onward = httpRequest(
        { host: crm.hostname, port: crm.port, agent, method, path: url, headers },
        (answer) => {
          later(() => {
            response.writeHead(answer.statusCode ?? 502, answer.headers)
            response.flushHeaders()
          })
          answer.on('data', (part: Buffer) => later(() => response.write(part)))
          answer.on('end', () => later(() => response.end()))
          answer.on('error', () => response.destroy())
        },
      )
      onward.on('error', () => response.destroy())
      response.on('close', () => onward.destroy())
      request.pipe(onward)
    })
  }

  close(): Promise<void> {
    return this.#close()
  }
}

async function serve(file: string, response: ServerResponse): Promise<void> {
  try {
    const content = await readFile(file)
    response
      .writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream' })
      .end(content)
  } catch {
    response.writeHead(404).end()
  }
}
