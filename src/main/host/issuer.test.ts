import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { openIssuer } from './issuer.ts'

let server: Server | null = null
afterEach(async () => {
  server?.closeAllConnections()
  server?.close()
  server = null
})

async function failure(answer: RequestListener): Promise<unknown> {
  server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const issuer = openIssuer(`http://127.0.0.1:${port}/oidc`, () => new Date())
  return issuer.refresh('a refresh token').catch((error: unknown) => error)
}

describe('an issuer', () => {
  it.each<[string, RequestListener]>([
    ['breaks the connection', (request) => request.socket.destroy()],
    ['says that it cannot answer now', (_, response) => response.writeHead(503).end()],
    ['asks for patience', (_, response) => response.writeHead(429).end()],
    [
      'breaks off in its answer',
      (request, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 })
        response.write('{', () => request.socket.destroy())
      },
    ],
  ])('that %s is away', async (_, answer) => {
    expect(await failure(answer)).toMatchObject({ kind: 'unavailable', code: 'crm-away' })
  })

  it.each<[string, RequestListener]>([
    [
      'answers with a page',
      (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>Wi-Fi</p>'),
    ],
    [
      'is another one',
      (_, response) =>
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(JSON.stringify({ issuer: 'https://other.invalid' })),
    ],
    ['is not there', (_, response) => response.writeHead(404).end()],
  ])('that %s is not away: the sign-in fails, and no session ends by it', async (_, answer) => {
    expect(await failure(answer)).toMatchObject({ kind: 'unavailable', code: 'sign-in-failed' })
  })
})
