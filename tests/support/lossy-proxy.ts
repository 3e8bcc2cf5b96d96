import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** `lose`: handled behind the proxy, no answer. `late-503`: handled, an error answered. `cut`: half of the answer. `drop`: never arrives. */
export type Loss = 'none' | 'lose' | 'late-503' | 'cut' | 'drop'

export interface LossyProxy {
  url: string
  choose: (path: string) => Loss
  close(): Promise<void>
}

/** A network between desk and CRM that loses what it is told to. */
export async function openLossyProxy(target: string): Promise<LossyProxy> {
  const pass = (request: IncomingMessage, response: ServerResponse, loss: Loss) => {
    const onward = forward(
      new URL(request.url ?? '', target),
      { method: request.method ?? 'GET', headers: { ...request.headers, connection: 'close' } },
      (answer) => {
        if (loss === 'none') {
          response.writeHead(answer.statusCode ?? 502, answer.headers)
          answer.pipe(response)
          answer.on('error', () => response.destroy())
          return
        }
        const parts: Buffer[] = []
        answer.on('data', (part: Buffer) => parts.push(part))
        answer.on('end', () => {
          const body = Buffer.concat(parts)
          if (loss === 'lose') request.socket.destroy()
          else if (loss === 'late-503') response.writeHead(503).end('{}')
          else {
            const type = answer.headers['content-type'] ?? ''
            response.writeHead(answer.statusCode ?? 502, { 'content-type': type })
            response.end(body.subarray(0, body.length / 2))
          }
        })
      },
    )
    onward.on('error', () => request.socket.destroy())
    response.on('close', () => onward.destroy())
    request.pipe(onward)
  }

  const server = createServer((request, response) => {
    const loss = proxy.choose(request.url?.split('?')[0] ?? '')
    if (loss === 'drop') request.socket.destroy()
    else pass(request, response, loss)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const proxy: LossyProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    choose: () => 'none',
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
  return proxy
}
