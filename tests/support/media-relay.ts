import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { randomOf } from '../bench/lib/random.ts'
import type { PageMedia } from './media-page/media-page.ts'

/** What happens to packets on their way. */
export type Weather = {
  delayMs: number
  /** Up to so much more, at random: packets overtake each other. */
  jitterMs: number
  /** Share of the packets, 0 to 1. */
  loss: number
  /** Nothing passes. */
  cut: boolean
  /** RTCP passes. */
  reports: boolean
}

export const fair: Weather = { delayMs: 0, jitterMs: 0, loss: 0, cut: false, reports: true }

type Side = { address: string; port: number }

/** Packets under way at most; what is more is dropped, as a router would. */
const queueLimit = 500

export type MediaRelay = {
  toPage: Weather
  toLine: Weather
  /** Passed on so far. */
  passed: { toPage: number; toLine: number }
  close(): Promise<void>
}

/**
 * A network between a page's media and the line: UDP by two sockets of its own, one candidate each way. Descriptions that pass between
 * `media` and the phone from now on know no other way.
 */
export async function relayMedia(media: PageMedia, seed = 1): Promise<MediaRelay> {
  const random = randomOf(seed)
  const pageSide = await bound()
  const lineSide = await bound()
  const timers = new Set<NodeJS.Timeout>()
  let page: Side | null = null
  let line: Side | null = null

  const relay: MediaRelay = {
    toPage: fair,
    toLine: fair,
    passed: { toPage: 0, toLine: 0 },
    async close() {
      for (const timer of timers) clearTimeout(timer)
      media.ask = ask
      for (const socket of [pageSide, lineSide]) {
        socket.close()
        await once(socket, 'close')
      }
    },
  }

  const carry = (packet: Buffer, weather: Weather, deliver: (packet: Buffer) => void): void => {
    const handshake = (packet[0] ?? 0) >= 20 && (packet[0] ?? 0) <= 63
    // RFC 5761 4: told from RTP by the place of its packet types; the first byte says that it is neither STUN nor DTLS (RFC 7983).
    const report = (packet[0] ?? 0) >> 6 === 2 && (packet[1] ?? 0) >= 192 && (packet[1] ?? 0) <= 223
    if (report && !weather.reports) return
    if (weather.cut || timers.size >= queueLimit || (!handshake && random() < weather.loss)) return
    const wait = weather.delayMs + random() * weather.jitterMs
    if (wait === 0) {
      deliver(packet)
      return
    }
    const timer = setTimeout(() => {
      timers.delete(timer)
      deliver(packet)
    }, wait)
    timers.add(timer)
  }
  pageSide.on('message', (packet, from) => {
    page = from
    carry(packet, relay.toLine, (carried) => {
      if (!line) return
      relay.passed.toLine++
      lineSide.send(carried, line.port, line.address)
    })
  })
  lineSide.on('message', (packet) => {
    carry(packet, relay.toPage, (carried) => {
      if (!page) return
      relay.passed.toPage++
      pageSide.send(carried, page.port, page.address)
    })
  })

  const ask = media.ask.bind(media)
  media.ask = async (asked, timeoutMs) => {
    if (asked.verb === 'set-description') {
      line = candidateOf(asked.sdp) ?? line
      return ask({ ...asked, sdp: withOnly(asked.sdp, pageSide.address().port) }, timeoutMs)
    }
    if (asked.verb !== 'get-description') return ask(asked, timeoutMs)
    const { offer } = asked
    if (offer !== undefined) line = candidateOf(offer) ?? line
    const towardsPage = offer === undefined ? {} : { offer: withOnly(offer, pageSide.address().port) }
    const answer = await ask({ ...asked, ...towardsPage }, timeoutMs)
    return answer.sdp === undefined
      ? answer
      : { ...answer, sdp: withOnly(answer.sdp, lineSide.address().port) }
  }
  return relay
}

async function bound(): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return socket
}

const candidate = /^a=candidate:(\S+) 1 udp (\d+) (\S+) (\d+) typ host.*$/i

function candidateOf(sdp: string): Side | null {
  for (const row of sdp.split(/\r?\n/)) {
    const match = candidate.exec(row)
    if (match?.[3] === '127.0.0.1') return { address: match[3], port: Number(match[4]) }
  }
  return null
}

/** The description with this loopback port as its only candidate. */
function withOnly(sdp: string, port: number): string {
  let told = false
  return sdp
    .split('\r\n')
    .flatMap((row) => {
      if (row.startsWith('m=audio ')) return [row.replace(/^m=audio \d+/, `m=audio ${port}`)]
      if (row.startsWith('c=IN ')) return ['c=IN IP4 127.0.0.1']
      if (!row.startsWith('a=candidate:')) return [row]
      if (told) return []
      told = true
      return [`a=candidate:relay 1 udp 2113937151 127.0.0.1 ${port} typ host`]
    })
    .join('\r\n')
}
