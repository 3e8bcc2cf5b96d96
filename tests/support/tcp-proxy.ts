import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export type TcpProxy = {
  port: number
  /** Resets every connection. */
  cut(): void
  /** Nothing passes any more, and nobody is told: a cable pulled out. */
  freeze(): void
  thaw(): void
  close(): Promise<void>
}

/** A network that can fail between two programs on this machine. The HTTP `Host` that opens a connection is the target's, as on a real one. */
export async function openTcpProxy(targetPort: number): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>()
  let frozen = false
  const server = createServer((near) => {
    const far = connect(targetPort, '127.0.0.1')
    const pair = [near, far] as const
    pairs.add(pair)
    near.once('data', (head) => {
      far.write(head.toString('latin1').replace(/^(Host: 127\.0\.0\.1:)\d+/im, `$1${targetPort}`), 'latin1')
      near.on('data', (data) => {
        if (!frozen) far.write(data)
      })
    })
    far.on('data', (data) => {
      if (!frozen) near.write(data)
    })
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('error', () => undefined)
      from.on('close', () => {
        pairs.delete(pair)
        to.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = () => {
    for (const pair of pairs) for (const socket of pair) socket.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    freeze: () => {
      frozen = true
    },
    thaw: () => {
      frozen = false
    },
    async close() {
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
