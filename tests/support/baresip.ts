import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { freePort } from './free-port.ts'
import { freeUdpPort } from './kamailio.ts'
import { eventually } from './telephone.ts'
import { wavFile, wavHead } from './wav.ts'

/** What baresip tells of a call. */
const CallEvent = z.object({ event: z.literal(true), type: z.string(), id: z.string().optional() })

export type BaresipTelephone = {
  /** Rings there; resolves with the Call-ID once the INVITE is out. */
  dial(extension: string): Promise<string>
  /** What rings there. */
  answer(): Promise<void>
  hangUp(): Promise<void>
  /** Has happened so often, or more: `CALL_ESTABLISHED`, `CALL_CLOSED`, … */
  told(type: string, times?: number): Promise<void>
  /** Resolves once it has heard something that is no silence. Before it was held only: its player does not go on after a hold. */
  hears(): Promise<void>
  close(): Promise<void>
}

const modules = '/usr/lib/baresip/modules'
const loudSeconds = 120

/** A citizen's telephone of another make, registered at the exchange over UDP; it answers by itself unless told otherwise, speaks a tone and records what it hears. */
export async function openBaresip(options: {
  extension: string
  displayName: string
  proxyPort: number
  /** `manual`: rings until `answer`. */
  answers?: 'auto' | 'manual'
}): Promise<BaresipTelephone> {
  const { extension, displayName, proxyPort, answers = 'auto' } = options
  const folder = await mkdtemp(join(tmpdir(), 'ascolto-baresip-'))
  const [sipPort, controlPort] = [await freeUdpPort(), await freePort()]
  await writeFile(join(folder, 'tone.wav'), toneFile())
  await writeFile(join(folder, 'contacts'), '')
  await writeFile(
    join(folder, 'accounts'),
    `"${displayName}" <sip:${extension}@127.0.0.1:${proxyPort};transport=udp>;regint=60;answermode=${answers}\n`,
  )
  await writeFile(
    join(folder, 'config'),
    `module_path ${modules}
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
module_tmp uuid.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
sip_listen 127.0.0.1:${sipPort}
net_interface 127.0.0.1
ctrl_tcp_listen 127.0.0.1:${controlPort}
audio_source aufile,${join(folder, 'tone.wav')}
audio_player aubridge,heard
audio_alert aubridge,alert
snd_path ${folder}
`,
  )
  const child = spawn('/usr/bin/baresip', ['-f', folder], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => {
      said = (said + data.toString()).slice(-4000)
    })
  const exit = once(child, 'close')
  const events: z.infer<typeof CallEvent>[] = []
  const socket = await connected(controlPort)
  readNetstrings(socket, (text) => {
    const event = CallEvent.safeParse(JSON.parse(text))
    if (event.success) events.push(event.data)
  })
  const command = (name: string, params?: string) => {
    const text = JSON.stringify({ command: name, params })
    socket.write(`${Buffer.byteLength(text)}:${text},`)
  }
  const told = async (type: string, times = 1) => {
    try {
      await eventually(
        () => events.filter((event) => event.type === type).length,
        (count) => count >= times,
        `baresip tells ${type}`,
      )
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : error}; it said:\n${said}`)
    }
  }
  await eventually(
    () => said.includes(' 200 OK '),
    (yes) => yes,
    'baresip is registered',
  )
  return {
    async dial(there) {
      command('dial', `sip:${there}@127.0.0.1:${proxyPort}`)
      await told('CALL_RINGING')
      return events.find(({ type }) => type === 'CALL_RINGING')?.id ?? ''
    },
    async answer() {
      command('accept')
      await told('CALL_ESTABLISHED')
    },
    async hangUp() {
      command('hangup')
      await told('CALL_CLOSED')
    },
    told,
    async hears() {
      await eventually(
        async () => (await heard(folder)).some((sample) => Math.abs(sample) > 500),
        (loud) => loud,
        'baresip hears something',
      )
    },
    async close() {
      socket.destroy()
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await exit
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function connected(port: number): Promise<Socket> {
  const socket = await eventually(
    async () => {
      const attempt = connect(port, '127.0.0.1')
      const [outcome] = await Promise.race([
        once(attempt, 'connect').then(() => ['connected'] as const),
        once(attempt, 'error').then(() => ['refused'] as const),
      ]).catch(() => ['refused'] as const)
      return outcome === 'connected' ? attempt : null
    },
    (attempt) => attempt !== null,
    'baresip listens',
  )
  if (socket === null) throw new Error('baresip does not listen')
  return socket
}

/** `LENGTH:TEXT,` (its own words for what it tells and is told). */
function readNetstrings(socket: Socket, take: (text: string) => void): void {
  let rest = Buffer.alloc(0)
  socket.on('data', (data: Buffer) => {
    rest = Buffer.concat([rest, data])
    for (;;) {
      const colon = rest.indexOf(':')
      const length = Number(rest.subarray(0, Math.max(colon, 0)).toString())
      if (colon < 1 || rest.length < colon + length + 2) return
      take(rest.subarray(colon + 1, colon + 1 + length).toString())
      rest = rest.subarray(colon + length + 2)
    }
  })
}

/** A tone of 1 kHz. */
const toneFile = (): Buffer => wavFile(8000, loudSeconds, (index) => 9000 * Math.sin((index * Math.PI) / 4))

/** All samples of all its calls: the recordings grow while it hears. */
async function heard(folder: string): Promise<number[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('-dec.wav'))
  return (await Promise.all(names.map((name) => readSamples(join(folder, name))))).flat()
}

async function readSamples(path: string): Promise<number[]> {
  const file = await readFile(path)
  return Array.from({ length: Math.max(0, Math.floor((file.length - wavHead) / 2)) }, (_, index) =>
    file.readInt16LE(wavHead + index * 2),
  )
}
