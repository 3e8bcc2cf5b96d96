import { createHash, createHmac } from 'node:crypto'
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'

export type TurnServer = {
  ice: { urls: string[]; username: string; credential: string }
  /** Datagrams that went through it, to the peers and back. */
  relayed(): { out: number; back: number }
  close(): void
}

type Peer = { address: string; port: number }
type Allocation = { client: Peer; relay: Socket; channels: Map<number, Peer> }

const cookie = 0x2112a442
const peerAddress = 0x0012
const data = 0x0013
const [username, realm, credential] = ['desk', 'turn.invalid', 'known to this test']
const challenge = [
  attribute(0x0009, Buffer.concat([Buffer.from([0, 0, 4, 1]), Buffer.from('Unauthorized')])),
  attribute(0x0014, Buffer.from(realm)),
  attribute(0x0015, Buffer.from('once')),
]
const key = ({ address, port }: Peer) => `${address}:${port}`

/** A TURN server on loopback (RFC 8656, UDP over IPv4) that believes whoever knows its challenge. */
export async function openTurnServer(): Promise<TurnServer> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const allocations = new Map<string, Allocation>()
  const relayed = { out: 0, back: 0 }

  const allocate = async (client: Peer): Promise<Allocation> => {
    const known = allocations.get(key(client))
    if (known) return known
    const relay = createSocket('udp4')
    const allocation: Allocation = { client, relay, channels: new Map() }
    allocations.set(key(client), allocation)
    relay.on('message', (message, from) => {
      relayed.back++
      const channel = [...allocation.channels].find(([, peer]) => key(peer) === key(from))?.[0]
      const indication = () =>
        stun(0x0017, Buffer.alloc(12), attribute(peerAddress, xorAddress(from)), attribute(data, message))
      socket.send(
        channel === undefined ? indication() : channelData(channel, message),
        client.port,
        client.address,
      )
    })
    relay.bind(0, '127.0.0.1')
    await once(relay, 'listening')
    return allocation
  }

  const send = ({ relay }: Allocation, peer: Peer | undefined, message: Buffer | undefined) => {
    if (!peer || !message) return
    relayed.out++
    relay.send(message, peer.port, peer.address)
  }

  const requested = async (message: Buffer, from: RemoteInfo): Promise<void> => {
    const allocation = allocations.get(key(from))
    if ((message[0] ?? 0) >= 0x40) {
      const channel = allocation?.channels.get(message.readUInt16BE(0))
      if (allocation) send(allocation, channel, message.subarray(4, 4 + message.readUInt16BE(2)))
      return
    }
    const type = message.readUInt16BE(0)
    const id = message.subarray(8, 20)
    const attributes = attributesOf(message)
    const peer = addressOf(attributes.get(peerAddress))
    const lifetime = attribute(0x000d, number(600))
    const reply = (message: Buffer) => socket.send(message, from.port, from.address)
    const answer = (...parts: Buffer[]) => reply(signed(type | 0x0100, id, parts))
    if (type === 0x0001) reply(stun(0x0101, id, attribute(0x0020, xorAddress(from))))
    else if (type !== 0x0016 && !attributes.has(0x0006)) reply(stun(type | 0x0110, id, ...challenge))
    else if (type === 0x0003) {
      const { relay } = await allocate({ address: from.address, port: from.port })
      answer(attribute(0x0016, xorAddress(relay.address())), attribute(0x0020, xorAddress(from)), lifetime)
    } else if (type === 0x0004) answer(lifetime)
    else if (type === 0x0008) answer()
    else if (type === 0x0009 && peer) {
      allocation?.channels.set(attributes.get(0x000c)?.readUInt16BE(0) ?? 0, peer)
      answer()
    } else if (type === 0x0016 && allocation) send(allocation, peer, attributes.get(data))
  }
  socket.on('message', (message, from) => void requested(message, from))

  return {
    ice: { urls: [`turn:127.0.0.1:${socket.address().port}?transport=udp`], username, credential },
    relayed: () => ({ ...relayed }),
    close() {
      for (const { relay } of allocations.values()) relay.close()
      socket.close()
    },
  }
}

function number(value: number): Buffer {
  const buffer = Buffer.alloc(4)
  buffer.writeUInt32BE(value)
  return buffer
}

function attribute(type: number, value: Buffer): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt16BE(type, 0)
  head.writeUInt16BE(value.length, 2)
  return Buffer.concat([head, value, Buffer.alloc((4 - (value.length % 4)) % 4)])
}

function stun(type: number, id: Buffer, ...attributes: Buffer[]): Buffer {
  const body = Buffer.concat(attributes)
  const head = Buffer.alloc(8)
  head.writeUInt16BE(type, 0)
  head.writeUInt16BE(body.length, 2)
  head.writeUInt32BE(cookie, 4)
  return Buffer.concat([head, id, body])
}

/** With MESSAGE-INTEGRITY by the long-term credential (RFC 8489 9.2.2, 14.5): over all before it, with the length as if it were there. */
function signed(type: number, id: Buffer, attributes: Buffer[]): Buffer {
  const secret = createHash('md5').update(`${username}:${realm}:${credential}`).digest()
  const unsigned = stun(type, id, ...attributes)
  unsigned.writeUInt16BE(unsigned.length - 20 + 24, 2)
  const integrity = createHmac('sha1', secret).update(unsigned).digest()
  return Buffer.concat([unsigned, attribute(0x0008, integrity)])
}

function channelData(channel: number, message: Buffer): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt16BE(channel, 0)
  head.writeUInt16BE(message.length, 2)
  return Buffer.concat([head, message])
}

function attributesOf(message: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>()
  for (let at = 20; at + 4 <= message.length; ) {
    const length = message.readUInt16BE(at + 2)
    found.set(message.readUInt16BE(at), message.subarray(at + 4, at + 4 + length))
    at += 4 + Math.ceil(length / 4) * 4
  }
  return found
}

function xorAddress({ address, port }: Peer): Buffer {
  const value = Buffer.alloc(8)
  value.writeUInt8(1, 1)
  value.writeUInt16BE(port ^ (cookie >>> 16), 2)
  const all = address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0)
  value.writeUInt32BE((all ^ cookie) >>> 0, 4)
  return value
}

function addressOf(value: Buffer | undefined): Peer | undefined {
  if (!value) return undefined
  const all = (value.readUInt32BE(4) ^ cookie) >>> 0
  return {
    address: [24, 16, 8, 0].map((shift) => (all >>> shift) & 255).join('.'),
    port: value.readUInt16BE(2) ^ (cookie >>> 16),
  }
}
