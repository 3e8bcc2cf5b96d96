import type { ClientContext, ClientLink } from '@orpc/client'
import { RPCLink } from '@orpc/client/message-port'
import type { OpenTransport } from './transport.ts'

/** What page and preload say to each other on the window: the page asks, the preload hands over one port, and again after a host restart. */
export const portRequest = 'ascolto:port-request'
export const portHandover = 'ascolto:port'

/** The MessagePort that the preload hands to this window. The newest port is the one in use. */
export function portTransport(window: Window): OpenTransport {
  return (status) => {
    let link: ClientLink<ClientContext> | null = null
    let current: MessagePort | null = null

    const receive = (event: MessageEvent) => {
      if (event.source !== window || event.origin !== window.location.origin) return
      const port = event.ports[0]
      if (event.data !== portHandover || port === undefined) return
      current?.close()
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
        current?.close()
        status.set('lost')
      },
    }
  }
}
