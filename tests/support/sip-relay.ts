import type { AddressInfo } from 'node:net'
import { WebSocket, WebSocketServer } from 'ws'

export type SipRelay = {
  url: string
  /** Everything that the desk sent. */
  fromDesk: string[]
  /** How often a desk has connected. */
  connections(): number
  /** What answers the desk's message in the line's place; null lets it pass, nothing answers where it is empty. */
  intercept: (message: string) => string | null
  /** What the desk gets of what the line says. */
  toDesk: (message: string) => string
  /** To the desk, as if from the line. */
  say(message: string): void
  close(): Promise<void>
}

/** SIP between a desk and a line, message by message, for a test to watch, to answer and to spoil. */
export async function openSipRelay(upstream: string): Promise<SipRelay> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'sip' })
  await new Promise((resolve) => server.once('listening', resolve))
  let connections = 0
  const relay: SipRelay = {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    fromDesk: [],
    connections: () => connections,
    intercept: () => null,
    toDesk: (message) => message,
    say(message) {
      for (const desk of server.clients) desk.send(message)
    },
    async close() {
      for (const desk of server.clients) desk.terminate()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  server.on('connection', (desk) => {
    connections++
    const line = new WebSocket(upstream, 'sip')
    const opened = new Promise((resolve) => line.once('open', resolve))
    desk.on('message', (data) => {
      const message = data.toString()
      relay.fromDesk.push(message)
      const answer = relay.intercept(message)
      if (answer === null) void opened.then(() => line.send(message))
      else if (answer !== '') desk.send(answer)
    })
    line.on('message', (data) => desk.send(relay.toDesk(data.toString())))
    line.on('close', () => desk.terminate())
    line.on('error', () => desk.terminate())
    desk.on('close', () => line.terminate())
  })
  return relay
}

/** An INVITE within a dialog: a new offer (RFC 3261 14). */
export const inDialog = (message: string): boolean => /^INVITE [\s\S]*^To:.*;tag=/im.test(message)

/** A final answer to a request, with the headers that must be copied (RFC 3261 8.2.6.2). */
export function answerTo(request: string, status: string): string {
  const copied = request.split('\r\n').filter((line) => /^(?:Via|From|To|Call-ID|CSeq):/i.test(line))
  return [`SIP/2.0 ${status}`, ...copied, 'Content-Length: 0', '', ''].join('\r\n')
}
