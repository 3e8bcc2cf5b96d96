import type { ClientContext, ClientLink } from '@orpc/client'
import { RPCLink } from '@orpc/client/message-port'
import { portHandover, portRequest } from '#contract/port.ts'
import type { OpenTransport } from './transport.ts'

/** The MessagePort that the preload hands to this window. The newest port is the one in use. */
export function portTransport(window: Window): OpenTransport {
  return (status) => {
    let link: ClientLink<ClientContext> | null = null
    let current: MessagePort | null = null

    const receive = (event: MessageEvent) => {
      if (event.source !== window || event.origin !== window.location.origin) return
      const port = event.ports[0]
      if (event.data !== portHandover || port === undefined) return
      if (current !== null) retire(current)
      current = port
      link = new RPCLink({ port })
      port.addEventListener('close', () => {
        if (current === port) status.set('lost')
      })
      port.start()
      status.set('open')
    }
    window.addEventListener('message', receive)
    window.postMessage(portRequest, window.location.origin)

    return {
      link: () => {
        if (link === null) throw new Error('no port from the host')
        return link
      },
      close: () => {
        window.removeEventListener('message', receive)
        if (current !== null) retire(current)
        status.set('lost')
      },
    }
  }
}

/** `close` events do not reach every end by themselves (electron/electron#31457); without one, calls in flight would never end. */
function retire(port: MessagePort): void {
  port.dispatchEvent(new Event('close'))
  port.close()
}
