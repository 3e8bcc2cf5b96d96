import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import { defaultRealm } from '../../src/practice/line.ts'
import { freePort } from './free-port.ts'
import { kamailioConfig } from './kamailio-config.ts'
import { eventually, sipSecret } from './telephone.ts'

/** What rtpengine received, by the protocol it came in. */
export type RelayedPackets = { fromBrowser: number; fromTrunk: number }

export type Kamailio = {
  sipUrl: string
  udpPort: number
  secret: string
  realm: string
  /** Packets of this call that rtpengine has received so far. */
  relayed(callId: string): Promise<RelayedPackets>
  /** Kills the proxy with all its workers, as a crash of its machine would; rtpengine goes on. */
  kill(): Promise<void>
  /** The proxy once more, on the same ports, with an empty memory. */
  start(): Promise<void>
  /** Takes a desk's registration away without telling it, as an administrator or another node would. */
  removeBinding(extension: string): Promise<void>
  /** Kills the proxy and starts it with another secret: credentials made before are worth nothing. */
  changeSecret(secret: string): Promise<void>
  /** Kills rtpengine and starts it anew, knowing of no call. */
  restartRelay(): Promise<void>
  close(): Promise<void>
}

const Query = z.object({
  tags: z.record(
    z.string(),
    z.object({
      medias: z.array(
        z.object({
          protocol: z.string(),
          streams: z.array(z.object({ stats: z.object({ packets: z.number() }) })),
        }),
      ),
    }),
  ),
})

export async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  await once(socket, 'close')
  return port
}

/** A real Kamailio with a real rtpengine of its own, both on 127.0.0.1. */
export async function openKamailio({ longestExpiry = 3600 } = {}): Promise<Kamailio> {
  const folder = await mkdtemp(join(tmpdir(), 'ascolto-kamailio-'))
  const webSocketPort = await freePort()
  const udpPort = await freeUdpPort()
  const ngPort = await freeUdpPort()
  const configuration = join(folder, 'kamailio.cfg')
  const configure = (secret: string) =>
    writeFile(
      configuration,
      kamailioConfig({
        webSocketPort,
        udpPort,
        ngPort,
        folder,
        secret,
        realm: defaultRealm,
        longestExpiry,
      }),
    )
  await configure(sipSecret)
  let relay = await startRtpengine(ngPort)
  let proxy: ChildProcess | null = null

  const start = async () => {
    // A process group of its own: the workers outlive a kill of the main process alone.
    const started = spawn(
      '/usr/sbin/kamailio',
      ['-f', configuration, '-P', join(folder, 'pid'), '-Y', folder, '-DD', '-E', '-m', '64', '-M', '8'],
      { detached: true, stdio: ['ignore', 'ignore', 'pipe'] },
    )
    proxy = started
    let said = ''
    started.stderr.on('data', (data: Buffer) => {
      said = (said + data.toString()).slice(-4000)
      if (process.env.KAMAILIO_LOG) process.stderr.write(data)
    })
    await eventually(
      () => {
        if (started.exitCode !== null) throw new Error(`Kamailio ended with ${started.exitCode}: ${said}`)
        return listens(webSocketPort)
      },
      (open) => open,
      'Kamailio listens',
    )
  }
  const signal = async (name: NodeJS.Signals) => {
    const ending = proxy
    proxy = null
    if (!ending?.pid || ending.exitCode !== null || ending.signalCode !== null) return
    const closed = once(ending, 'close')
    process.kill(-ending.pid, name)
    await closed
  }
  const close = async () => {
    await signal('SIGKILL')
    await relay.close()
    await rm(folder, { recursive: true, force: true })
  }
  await start().catch(async (error: unknown) => {
    await close()
    throw error
  })

  return {
    sipUrl: `ws://127.0.0.1:${webSocketPort}/`,
    udpPort,
    secret: sipSecret,
    realm: defaultRealm,
    async relayed(callId) {
      const { tags } = Query.parse(await askRtpengine(ngPort, { command: 'query', 'call-id': callId }))
      const sum = { fromBrowser: 0, fromTrunk: 0 }
      for (const { protocol, streams } of Object.values(tags).flatMap((tag) => tag.medias)) {
        const packets = streams.reduce((total, { stats }) => total + stats.packets, 0)
        sum[/SAVP/.test(protocol) ? 'fromBrowser' : 'fromTrunk'] += packets
      }
      return sum
    },
    kill: () => signal('SIGKILL'),
    start,
    async removeBinding(extension) {
      const address = `${extension}@${defaultRealm}`
      await promisify(execFile)('/usr/sbin/kamcmd', [
        ...['-s', `unix:${join(folder, 'ctl')}`],
        ...['ul.rm', 'location', address],
      ])
    },
    async changeSecret(secret) {
      await signal('SIGKILL')
      await configure(secret)
      await start()
    },
    async restartRelay() {
      await relay.close()
      relay = await startRtpengine(ngPort)
    },
    close,
  }
}

async function startRtpengine(ngPort: number): Promise<{ close(): Promise<void> }> {
  // Below the ephemeral ports; rtpengine passes over those that are taken.
  const first = 20_000 + 100 * Math.floor(Math.random() * 100)
  const relay = spawn(
    '/usr/bin/rtpengine',
    [
      ...['--config-file=none', '--table=-1', '--interface=127.0.0.1', `--listen-ng=127.0.0.1:${ngPort}`],
      ...[`--port-min=${first}`, `--port-max=${first + 99}`, '--foreground', '--log-stderr'],
      ...['--log-level=3', '--delete-delay=0', '--num-threads=2'],
    ],
    { stdio: ['ignore', 'ignore', process.env.KAMAILIO_LOG ? 'inherit' : 'ignore'] },
  )
  const close = async () => {
    if (relay.exitCode !== null || relay.signalCode !== null) return
    const closed = once(relay, 'exit')
    relay.kill('SIGKILL')
    await closed
  }
  try {
    await eventually(
      () => {
        if (relay.exitCode !== null) throw new Error(`rtpengine ended with ${relay.exitCode}`)
        return askRtpengine(ngPort, { command: 'ping' }, 200).then(
          () => true,
          () => false,
        )
      },
      (there) => there,
      'rtpengine answers',
    )
  } catch (error) {
    await close()
    throw error
  }
  return { close }
}

/** rtpengine's control protocol over UDP: a cookie and JSON. */
async function askRtpengine(port: number, command: object, timeoutMs = 5000): Promise<unknown> {
  const socket = createSocket('udp4')
  try {
    const cookie = crypto.randomUUID()
    const answered = once(socket, 'message', { signal: AbortSignal.timeout(timeoutMs) })
    socket.send(`${cookie} ${JSON.stringify(command)}`, port, '127.0.0.1')
    const [message] = (await answered) as [Buffer]
    return JSON.parse(message.toString().slice(cookie.length + 1))
  } finally {
    socket.close()
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}
