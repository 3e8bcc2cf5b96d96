import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Core, type Session } from 'sip.js'
import { RTCPeerConnection } from 'werift'
import { LiveCall } from '../../../src/main/phone/live-call.ts'
import type { Line } from '../../../src/practice/line.ts'

/** What is alive in this process, which is the desk's host and the practice line at once, after its garbage was collected. */
export type HostLeft = {
  calls: number
  sessions: number
  lineCalls: number
  lineConnections: number
  timers: number
  heap: number
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

class Alive<T extends object> {
  readonly #seen = new WeakSet<T>()
  #references: WeakRef<T>[] = []

  add(one: T): void {
    if (this.#seen.has(one)) return
    this.#seen.add(one)
    this.#references.push(new WeakRef(one))
  }

  count(): number {
    this.#references = this.#references.filter((one) => one.deref() !== undefined)
    return this.#references.length
  }
}

/**
 * Looks on from now on. A transaction waits 32 s for what may come late (RFC 6026) and holds its session meanwhile: in this process it
 * waits for a second.
 */
export function watchHost(line: Line): () => Promise<HostLeft> {
  Object.assign(Core.Timers, { TIMER_L: 1000, TIMER_M: 1000 })
  const calls = new Alive<LiveCall>()
  const sessions = new Alive<Session>()
  const connections = new Alive<RTCPeerConnection>()
  const { setMedia } = LiveCall.prototype
  LiveCall.prototype.setMedia = function (media) {
    calls.add(this)
    sessions.add(this.session)
    setMedia.call(this, media)
  }
  const { setRemoteDescription } = RTCPeerConnection.prototype
  RTCPeerConnection.prototype.setRemoteDescription = function (description) {
    connections.add(this)
    return setRemoteDescription.call(this, description)
  }
  return async () => {
    // What a reference was asked for stays until the turn is over.
    await new Promise((resolve) => setImmediate(resolve))
    collectGarbage()
    return {
      calls: calls.count(),
      sessions: sessions.count(),
      lineCalls: line.calls().length,
      lineConnections: connections.count(),
      timers: process.getActiveResourcesInfo().filter((what) => what === 'Timeout').length,
      heap: process.memoryUsage().heapUsed,
    }
  }
}
