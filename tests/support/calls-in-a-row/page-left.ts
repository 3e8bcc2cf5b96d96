import type { CDPSession, Page } from '@playwright/test'

/** What a page has open, after its garbage was collected. */
export type PageLeft = {
  connections: number
  audioContexts: number
  /** Microphones and other tracks that are live. */
  tracks: number
  /** Not those of a minute or more: what was asked of the host is kept for ten, and then forgotten by such a one. */
  timers: number
  dialogs: number
  /** In the document. */
  elements: number
  /** Of every kind, in the document and out of it, as the browser counts them. */
  nodes: number
  listeners: number
  heap: number
}

declare global {
  var openThings: () => Pick<PageLeft, 'connections' | 'audioContexts' | 'tracks' | 'timers'>
}

/** Before the page is opened: the product is not told. What is closed is forgotten, so that nothing lives on because of its test. */
export async function countOpenThings(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const connections = new Set<RTCPeerConnection>()
    const contexts = new Set<AudioContext>()
    const tracks = new Set<MediaStreamTrack>()
    const timers = new Set<unknown>()
    const expiry = 60_000

    // As `listenToAudio` has them, but without those that are closed.
    Object.defineProperty(window, 'peerConnections', { get: () => [...connections] })
    window.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(configuration?: RTCConfiguration) {
        super(configuration)
        connections.add(this)
      }
      override close(): void {
        super.close()
        connections.delete(this)
      }
    }
    window.AudioContext = class extends AudioContext {
      constructor(options?: AudioContextOptions) {
        super(options)
        contexts.add(this)
      }
      override async close(): Promise<void> {
        await super.close()
        contexts.delete(this)
      }
    }
    const { mediaDevices } = navigator
    const open = mediaDevices.getUserMedia.bind(mediaDevices)
    mediaDevices.getUserMedia = async (constraints) => {
      const stream = await open(constraints)
      for (const track of stream.getTracks()) tracks.add(track)
      return stream
    }

    const { setTimeout: later, setInterval: again, clearTimeout: notLater, clearInterval: notAgain } = window
    window.setTimeout = ((work: () => void, ms?: number, ...rest: []) => {
      const timer = later(() => {
        timers.delete(timer)
        work(...rest)
      }, ms)
      if ((ms ?? 0) < expiry) timers.add(timer)
      return timer
    }) as typeof setTimeout
    window.setInterval = ((work: () => void, ms?: number, ...rest: []) => {
      const timer = again(work, ms, ...rest)
      timers.add(timer)
      return timer
    }) as typeof setInterval
    window.clearTimeout = (timer) => {
      timers.delete(timer)
      notLater(timer)
    }
    window.clearInterval = (timer) => {
      timers.delete(timer)
      notAgain(timer)
    }

    window.openThings = () => {
      for (const track of tracks) if (track.readyState === 'ended') tracks.delete(track)
      return {
        connections: connections.size,
        audioContexts: contexts.size,
        tracks: tracks.size,
        timers: timers.size,
      }
    }
  })
}

export async function leftInPage(page: Page, devtools: CDPSession): Promise<PageLeft> {
  // What a finalizer lets go is garbage of the next round.
  for (let round = 0; round < 2; round++) await devtools.send('HeapProfiler.collectGarbage')
  const { nodes, jsEventListeners: listeners } = await devtools.send('Memory.getDOMCounters')
  const { usedSize: heap } = await devtools.send('Runtime.getHeapUsage')
  const dialogs = await page.getByRole('dialog').count()
  const elements = await page.locator('*').count()
  return { ...(await page.evaluate(() => window.openThings())), dialogs, elements, nodes, listeners, heap }
}
