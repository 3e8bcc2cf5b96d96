import { onMessagePortClose, onMessagePortMessage, postMessagePortMessage } from '@orpc/client/message-port'
import type { Router } from '@orpc/server'
import { RPCHandler } from '@orpc/server/ws'
import type { Logger } from 'pino'
import type { WebSocket } from 'ws'
import { z } from 'zod'
import { Fault } from '#contract/errors.ts'
import { faultsOfIterator, toWire } from './faults.ts'

/** Something the page's end of a channel is attached to: a WebSocket, or a MessagePort. oRPC's handlers take either. */
export type Port = { kind: 'websocket'; socket: WebSocket } | { kind: 'message-port'; port: MessagePort }

/** Two ends that send each other text. */
type Channel = {
  /** Resolves when the text has left this process, as far as that can be known: an iterator sends its next value only then. */
  send(text: string): Promise<void>
  onText(listener: (text: string) => void): void
  onClose(listener: () => void): void
  close(): void
}

const maxFrame = 1024 * 1024
/** A page that lets this much wait does not read any more. */
const maxWaiting = 16 * 1024 * 1024

/** What may come in: a request, an event of an iterator that the page sends, or an abort. */
const Frame = z.union([
  z.object({
    i: z.string().min(1).max(64),
    t: z.literal(1).optional(),
    p: z.object({ u: z.string().max(2_000).regex(/^\//) }).loose(),
  }),
  z.object({ i: z.string().min(1).max(64), t: z.literal([3, 4]), p: z.unknown().optional() }),
])

const isFrame = (text: string): boolean => {
  try {
    return text.length <= maxFrame && Frame.safeParse(JSON.parse(text)).success
  } catch {
    return false
  }
}

function channelOf(port: Port, log: Logger): Channel {
  if (port.kind === 'websocket') {
    const { socket } = port
    socket.on('error', (error) => log.warn({ reason: error.message }, 'the window broke its connection'))
    return {
      send: (text) =>
        new Promise((resolve) => {
          if (socket.readyState !== socket.OPEN) return resolve()
          if (socket.bufferedAmount > maxWaiting) {
            log.warn({ bytes: socket.bufferedAmount }, 'the window does not read; its connection is ended')
            socket.terminate()
            return resolve()
          }
          socket.send(text, () => resolve())
        }),
      onText: (listener) =>
        socket.on('message', (data, isBinary) => {
          if (isBinary) log.warn('a binary frame was refused')
          else listener(data.toString())
        }),
      onClose: (listener) => socket.once('close', listener),
      close: () => socket.close(1001),
    }
  }
  const { port: end } = port
  return {
    // A port tells nothing of its reader. The pause lets values that change in one turn of the loop be merged.
    send: (text) => {
      postMessagePortMessage(end, text)
      return new Promise((resolve) => setImmediate(resolve))
    },
    onText: (listener) => {
      onMessagePortMessage(end, (data: unknown) => {
        if (typeof data === 'string') listener(data)
        else log.warn('a message that is no text was refused')
      })
      end.start()
    },
    onClose: (listener) => onMessagePortClose(end, listener),
    close: () => end.close(),
  }
}

/** Serves a router to every port that is attached, the same for both kinds. */
export function openDoor(router: Router<Record<never, never>, Record<never, never>>, log: Logger) {
  const channels = new Set<Channel>()
  const handler = new RPCHandler(router, {
    interceptors: [
      async ({ next, request }) => {
        const procedure = request.url.pathname.slice(0, 80)
        try {
          const result = await next()
          if (result.matched) return result
        } catch (error) {
          throw toWire(error, log, procedure)
        }
        throw toWire(new Fault('not-found', 'input-invalid'), log, procedure)
      },
    ],
    clientInterceptors: [async ({ next, path }) => faultsOfIterator(await next(), log, path.join('.'))],
  })

  return {
    attach(port: Port): void {
      const channel = channelOf(port, log)
      channels.add(channel)
      // The handler asks of its socket no more than this.
      const socket = {
        send: channel.send,
        addEventListener(type: string, listener: (event: { data: string }) => void) {
          if (type === 'message') {
            channel.onText((data) => {
              if (isFrame(data)) listener({ data })
              else log.warn({ length: data.length }, 'a malformed message was refused')
            })
          } else if (type === 'close') {
            channel.onClose(() => listener({ data: '' }))
          }
        },
      }
      channel.onClose(() => channels.delete(channel))
      void handler.upgrade(socket as unknown as Pick<WebSocket, 'addEventListener' | 'send'>, { context: {} })
    },
    close(): void {
      for (const channel of channels) channel.close()
      channels.clear()
    },
  }
}
