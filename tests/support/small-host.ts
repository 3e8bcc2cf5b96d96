import { implement } from '@orpc/server'
import { pino } from 'pino'
import type { WebSocket } from 'ws'
import { type Capabilities, defaultSettings, deskContract, type Session } from '#contract/desk.ts'
import type { Call } from '#contract/domain/call.ts'
import { Fault } from '#contract/errors.ts'
import { openDoor } from '../../src/main/host/attach.ts'
import type { Host, Port } from '../../src/main/host/host.ts'

/** The few questions of the desk's contract that a shell's test asks, behind the host's own door, without the services. */
export type SmallHost = Host & {
  sockets: WebSocket[]
  callbacks: string[]
  /** What `completeSignIn` does; resolves unless set. */
  signIn: () => Promise<void>
  openWatches(): number
  /** What `calls.watch` tells next. */
  showCalls(calls: Call[]): void
}

const loopback: Capabilities = {
  signIn: 'same-window',
  notifications: false,
  raiseWindow: false,
  mediaInPage: true,
}

export function smallHost(capabilities: Capabilities = loopback): SmallHost {
  let watches = 0
  let calls: Call[] = []
  let tellCalls = () => {}
  const contract = {
    host: deskContract.host,
    session: { watch: deskContract.session.watch },
    calls: { watch: deskContract.calls.watch },
    settings: { get: deskContract.settings.get },
  }
  const os = implement(contract)
  const router = os.router({
    host: {
      capabilities: os.host.capabilities.handler(() => capabilities),
    },
    settings: { get: os.settings.get.handler(() => ({ ...defaultSettings, language: 'en' as const })) },
    calls: {
      watch: os.calls.watch.handler(async function* ({ signal }) {
        for (let shown: Call[] | null = null; !signal?.aborted; ) {
          if (shown !== calls) {
            shown = calls
            yield { calls }
            continue
          }
          await new Promise<void>((resolve) => {
            tellCalls = resolve
            signal?.addEventListener('abort', () => resolve(), { once: true })
          })
        }
      }),
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
  const door = openDoor(router, pino({ level: 'silent' }))
  const host: SmallHost = {
    sockets: [],
    callbacks: [],
    signIn: async () => {},
    openWatches: () => watches,
    attach(port: Port) {
      if (port.kind === 'websocket') host.sockets.push(port.socket)
      door.attach(port)
    },
    async completeSignIn(callbackUrl) {
      if (!new URL(callbackUrl).searchParams.has('state'))
        throw new Fault('unauthenticated', 'sign-in-failed')
      host.callbacks.push(callbackUrl)
      await host.signIn()
    },
    async close() {
      door.close()
    },
    showCalls: (next) => {
      calls = next
      tellCalls()
    },
  }
  return host
}
