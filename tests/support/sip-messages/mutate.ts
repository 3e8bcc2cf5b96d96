import { randomOf } from '../../bench/lib/random.ts'
import { shapes } from './shapes.ts'

/** Pieces that parsers stumble over. */
const spoils = [
  ...[
    '\r\n',
    '\n',
    '\r',
    '\0',
    '\t',
    ' ',
    '\r\n ',
    '\r\n\r\n',
    '"',
    '\\',
    '<',
    '>',
    '<>',
    ';',
    ';;',
    '=',
    ',',
    '@',
    ':',
    '::',
    '[',
    ']',
    '%',
    '%00',
    '%zz',
  ],
  ...[
    'sip:',
    'tel:',
    'SIP/2.0',
    'SIP/2.0/WS',
    '-1',
    '0',
    '99999999999999999999',
    '1e9',
    'NaN',
    '__proto__',
    'constructor',
    'ü',
    '😀',
    '\ud800',
  ],
  ...[
    ';tag=',
    ';branch=',
    ';lr',
    ';expires=-1',
    'CSeq:',
    'Via:',
    'Contact: *',
    'To: ',
    'From: ',
    'Content-Length: 999999',
    'Call-ID:',
    '\u202e',
    '\ufeff',
  ],
]

type Random = (below: number) => number

const mutations: ((text: string, random: Random) => string)[] = [
  // One character for another.
  (text, random) => {
    const at = random(text.length)
    return text.slice(0, at) + String.fromCharCode(random(256)) + text.slice(at + 1)
  },
  // A stretch taken out.
  (text, random) => {
    const at = random(text.length)
    return text.slice(0, at) + text.slice(at + 1 + random(40))
  },
  // A piece put in.
  (text, random) => {
    const at = random(text.length)
    return text.slice(0, at) + (spoils[random(spoils.length)] ?? '') + text.slice(at)
  },
  // A stretch repeated.
  (text, random) => {
    const at = random(text.length)
    const piece = text.slice(at, at + 1 + random(60))
    return text.slice(0, at) + piece.repeat(1 + random(30)) + text.slice(at)
  },
  // Cut off.
  (text, random) => text.slice(0, random(text.length)),
  // Two lines in each other's place.
  (text, random) => {
    const lines = text.split('\r\n')
    const [one, other] = [random(lines.length), random(lines.length)]
    const kept = lines[one] ?? ''
    lines[one] = lines[other] ?? ''
    lines[other] = kept
    return lines.join('\r\n')
  },
  // A line twice, or gone.
  (text, random) => {
    const lines = text.split('\r\n')
    const at = random(lines.length)
    lines.splice(at, random(2), ...(random(2) === 0 ? [] : [lines[at] ?? '', lines[at] ?? '']))
    return lines.join('\r\n')
  },
  // A header's value replaced or spoiled.
  (text, random) => {
    const lines = text.split('\r\n')
    const at = 1 + random(Math.max(1, lines.length - 1))
    const line = lines[at] ?? ''
    const colon = line.indexOf(':')
    if (colon > 0)
      lines[at] =
        `${line.slice(0, colon + 1)} ${spoils[random(spoils.length)] ?? ''}${random(2) === 0 ? line.slice(colon + 1) : ''}`
    return lines.join('\r\n')
  },
  // Half of one message and half of another.
  (text, random) => {
    const other = shapes[random(shapes.length)]?.text ?? ''
    return text.slice(0, random(text.length)) + other.slice(random(other.length))
  },
]

/** `count` messages, one to three faults in each, the same for the same seed. */
export function* mutatedMessages(seed: number, count: number): Generator<string> {
  const next = randomOf(seed)
  const random: Random = (below) => Math.floor(next() * below)
  for (let n = 0; n < count; n++) {
    let text = shapes[n % shapes.length]?.text ?? ''
    for (let faults = 1 + random(3); faults > 0; faults--) {
      text = mutations[random(mutations.length)]?.(text, random) ?? text
    }
    yield text
  }
}
