import type { Logger } from 'pino'
import type { FaultData } from '#contract/errors.ts'
import type { KeyStore } from '../host/host.ts'
import { type Ask, FromHost, type ToHost } from './host-messages.ts'
import { faultData } from './host-service.ts'
import type { ElectronPort, ElectronShell, HostProcess } from './shell.ts'

const firstPauseMs = 100
const longestPauseMs = 5_000
/** A host that lived this long is not in a loop of crashes. */
const steadyMs = 30_000
const closePatienceMs = 5_000

export type HostControlOptions = {
  electron: Pick<ElectronShell, 'utilityProcess' | 'MessageChannelMain'>
  modulePath: string
  dataDir: string
  crmUrl: string
  notifications: boolean
  keys: KeyStore
  openExternal(url: string): Promise<void>
  /** The host is ready, the first time or again: whoever had a port needs a new one. */
  onReady(): void
  onSignedIn(): void
  /** The host cannot be opened, and trying again would not help. */
  onFailed(fault: FaultData): void
  log: Logger
}

export type HostControl = {
  /** The page's end of a new channel to the host, or null while there is none; `onReady` tells when to ask again. */
  connect(): ElectronPort | null
  close(): Promise<void>
}

/** Keeps the host's process running: opens it, answers what only the main process can do, and starts it anew when it dies. */
export function controlHost(options: HostControlOptions): HostControl {
  const { electron, keys, log } = options
  let running: HostProcess | null = null
  let ready = false
  let closing = false
  let pauseMs = firstPauseMs
  let restart: NodeJS.Timeout | undefined
  let onExit = () => {}

  const tell = (message: ToHost, transfer?: ElectronPort[]) => running?.postMessage(message, transfer)

  const answer = async (ask: Ask): Promise<Uint8Array> => {
    switch (ask.what) {
      case 'database-key':
        return Buffer.from(await keys.databaseKey(), 'hex')
      case 'seal':
        return await keys.seal(ask.bytes)
      case 'unseal':
        return await keys.unseal(ask.bytes)
      case 'open-external':
        await options.openExternal(ask.url)
        return new Uint8Array()
    }
  }

  const receive = (message: FromHost) => {
    switch (message.type) {
      case 'ready':
        ready = true
        return options.onReady()
      case 'failed':
        return options.onFailed(message.fault)
      case 'signed-in':
        return options.onSignedIn()
      case 'closed':
        return
      case 'ask': {
        const { id } = message
        answer(message.ask).then(
          (bytes) => tell({ type: 'answer', id, bytes: Uint8Array.from(bytes) }),
          (error: unknown) => tell({ type: 'refusal', id, fault: faultData(error) }),
        )
      }
    }
  }

  const start = () => {
    const child = electron.utilityProcess.fork(options.modulePath, [], {
      serviceName: 'Ascolto host',
      stdio: 'inherit',
    })
    const since = Date.now()
    running = child
    child.on('message', (data) => {
      const message = FromHost.safeParse(data)
      if (message.success) receive(message.data)
      else log.error('the host process sent a message that is none of ours')
    })
    child.on('exit', (code) => {
      if (running !== child) return
      running = null
      ready = false
      onExit()
      if (closing) return
      if (Date.now() - since > steadyMs) pauseMs = firstPauseMs
      log.error({ code, pauseMs }, 'the host process ended; starting it anew')
      restart = setTimeout(start, pauseMs)
      pauseMs = Math.min(pauseMs * 2, longestPauseMs)
    })
    const { dataDir, crmUrl, notifications } = options
    tell({ type: 'open', dataDir, crmUrl, notifications })
  }
  start()

  return {
    connect: () => {
      if (!ready) return null
      const { port1, port2 } = new electron.MessageChannelMain()
      tell({ type: 'port' }, [port1])
      return port2
    },
    close: async () => {
      closing = true
      clearTimeout(restart)
      const child = running
      if (child === null) return
      const gone = new Promise<void>((resolve) => {
        onExit = resolve
      })
      tell({ type: 'close' })
      const timer = setTimeout(() => child.kill(), closePatienceMs)
      await gone
      clearTimeout(timer)
    },
  }
}
