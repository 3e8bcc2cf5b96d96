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

/** Asks at once, and cuts the socket when nothing has come back within `ms`: after a sleep, or on another network. */
export function proveAlive(socket: WebSocket, ms = 1000): void {
  if (socket.readyState !== WebSocket.OPEN) return
  const timer = setTimeout(() => socket.terminate(), ms)
  const heard = () => {
    clearTimeout(timer)
    socket.off('pong', heard)
    socket.off('message', heard)
    socket.off('close', heard)
  }
  socket.on('pong', heard)
  socket.on('message', heard)
  socket.on('close', heard)
  socket.ping()
}
