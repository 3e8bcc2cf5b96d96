import type { Logger } from 'pino'
import { Fault, type FaultData } from '#contract/errors.ts'
import type { Host, HostOptions } from '../host/host.ts'
import { type Ask, type FromHost, ToHost } from './host-messages.ts'
import { type RedirectListener, redirectListener } from './redirect-listener.ts'
import type { ElectronPort, ParentPort } from './shell.ts'

/** The desk's host inside Electron's utility process: opened, handed ports and closed by the main process. */
export function serveHost(
  parent: ParentPort,
  open: (options: HostOptions) => Promise<Host>,
  exit: () => void,
  log: Logger,
): void {
  const tell = (message: FromHost) => parent.postMessage(message)
  const asks = new Map<number, { resolve(bytes: Uint8Array): void; reject(fault: Fault): void }>()
  let lastAsk = 0
  let host: Host | null = null
  let listener: RedirectListener | null = null

  const ask = (what: Ask) =>
    new Promise<Uint8Array>((resolve, reject) => {
      lastAsk += 1
      asks.set(lastAsk, { resolve, reject })
      tell({ type: 'ask', id: lastAsk, ask: what })
    })

  const start = async (dataDir: string, crmUrl: string, notifications: boolean) => {
    const redirect = redirectListener(async (callbackUrl) => {
      if (host === null) throw new Fault('unavailable', 'unavailable-now')
      await host.completeSignIn(callbackUrl)
      tell({ type: 'signed-in' })
    })
    listener = redirect
    host = await open({
      dataDir,
      crmUrl,
      keys: {
        databaseKey: async () => Buffer.from(await ask({ what: 'database-key' })).toString('hex'),
        seal: (bytes) => ask({ what: 'seal', bytes: Uint8Array.from(bytes) }),
        unseal: (bytes) => ask({ what: 'unseal', bytes: Uint8Array.from(bytes) }),
      },
      capabilities: { signIn: 'system-browser', notifications, raiseWindow: true, mediaInPage: false },
      redirectUri: () => redirect.redirectUri(),
      openExternal: async (url) => {
        await ask({ what: 'open-external', url })
      },
      log,
    })
    tell({ type: 'ready' })
  }

  const stop = async () => {
    await listener?.close()
    await host?.close()
    tell({ type: 'closed' })
    exit()
  }

  const receive = async (message: ToHost, port: ElectronPort | undefined) => {
    switch (message.type) {
      case 'open':
        try {
          return await start(message.dataDir, message.crmUrl, message.notifications)
        } catch (error) {
          if (!(error instanceof Fault)) log.error({ err: error }, 'the host did not open')
          return tell({ type: 'failed', fault: faultData(error) })
        }
      case 'port':
        if (port !== undefined) host?.attach({ kind: 'message-port', port: domPort(port) })
        return
      case 'answer':
      case 'refusal': {
        const waiting = asks.get(message.id)
        asks.delete(message.id)
        if (message.type === 'answer') waiting?.resolve(message.bytes)
        else waiting?.reject(faultOf(message.fault))
        return
      }
      case 'close':
        return await stop()
    }
  }

  parent.on('message', ({ data, ports }) => {
    const message = ToHost.safeParse(data)
    if (!message.success) return log.error('the main process sent a message that is none of ours')
    receive(message.data, ports[0]).catch((error: unknown) => {
      log.error({ err: error, type: message.data.type }, 'the host failed at a message of the main process')
    })
  })
}

export function faultOf(data: FaultData): Fault {
  return new Fault(data.kind, data.code, { params: data.params })
}

export function faultData(error: unknown): FaultData {
  return error instanceof Fault ? error.toData() : { kind: 'internal', code: 'unexpected', params: {} }
}

/** Electron's port has Node's events; the host takes the web's. */
function domPort(port: ElectronPort): MessagePort {
  const target = new EventTarget()
  port.on('message', ({ data }) => target.dispatchEvent(new MessageEvent('message', { data })))
  port.on('close', () => target.dispatchEvent(new Event('close')))
  return Object.assign(target, {
    postMessage: (message: unknown) => port.postMessage(message),
    start: () => port.start(),
    close: () => port.close(),
    onmessage: null,
    onmessageerror: null,
    onclose: null,
  }) as unknown as MessagePort
}
