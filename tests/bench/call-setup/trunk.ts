import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { aheadHere, highResolutionNow } from '../lib/clock.ts'
import { dialledExtension } from './side.ts'

/** What the bench asks of this process, and what it is told; instants are wall-clock milliseconds of high resolution. */
export type Place = { extension: string; callId: string }
export type Placed =
  | { callId: string; invitedAt: number; ringingAt: number; okAt: number; rtpAt: number }
  | { callId: string; failed: string }

/** A call that a desk dials has come to this process; it is refused. */
export type Dialled = { dialled: string; from: string; at: number }

const patience = 40_000
const [proxyPort = 0] = process.argv.slice(2).map(Number)
const ahead = aheadHere()
const now = (): number => highResolutionNow() + ahead
/** PCMU's silence, 20 ms. */
const silence = Buffer.alloc(160, 0xff)

const header = (message: string, name: string): string[] =>
  [...message.matchAll(new RegExp(`^${name} *: *(.*?)\\r?$`, 'gim'))].map((match) => match[1] ?? '')

async function bound(): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return socket
}

/** One call of a carrier's switch: rings, is answered, sends and hears RTP, hangs up. */
async function call({ extension, callId }: Place): Promise<Placed> {
  const signalling = await bound()
  const media = await bound()
  const { port } = signalling.address()
  const target = `sip:${extension}@127.0.0.1:${proxyPort}`
  const from = `"Ada Caller" <sip:+390255510143@127.0.0.1:${port}>;tag=${callId.slice(0, 8)}`
  const send = (method: string, uri: string, cseq: number, to: string, routes: string[], body = '') => {
    const branch = method === 'ACK' || method === 'BYE' ? `${method}-${cseq}` : 'invite'
    signalling.send(
      [
        `${method} ${uri} SIP/2.0`,
        `Via: SIP/2.0/UDP 127.0.0.1:${port};rport;branch=z9hG4bK-${callId}-${branch}`,
        'Max-Forwards: 70',
        ...routes.map((route) => `Route: ${route}`),
        `From: ${from}`,
        `To: ${to}`,
        `Call-ID: ${callId}`,
        `CSeq: ${cseq} ${method}`,
        `Contact: <sip:trunk@127.0.0.1:${port}>`,
        'P-Asserted-Identity: "Ada Caller" <sip:+390255510143@carrier.invalid>',
        'X-Queue: anagrafe',
        'X-Queue-Reason: carta',
        'X-Queue-Waited: 14',
        ...(body === '' ? [] : ['Content-Type: application/sdp']),
        `Content-Length: ${body.length}`,
        '',
        body,
      ].join('\r\n'),
      proxyPort,
      '127.0.0.1',
    )
  }
  let invitedAt = 0
  let ringingAt = 0
  let okAt = 0
  let speaking: NodeJS.Timeout | null = null
  try {
    return await new Promise<Placed>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('too long')), patience)
      let hangUp = () => {}
      let rtpAt = 0
      // A page whose checks are answered may speak before its answer is on its way.
      const settle = () => {
        if (rtpAt === 0 || okAt === 0) return
        clearTimeout(timer)
        hangUp()
        resolve({ callId, invitedAt, ringingAt, okAt, rtpAt })
      }
      media.once('message', () => {
        rtpAt = now()
        settle()
      })
      signalling.on('message', (data) => {
        const at = now()
        const message = data.toString()
        const status = Number(/^SIP\/2\.0 (\d{3})/.exec(message)?.[1] ?? 0)
        if (header(message, 'CSeq')[0] !== '1 INVITE' || status === 100) return
        if (status === 180 && ringingAt === 0) ringingAt = at
        if (status >= 300) reject(new Error(`status ${status}`))
        if (status !== 200 || okAt > 0) return
        okAt = at
        const routes = header(message, 'Record-Route')
          .flatMap((value) => value.split(/,\s*(?=<)/))
          .toReversed()
        const remote = /<([^>]+)>/.exec(header(message, 'Contact')[0] ?? '')?.[1] ?? target
        const to = header(message, 'To')[0] ?? ''
        send('ACK', remote, 1, to, routes)
        hangUp = () => send('BYE', remote, 2, to, routes)
        const there = Number(/^m=audio (\d+)/m.exec(message)?.[1] ?? 0)
        let sequence = 0
        speaking = setInterval(() => {
          const head = Buffer.alloc(12)
          head.writeUInt16BE(0x8000, 0)
          head.writeUInt16BE(++sequence & 0xffff, 2)
          head.writeUInt32BE(sequence * 160, 4)
          head.writeUInt32BE(port, 8)
          media.send(Buffer.concat([head, silence]), there, '127.0.0.1')
        }, 20)
        settle()
      })
      const description = [
        'v=0',
        'o=trunk 1 1 IN IP4 127.0.0.1',
        's=-',
        'c=IN IP4 127.0.0.1',
        't=0 0',
        `m=audio ${media.address().port} RTP/AVP 0 101`,
        'a=rtpmap:0 PCMU/8000',
        'a=rtpmap:101 telephone-event/8000',
        'a=fmtp:101 0-15',
        'a=ptime:20',
        'a=sendrecv',
        '',
      ].join('\r\n')
      invitedAt = now()
      send('INVITE', target, 1, `<${target}>`, [], description)
    })
  } catch (error) {
    return { callId, failed: error instanceof Error ? error.message : typeof error }
  } finally {
    if (speaking) clearInterval(speaking)
    // The proxy's answer to the BYE needs nobody.
    setTimeout(() => {
      signalling.close()
      media.close()
    }, 500)
  }
}

/** Registers a telephone that is always busy. */
async function beDialled(): Promise<void> {
  const socket = await bound()
  const { port } = socket.address()
  const address = `sip:${dialledExtension}@127.0.0.1:${proxyPort}`
  const registered = new Promise<void>((resolve) => {
    socket.on('message', (data) => {
      const at = now()
      const message = data.toString()
      if (/^SIP\/2\.0 200/.test(message)) resolve()
      if (!message.startsWith('INVITE ')) return
      const dialled = header(message, 'Call-ID')[0] ?? ''
      const from = /sip:([^@]*)@/.exec(header(message, 'From')[0] ?? '')?.[1] ?? ''
      process.send?.({ dialled, from, at } satisfies Dialled)
      const copied = message.split('\r\n').filter((row) => /^(?:Via|From|To|Call-ID|CSeq):/i.test(row))
      const tagged = copied.map((row) => (/^To:/i.test(row) ? `${row};tag=busy` : row))
      socket.send(
        ['SIP/2.0 486 Busy Here', ...tagged, 'Content-Length: 0', '', ''].join('\r\n'),
        proxyPort,
        '127.0.0.1',
      )
    })
  })
  socket.send(
    [
      `REGISTER sip:127.0.0.1:${proxyPort} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${port};rport;branch=z9hG4bK-register`,
      'Max-Forwards: 70',
      `From: <${address}>;tag=register`,
      `To: <${address}>`,
      'Call-ID: register',
      'CSeq: 1 REGISTER',
      `Contact: <sip:${dialledExtension}@127.0.0.1:${port}>`,
      'Expires: 3600',
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n'),
    proxyPort,
    '127.0.0.1',
  )
  await registered
}

const registered = beDialled()
process.on('message', (place: Place) => {
  void registered.then(() => call(place)).then((placed) => process.send?.(placed))
})
process.on('disconnect', () => process.exit(0))
