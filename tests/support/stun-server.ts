import { createSocket } from 'node:dgram'
import { once } from 'node:events'

export type StunServer = {
  url: string
  /** Requests so far. */
  asked(): number
  close(): void
}

/** A STUN server on loopback; or what is left of one that a firewall has eaten: it listens and never answers. */
export async function openStunServer({ answers }: { answers: boolean }): Promise<StunServer> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  let asked = 0
  socket.on('message', (request, from) => {
    asked++
    if (answers) socket.send(bindingSuccess(request, from), from.port, from.address)
  })
  return {
    url: `stun:127.0.0.1:${socket.address().port}`,
    asked: () => asked,
    close: () => void socket.close(),
  }
}

/** RFC 5389: the address that the request came from. */
function bindingSuccess(request: Buffer, from: { address: string; port: number }): Buffer {
  const cookie = 0x2112a442
  const address = from.address.split('.').reduce((all, byte) => all * 256 + Number(byte), 0)
  const answer = Buffer.alloc(32)
  answer.writeUInt16BE(0x0101, 0)
  answer.writeUInt16BE(12, 2)
  request.copy(answer, 4, 4, 20)
  answer.writeUInt16BE(0x0020, 20)
  answer.writeUInt16BE(8, 22)
  answer.writeUInt8(1, 25)
  answer.writeUInt16BE(from.port ^ (cookie >>> 16), 26)
  answer.writeUInt32BE((address ^ cookie) >>> 0, 28)
  return answer
}
