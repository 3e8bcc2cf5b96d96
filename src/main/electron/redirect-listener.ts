import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { Fault } from '#contract/errors.ts'
import { page, type Words, words, wordsOf } from '../plain-page.ts'

const lifetimeMs = 10 * 60_000

export type RedirectListener = {
  /** Opens the port for one sign-in (RFC 8252, 7.3); the one of an earlier sign-in closes. */
  redirectUri(): Promise<string>
  close(): Promise<void>
}

/** Hears the browser come back from the issuer. The port is open only between the begin of a sign-in and its end, at most ten minutes. */
export function redirectListener(complete: (callbackUrl: string) => Promise<void>): RedirectListener {
  let current: { server: Server; timer: NodeJS.Timeout } | null = null

  const close = async () => {
    const open = current
    current = null
    if (open === null) return
    clearTimeout(open.timer)
    await new Promise<void>((resolve) => {
      open.server.close(() => resolve())
      open.server.closeIdleConnections()
    })
  }

  const receive = async (request: IncomingMessage, response: ServerResponse, origin: string) => {
    if (request.headers.host !== new URL(origin).host) return say(response, 403, words.refused)
    if (request.method !== 'GET' || URL.parse(request.url ?? '', origin)?.pathname !== '/callback')
      return say(response, 404, words.notFound)
    try {
      await complete(`${origin}${request.url}`)
    } catch (error) {
      // Something else on this machine may have guessed the port: the true answer must still find it open.
      return say(response, 400, error instanceof Fault ? wordsOf(error.code) : words.signInFailed)
    }
    say(response, 200, words.signedInElsewhere)
    await close()
  }

  return {
    redirectUri: async () => {
      await close()
      let origin = ''
      const server = createServer((request, response) => void receive(request, response, origin))
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(0, '127.0.0.1', resolve)
      })
      const address = server.address()
      if (address === null || typeof address === 'string') throw new Error('not bound to a TCP port')
      origin = `http://127.0.0.1:${address.port}`
      const timer = setTimeout(() => void close(), lifetimeMs)
      timer.unref()
      current = { server, timer }
      return `${origin}/callback`
    },
    close,
  }
}

function say(response: ServerResponse, status: number, says: Words): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
    connection: 'close',
  })
  response.end(page(says, 'no'))
}
