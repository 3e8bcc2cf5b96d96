import fc from 'fast-check'

/** A body of `multipart/form-data` (RFC 7578) and what its header says it is. */
export type Form = { type: string; body: Buffer }

type Part = { name: string; fileName: string | null; type: string | null; content: Buffer; isTwice: boolean }

/** Mostly what a desk sends. */
const mostly = <T>(
  usual: readonly T[],
  odd: readonly T[],
): { weight: number; arbitrary: fc.Arbitrary<T> }[] => [
  { weight: 6, arbitrary: fc.constantFrom(...usual) },
  { weight: 3, arbitrary: fc.constantFrom(...odd) },
]
const anyText = { weight: 1, arbitrary: fc.string({ maxLength: 300, unit: 'binary' }) }

const contents = fc
  .oneof(
    ...mostly(
      ['%PDF-1.7\n', '\x89PNG\r\n\x1a\n', '\xff\xd8\xff', 'RIFF\0\0\0\0WEBP', 'Un testo.'],
      ['', '\0', '\xff\xfe', '<svg/>', 'PK\x03\x04', '\r\n--', '\r\n--x--\r\n'],
    ),
    anyText,
  )
  .map((text) => Buffer.from(text, 'latin1'))

const fileNames = fc.oneof(
  ...mostly(
    ['foto.png', 'a', 'Documento d’identità.pdf'],
    [
      ...['', '..', '../../etc/passwd', 'C:\\x\\y.pdf', 'a\0b.txt', '%00', '\u202Egpj.exe', '\ud800', '"'],
      ...['a"; name="other', 'a\r\nX-Y: z', `${'n'.repeat(5_000)}.pdf`, 'n'.repeat(60_000)],
    ],
  ),
  anyText,
)

const types = fc.oneof(
  ...mostly<string | null>(
    [null, 'application/pdf', 'image/png'],
    [
      ...['text/plain; charset=utf-16', 'multipart/mixed; boundary=y', '', 'x', '/', 'application/json'],
      ...['text/plain; charset=', `image/${'p'.repeat(5_000)}`],
    ],
  ),
)

const partsOf = (names: readonly string[]): fc.Arbitrary<Part> =>
  fc.record({
    name: fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(...names) },
      {
        weight: 2,
        arbitrary: fc.constantFrom(
          '',
          'File',
          'file[]',
          'file.x',
          'ticketId',
          'id',
          '__proto__',
          'a"b',
          'x\0',
        ),
      },
    ),
    fileName: fc.option(fileNames, { freq: 6 }),
    type: types,
    content: contents,
    isTwice: fc.nat({ max: 9 }).map((at) => at === 0),
  })

const crlf = '\r\n'
const lines = ({ name, fileName, type, content }: Part, boundary: string): Buffer[] => [
  Buffer.from(
    [
      `--${boundary}${crlf}content-disposition: form-data; name="${name}"`,
      fileName === null ? '' : `; filename="${fileName}"`,
      type === null ? '' : `${crlf}content-type: ${type}`,
      crlf + crlf,
    ].join(''),
  ),
  content,
  Buffer.from(crlf),
]

/** What becomes of a form on its way: most arrive as they are. */
const mishaps = [
  ...Array<'none'>(14).fill('none'),
  ...(['cut', 'unclosed', 'other-boundary', 'no-boundary', 'long-boundary', 'bare-lines', 'stray'] as const),
]

/** Forms with these fields: whole, with parts that are missing, doubled or called otherwise, and broken. */
export function formsOf(names: readonly string[]): fc.Arbitrary<Form> {
  return fc
    .record({
      parts: fc.oneof(
        { weight: 3, arbitrary: fc.tuple(partsOf(names)) },
        { weight: 1, arbitrary: fc.array(partsOf(names), { maxLength: 4 }) },
      ),
      mishap: fc.constantFrom(...mishaps),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    .map(({ parts, mishap, at }) => {
      const boundary = mishap === 'long-boundary' ? 'b'.repeat(3_000) : 'x'
      const all = parts.flatMap((part) => (part.isTwice ? [part, part] : [part]))
      const end = mishap === 'unclosed' ? '' : `--${boundary}--${crlf}`
      const whole = Buffer.concat([...all.flatMap((part) => lines(part, boundary)), Buffer.from(end)])
      return { type: typeSaid(mishap, boundary), body: mishapOf(mishap, whole, at) }
    })
}

function typeSaid(mishap: (typeof mishaps)[number], boundary: string): string {
  if (mishap === 'no-boundary') return 'multipart/form-data'
  return `multipart/form-data; boundary=${mishap === 'other-boundary' ? 'z' : boundary}`
}

function mishapOf(mishap: (typeof mishaps)[number], whole: Buffer, at: number): Buffer {
  if (mishap === 'cut') return whole.subarray(0, Math.floor(whole.length * at))
  if (mishap === 'bare-lines') return Buffer.from(whole.toString('latin1').replaceAll(crlf, '\n'), 'latin1')
  if (mishap === 'stray')
    return Buffer.concat([Buffer.from('before\0\r\n'), whole, Buffer.from('--x\r\nafter')])
  return whole
}
