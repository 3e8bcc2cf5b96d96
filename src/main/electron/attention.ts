import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/message-port'
import type { ContractRouterClient } from '@orpc/contract'
import type { Logger } from 'pino'
import type { deskContract } from '#contract/desk.ts'
import { isLive } from '#contract/domain/call.ts'
import type { DeskWindow, ElectronPort, ElectronShell, Tray } from './shell.ts'
import { raise } from './windows.ts'

export const trayAtRest = 'Ascolto'

const words = {
  it: { title: 'Chiamata in arrivo', body: 'Apri Ascolto per rispondere.' },
  en: { title: 'Incoming call', body: 'Open Ascolto to answer.' },
}

/**
 * Draws the operator to the window while a call rings that is not ignored, without taking the keyboard from any other: the frame flashes, the tray says so,
 * and a notification that names nobody, for others may see it.
 * Follows the calls as any page does, over a port of its own; ends with the port. `onLive` is told how many live.
 */
export function watchForCalls(
  electron: Pick<ElectronShell, 'Notification'>,
  port: ElectronPort,
  window: DeskWindow,
  tray: Pick<Tray, 'setToolTip'>,
  onLive: (calls: number) => void,
  log: Logger,
): void {
  const desk = createORPCClient<ContractRouterClient<typeof deskContract>>(
    new RPCLink({ port: port as unknown as MessagePort }),
  )
  port.start()
  const shown = new Map<string, { close(): void }>()

  let told = 0
  const follow = async () => {
    for await (const { calls } of await desk.calls.watch()) {
      onLive(calls.filter(isLive).length)
      const ringing = calls.filter(
        (call) => call.state === 'ringing' && call.direction === 'inbound' && !call.ignored,
      )
      for (const [id, notification] of shown) {
        if (ringing.some((call) => call.id === id)) continue
        notification.close()
        shown.delete(id)
      }
      if (!window.isDestroyed()) window.flashFrame(ringing.length > 0)
      if (ringing.length !== told) {
        const { language } = await desk.settings.get()
        tray.setToolTip(ringing.length > 0 ? `${trayAtRest}: ${words[language].title}` : trayAtRest)
        told = ringing.length
      }
      for (const call of ringing) {
        if (shown.has(call.id) || !electron.Notification.isSupported()) continue
        const { language } = await desk.settings.get()
        const notification = new electron.Notification({ ...words[language], silent: true })
        notification.on('click', () => raise(window))
        notification.show()
        shown.set(call.id, notification)
      }
    }
  }
  follow()
    .catch((error: unknown) => log.info({ err: error }, 'no longer watching for calls'))
    .finally(() => {
      onLive(0)
      for (const notification of shown.values()) notification.close()
      if (!window.isDestroyed()) window.flashFrame(false)
      tray.setToolTip(trayAtRest)
    })
}
