import { connect } from 'node:net'
import { Fault } from '#contract/errors.ts'

/** Looks for malware. Rejects with `unavailable` when it cannot: what nobody has looked at is not taken. */
export interface Scanner {
  scan(content: Uint8Array): Promise<{ clean: true } | { clean: false; found: string }>
}

/** The test file of EICAR, in two parts so that no scanner takes this source for it. */
const testFile = Buffer.from(
  `X5O!P%@AP[4\\PZX54(P^)7CC)7}$${'EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'}`,
  'latin1',
)

/** Knows the EICAR test file and nothing else: shows that the way through a scanner is there, and protects nobody. */
export const testFileScanner: Scanner = {
  scan: async (content) =>
    Buffer.from(content.buffer, content.byteOffset, content.byteLength).includes(testFile)
      ? { clean: false, found: 'EICAR-Test-File' }
      : { clean: true },
}

const chunkBytes = 64 * 1024
const patienceMs = 20_000
const longestAnswer = 4096

/** ClamAV's daemon at `host:port`, by its INSTREAM command (clamd(8)). */
export const clamdScanner = ({ host, port }: { host: string; port: number }): Scanner => ({
  async scan(content) {
    const answer = await ask(host, port, content).catch((cause: unknown) => {
      throw new Fault('unavailable', 'unavailable-now', { cause })
    })
    if (answer === 'stream: OK') return { clean: true }
    const found = /^stream: (.+) FOUND$/.exec(answer)?.[1]
    if (found === undefined) throw new Fault('unavailable', 'unavailable-now', { cause: new Error(answer) })
    return { clean: false, found }
  },
})

const ask = (host: string, port: number, content: Uint8Array): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host, port })
    let answer = ''
    socket.setTimeout(patienceMs, () => socket.destroy(new Error('the scanner does not answer')))
    socket.on('error', reject)
    socket.on('data', (data) => {
      answer += data.toString('latin1')
      if (answer.length > longestAnswer) socket.destroy(new Error('the scanner says too much'))
    })
    socket.on('close', () => resolve(answer.replace(/\0.*$/s, '').trim()))
    socket.on('connect', () => {
      socket.write('zINSTREAM\0')
      for (let at = 0; at < content.byteLength; at += chunkBytes) {
        const chunk = content.subarray(at, at + chunkBytes)
        const length = Buffer.alloc(4)
        length.writeUInt32BE(chunk.byteLength)
        socket.write(length)
        socket.write(chunk)
      }
      socket.write(Buffer.alloc(4))
    })
  })
