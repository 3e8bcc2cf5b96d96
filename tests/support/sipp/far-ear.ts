import { createSocket } from 'node:dgram'
import { once } from 'node:events'

export type FarEar = {
  port: number
  /** Told by telephone events (RFC 4733) so far. */
  digits(): string
  close(): void
}

const signs = '0123456789*#ABCD'
/** As the descriptions of the scenarios have it. */
const telephoneEvent = 101
/** PCMU's silence, 20 ms. */
const silence = Buffer.alloc(160, 0xff)

/** The audio of a far end at a port of its own: hears digits, and says nothing to whoever speaks to it, in packets. */
export async function openFarEar(): Promise<FarEar> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  /** By the time stamp of its event, which all packets of a digit share. */
  const heard = new Map<number, string>()
  let speaking: NodeJS.Timeout | null = null
  socket.on('message', (packet, from) => {
    speaking ??= speakTo(from.port)
    if (((packet[1] ?? 0) & 0x7f) !== telephoneEvent || packet.length < 16) return
    const begins = 12 + 4 * ((packet[0] ?? 0) & 0x0f)
    const isEnd = ((packet[begins + 1] ?? 0) & 0x80) !== 0
    if (isEnd) heard.set(packet.readUInt32BE(4), signs[packet[begins] ?? 16] ?? '?')
  })

  function speakTo(there: number): NodeJS.Timeout {
    let sequence = 0
    return setInterval(() => {
      const head = Buffer.alloc(12)
      head.writeUInt16BE(0x8000, 0)
      head.writeUInt16BE(++sequence & 0xffff, 2)
      head.writeUInt32BE(sequence * 160, 4)
      head.writeUInt32BE(port, 8)
      socket.send(Buffer.concat([head, silence]), there, '127.0.0.1')
    }, 20)
  }

  return {
    port,
    digits: () => [...heard.values()].join(''),
    close() {
      if (speaking) clearInterval(speaking)
      socket.close()
    },
  }
}
