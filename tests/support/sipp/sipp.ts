import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freeUdpPort } from '../kamailio.ts'

export type SippCall = {
  callId: string
  /** Tells the scenario to go on: it hangs up or gives up. */
  proceed(): Promise<void>
  /** Resolves when the scenario ran to its end; rejects with what SIPp said when it did not. */
  finished(): Promise<void>
  close(): Promise<void>
}

/** A loud tone of one second, u-law. */
const tone = Uint8Array.from({ length: 8000 }, (_, index) => (index % 8 < 4 ? 0x90 : 0x10))

/** One call from a trunk, by SIPp. */
export async function placeCall(options: {
  scenario: string
  extension: string
  proxyPort: number
}): Promise<SippCall> {
  const folder = await mkdtemp(join(tmpdir(), 'ascolto-sipp-'))
  await writeFile(join(folder, 'scenario.xml'), options.scenario)
  await writeFile(join(folder, 'tone.pcmu'), tone)
  const port = await freeUdpPort()
  const callId = crypto.randomUUID()
  const sipp = spawn(
    '/usr/bin/sipp',
    [
      ...['-sf', 'scenario.xml', '-s', options.extension, '-i', '127.0.0.1', '-mi', '127.0.0.1'],
      ...['-p', String(port), '-m', '1', '-cid_str', callId, '-timeout', '180s', '-nostdin', '-trace_err'],
      ...['-error_file', join(folder, 'errors'), `127.0.0.1:${options.proxyPort}`],
    ],
    { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let said = ''
  sipp.stderr.on('data', (data: Buffer) => {
    said = (said + data.toString()).slice(-4000)
  })
  const exit = once(sipp, 'close') as Promise<[number | null]>
  return {
    callId,
    async proceed() {
      const socket = createSocket('udp4')
      const message = [
        `INFO sip:trunk@127.0.0.1:${port} SIP/2.0`,
        'Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK-proceed',
        'From: <sip:test@127.0.0.1>;tag=test',
        'To: <sip:trunk@127.0.0.1>',
        `Call-ID: ${callId}`,
        'CSeq: 1 INFO',
        'Content-Length: 0',
        '\r\n',
      ].join('\r\n')
      await new Promise<void>((resolve, reject) =>
        socket.send(message, port, '127.0.0.1', (error) => (error ? reject(error) : resolve())),
      )
      socket.close()
    },
    async finished() {
      const [code] = await exit
      if (code !== 0) throw new Error(`SIPp ended with ${code}: ${said}`)
    },
    async close() {
      if (sipp.exitCode === null && sipp.signalCode === null) sipp.kill('SIGKILL')
      await exit
      await rm(folder, { recursive: true, force: true })
    },
  }
}
