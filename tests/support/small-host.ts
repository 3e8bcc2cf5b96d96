import { implement } from '@orpc/server'
import { RPCHandler as PortHandler } from '@orpc/server/message-port'
import { RPCHandler as SocketHandler } from '@orpc/server/ws'
import type { WebSocket } from 'ws'
import { type Capabilities, deskContract, type Session } from '#contract/desk.ts'
import { Fault } from '#contract/errors.ts'
import type { Host, Port } from '../../src/main/host/host.ts'

/** The two questions of the desk's contract that a shell's test asks, so that shells are tested without a host's services behind them. */
export type SmallHost = Host & {
  sockets: WebSocket[]
  callbacks: string[]
  /** What `completeSignIn` does; resolves unless set. */
  signIn: () => Promise<void>
  openWatches(): number
}

const loopback: Capabilities = {
  signIn: 'same-window',
  notifications: false,
  raiseWindow: false,
  mediaInPage: true,
}

export function smallHost(capabilities: Capabilities = loopback): SmallHost {
  let watches = 0
  const contract = { host: deskContract.host, session: { watch: deskContract.session.watch } }
  const os = implement(contract)
  const router = os.router({
    host: {
      capabilities: os.host.capabilities.handler(() => capabilities),
    },
    session: {
      watch: os.session.watch.handler(async function* ({ signal }): AsyncGenerator<Session> {
        watches += 1
        try {
          yield { phase: 'signed-out', fault: null }
          await new Promise<void>((resolve) =>
            signal?.addEventListener('abort', () => resolve(), { once: true }),
          )
        } finally {
          watches -= 1
        }
      }),
    },
  })
  const host: SmallHost = {
    sockets: [],
    callbacks: [],
    signIn: async () => {},
    openWatches: () => watches,
    attach(port: Port) {
      if (port.kind === 'websocket') {
        host.sockets.push(port.socket)
        void new SocketHandler(router).upgrade(port.socket)
      } else {
        new PortHandler(router).upgrade(port.port)
        port.port.start()
      }
    },
    async completeSignIn(callbackUrl) {
      if (!new URL(callbackUrl).searchParams.has('state'))
        throw new Fault('unauthenticated', 'sign-in-failed')
      host.callbacks.push(callbackUrl)
      await host.signIn()
    },
    async close() {},
  }
  return host
}
