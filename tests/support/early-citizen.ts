import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { eventually } from './telephone.ts'

export type EarlyCitizen = {
  /** After the 183, with which it began to speak. */
  answer(): void
  /** Whether anything but silence came to its ear so far. */
  hasHeard(): boolean
  close(): void
}

/** PCMU: a loud tone, and what is as good as silence. */
const tone = Buffer.from(Array.from({ length: 160 }, (_, at) => (at % 8 < 4 ? 0x90 : 0x10)))
const isLoud = (sample: number): boolean => (sample & 0x7f) < 0x60

const header = (message: string, name: string): string =>
  new RegExp(`^${name}: *(.*)$`, 'im').exec(message)?.[1]?.trim() ?? ''

async function open(): Promise<{ socket: Socket; port: number }> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return { socket, port: socket.address().port }
}

/** A telephone behind a carrier that lets one hear something before the answer (183 with SDP, RFC 3960), registered at the exchange by UDP. */
export async function openEarlyCitizen(options: {
  extension: string
  proxyPort: number
  realm: string
}): Promise<EarlyCitizen> {
  const { extension, proxyPort, realm } = options
  const [sip, rtp] = [await open(), await open()]
  const contact = `<sip:${extension}@127.0.0.1:${sip.port}>`
  const description = [
    ...['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0'],
    ...[`m=audio ${rtp.port} RTP/AVP 0`, 'a=rtpmap:0 PCMU/8000', 'a=ptime:20', 'a=sendrecv', ''],
  ].join('\r\n')
  let registered = false
  let heard = false
  let ringing: { invite: string; from: RemoteInfo } | null = null
  let speaking: NodeJS.Timeout | undefined

  const send = (lines: string[], body: string, port: number) =>
    sip.socket.send(
      [...lines, `Contact: ${contact}`, `Content-Length: ${body.length}`, '', body].join('\r\n'),
      port,
      '127.0.0.1',
    )
  const respond = (request: string, from: RemoteInfo, status: string, body = '') => {
    const copied = request
      .split('\r\n')
      .filter((line) => /^(?:Via|Record-Route|From|Call-ID|CSeq):/i.test(line))
    const to = header(request, 'To')
    const tagged = to.includes(';tag=') ? to : `${to};tag=early`
    const type = body === '' ? [] : ['Content-Type: application/sdp']
    send([`SIP/2.0 ${status}`, ...copied, `To: ${tagged}`, ...type], body, from.port)
  }
  const speak = (invite: string) => {
    const there = Number(/^m=audio (\d+)/m.exec(invite)?.[1])
    let sequence = 0
    speaking = setInterval(() => {
      const head = Buffer.alloc(12)
      head.writeUInt16BE(0x8000, 0)
      head.writeUInt16BE(++sequence & 0xffff, 2)
      head.writeUInt32BE(sequence * 160, 4)
      head.writeUInt32BE(0xea51, 8)
      rtp.socket.send(Buffer.concat([head, tone]), there, '127.0.0.1')
    }, 20)
  }

  rtp.socket.on('message', (packet) => {
    if (((packet[1] ?? 0) & 0x7f) === 0) heard ||= packet.subarray(12).some(isLoud)
  })
  sip.socket.on('message', (data, from) => {
    const message = data.toString()
    if (/^SIP\/2\.0 200 /.test(message) && /REGISTER$/.test(header(message, 'CSeq'))) registered = true
    else if (message.startsWith('INVITE ') && !ringing) {
      ringing = { invite: message, from }
      respond(message, from, '183 Session Progress', description)
      speak(message)
    } else if (message.startsWith('BYE ') || message.startsWith('CANCEL ')) {
      clearInterval(speaking)
      respond(message, from, '200 OK')
    }
  })
  const register = () =>
    send(
      [
        `REGISTER sip:${realm} SIP/2.0`,
        `Via: SIP/2.0/UDP 127.0.0.1:${sip.port};branch=z9hG4bK${crypto.randomUUID()}`,
        `From: <sip:${extension}@${realm}>;tag=register`,
        `To: <sip:${extension}@${realm}>`,
        `Call-ID: ${crypto.randomUUID()}`,
        ...['CSeq: 1 REGISTER', 'Max-Forwards: 70', 'Expires: 120'],
      ],
      '',
      proxyPort,
    )
  register()
  await eventually(
    () => registered,
    (yes) => yes,
    'the early citizen is registered',
  )
  return {
    answer() {
      if (ringing) respond(ringing.invite, ringing.from, '200 OK', description)
    },
    hasHeard: () => heard,
    close() {
      clearInterval(speaking)
      sip.socket.close()
      rtp.socket.close()
    },
  }
}
