import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { plainName } from './content-type.ts'
import { clamdScanner } from './scanner.ts'

/** A daemon of the INSTREAM command: puts the chunks together and says what `judge` says of them. */
async function clamd(judge: (content: string) => string) {
  const server = createServer((socket) => {
    let got = Buffer.alloc(0)
    socket.on('error', () => {})
    socket.on('data', (data) => {
      got = Buffer.concat([got, data])
      const command = 'zINSTREAM\0'.length
      const chunks: Buffer[] = []
      for (let at = command; at + 4 <= got.length; ) {
        const length = got.readUInt32BE(at)
        if (length === 0) return socket.end(judge(Buffer.concat(chunks).toString('latin1')))
        if (at + 4 + length > got.length) return
        chunks.push(got.subarray(at + 4, at + 4 + length))
        at += 4 + length
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { scanner: clamdScanner({ host: '127.0.0.1', port }), close: () => server.close() }
}

test('asks ClamAV, in chunks, and takes its word', async () => {
  const { scanner, close } = await clamd((content) =>
    content.endsWith('virus') ? 'stream: Win.Test.EICAR_HDB-1 FOUND\0' : 'stream: OK\0',
  )
  const long = 'a'.repeat(200_000)
  expect(await scanner.scan(Buffer.from(long))).toEqual({ clean: true })
  expect(await scanner.scan(Buffer.from(`${long}virus`))).toEqual({
    ...{ clean: false, found: 'Win.Test.EICAR_HDB-1' },
  })
  close()
})

test.each(['INSTREAM size limit exceeded. ERROR\0', '', 'stream: OK and more'])(
  'what it could not look at is not clean: %j',
  async (answer) => {
    const { scanner, close } = await clamd(() => answer)
    await expect(scanner.scan(Buffer.from('x'))).rejects.toMatchObject({ kind: 'unavailable' })
    close()
  },
)

test('nobody there is not clean either', async () => {
  const { scanner, close } = await clamd(() => '')
  close()
  await expect(scanner.scan(Buffer.from('x'))).rejects.toMatchObject({ kind: 'unavailable' })
})

test.each([
  ['../../etc/passwd', 'text/plain', 'passwd.txt'],
  ['C:\\Users\\anna\\foto.png', 'image/png', 'foto.png'],
  ['fattura\u202Efdp.exe', 'application/pdf', 'fatturafdp.exe.pdf'],
  ['ricorso.pdf.bat', 'text/plain', 'ricorso.pdf.bat.txt'],
  ['modulo.hta', 'text/plain', 'modulo.hta.txt'],
  ['nota.TXT', 'text/plain', 'nota.TXT'],
  ['nota.txt. .', 'text/plain', 'nota.txt'],
  ['foto.jpeg', 'image/jpeg', 'foto.jpeg'],
  ['foto.jpg', 'image/png', 'foto.jpg.png'],
  ['..', 'image/png', 'file.png'],
  [' \u0000', 'text/plain', 'file.txt'],
  ['.txt', 'text/plain', 'file.txt'],
  [`${'a'.repeat(300)}.pdf`, 'application/pdf', `${'a'.repeat(196)}.pdf`],
] as const)('the name %j of %s is shown as %j', (name, type, plain) => {
  expect(plainName(name, type)).toBe(plain)
})
