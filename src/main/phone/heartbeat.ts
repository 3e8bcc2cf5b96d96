import { WebSocket } from 'ws'

/** Two unanswered pings: a dead socket is noticed in at most 4.2 s. */
const interval = 1400
const allowedMisses = 2

/**
 * Pings a WebSocket (RFC 6455 5.5.2; RFC 7118 6 allows it for SIP) and cuts it when nothing comes back, so that its `close` event
 * tells what the network does not. Stops by itself when the socket closes.
 */
export function keepAlive(socket: WebSocket): void {
  let missed = 0
  const heard = () => {
    missed = 0
  }
  const timer = setInterval(() => {
    if (missed >= allowedMisses) socket.terminate()
    else if (socket.readyState === WebSocket.OPEN) {
      missed++
      socket.ping()
    }
  }, interval)
  socket.on('pong', heard)
  socket.on('message', heard)
  socket.once('close', () => clearInterval(timer))
}

/** Asks at once, and cuts the socket when nothing has come back within `ms`: after a sleep, on another network, when packets stop. */
export function proveAlive(socket: WebSocket, ms = 1000): Promise<boolean> {
  if (socket.readyState !== WebSocket.OPEN) return Promise.resolve(false)
  return new Promise((resolve) => {
    const settle = (alive: boolean) => {
      clearTimeout(timer)
      for (const [event, listener] of Object.entries(listeners)) socket.removeListener(event, listener)
      resolve(alive)
    }
    const listeners = {
      pong: () => settle(true),
      message: () => settle(true),
      close: () => settle(false),
    }
    const timer = setTimeout(() => {
      settle(false)
      socket.terminate()
    }, ms)
    for (const [event, listener] of Object.entries(listeners)) socket.on(event, listener)
    socket.ping()
  })
}
