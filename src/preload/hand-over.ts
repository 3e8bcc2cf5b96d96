import { portHandover, portRequest } from '#contract/port.ts'

/** What the preload needs of Electron's `ipcRenderer`. */
export type IpcEnd = {
  send(channel: string): void
  on(channel: string, listener: (event: { ports: readonly MessagePort[] }) => void): unknown
}

/** Hands ports from the main process on to this window. The context bridge cannot carry them, so they go by `postMessage` to our own origin. */
export function handOverPorts(window: Window, ipc: IpcEnd): void {
  const { origin } = window.location
  window.addEventListener('message', (event) => {
    if (event.source === window && event.origin === origin && event.data === portRequest)
      ipc.send(portRequest)
  })
  ipc.on(portHandover, (event) => {
    const port = event.ports[0]
    if (port !== undefined) window.postMessage(portHandover, origin, [port])
  })
}
