import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { openLibrary, practiceFolder } from '../../src/practice/citizens/library.ts'
import { openPractice, type Practice } from '../support/practice.ts'
import { until } from '../support/until.ts'

let practice: Practice | null = null
afterEach(async () => {
  await practice?.close()
  practice = null
})

const socketTo = async (url: string): Promise<WebSocket> => {
  const socket = new WebSocket(url, 'sip')
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  return socket
}

const request = (lines: string[], body = '') => `${[...lines, '', ''].join('\r\n')}${body}`
const usual = [
  'Via: SIP/2.0/WS torture.invalid;branch=z9hG4bKtorture',
  'Max-Forwards: 70',
  'From: <sip:2001@practice.ascolto.invalid>;tag=1',
  'To: <sip:2001@practice.ascolto.invalid>',
  'Call-ID: torture',
  'CSeq: 1 OPTIONS',
  'Contact: <sip:2001@torture.invalid>',
  'Content-Length: 0',
]
const without = (name: string) => usual.filter((line) => !line.startsWith(name))
const instead = (name: string, line: string) => [...without(name), line]

/** In the manner of RFC 4475, by its section names. */
const torture: [string, string][] = [
  ['nothing', ''],
  ['one byte', 'x'],
  ['HTTP', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['a long method', request([`${'A'.repeat(4000)} sip:a SIP/2.0`, ...usual])],
  ['another version (badvers)', request(['OPTIONS sip:a SIP/7.0', ...usual])],
  ['an unknown scheme (novelsc)', request(['OPTIONS soap.beep://a SIP/2.0', ...usual])],
  ['spaces in the Request-URI (lwsruri)', request(['OPTIONS sip:a; lr SIP/2.0', ...usual])],
  ['angle brackets around the Request-URI (ltgtruri)', request(['OPTIONS <sip:a@b> SIP/2.0', ...usual])],
  ['no start line', request(usual)],
  ['no Via', request(['OPTIONS sip:a@b SIP/2.0', ...without('Via')])],
  ['no From', request(['OPTIONS sip:a@b SIP/2.0', ...without('From')])],
  ['no Call-ID', request(['OPTIONS sip:a@b SIP/2.0', ...without('Call-ID')])],
  ['a broken Via', request(['OPTIONS sip:a@b SIP/2.0', ...instead('Via', 'Via: SIP/2.0/WS ;branch=')])],
  [
    'an open quotation (quotbal)',
    request(['OPTIONS sip:a@b SIP/2.0', ...instead('To', 'To: "no end <sip:a@b>')]),
  ],
  [
    'a huge CSeq (scalar02)',
    request(['OPTIONS sip:a@b SIP/2.0', ...instead('CSeq', 'CSeq: 36893488147419103232 OPTIONS')]),
  ],
  [
    'a CSeq of another method (mismatch01)',
    request(['OPTIONS sip:a@b SIP/2.0', ...instead('CSeq', 'CSeq: 8 INVITE')]),
  ],
  [
    'a negative length (ncl)',
    request(['OPTIONS sip:a@b SIP/2.0', ...instead('Content-Length', 'Content-Length: -999')]),
  ],
  [
    'a length beyond the end (clerr)',
    request(['OPTIONS sip:a@b SIP/2.0', ...instead('Content-Length', 'Content-Length: 9999')], 'short'),
  ],
  [
    'a contact that is none',
    request(['REGISTER sip:practice.ascolto.invalid SIP/2.0', ...instead('Contact', 'Contact: ???')]),
  ],
  [
    'an Authorization of rubbish',
    request(['REGISTER sip:practice.ascolto.invalid SIP/2.0', ...usual, 'Authorization: Digest ,,,===""']),
  ],
  [
    'a Replaces without tags',
    request(['INVITE sip:line@practice.ascolto.invalid SIP/2.0', ...usual, 'Replaces: x']),
  ],
  [
    'an INVITE without registration',
    request(['INVITE sip:112@practice.ascolto.invalid SIP/2.0', ...instead('CSeq', 'CSeq: 1 INVITE')]),
  ],
  [
    'a stray ACK',
    request(['ACK sip:line@practice.ascolto.invalid SIP/2.0', ...instead('CSeq', 'CSeq: 1 ACK')]),
  ],
  [
    'a stray CANCEL',
    request(['CANCEL sip:line@practice.ascolto.invalid SIP/2.0', ...instead('CSeq', 'CSeq: 1 CANCEL')]),
  ],
  [
    'a BYE of no dialog',
    request([
      'BYE sip:line@practice.ascolto.invalid SIP/2.0',
      ...instead('CSeq', 'CSeq: 1 BYE'),
      'To: <sip:a@b>;tag=9',
    ]),
  ],
  ['an answer to no question', request(['SIP/2.0 200 OK', ...usual])],
  ['an answer with an impossible status (bigcode)', request(['SIP/2.0 4294967301 better', ...usual])],
  ['ninety Routes', request(['OPTIONS sip:a@b SIP/2.0', ...usual, ...Array(90).fill('Route: <sip:a@b;lr>')])],
  ['ten thousand headers', request(['OPTIONS sip:a@b SIP/2.0', ...usual, ...Array(10_000).fill('X: 1')])],
  ['percent signs (escnull)', request(['OPTIONS sip:%00%zz@b SIP/2.0', ...usual])],
  ['a lone surrogate', request(['OPTIONS sip:a@b SIP/2.0', ...usual, 'Subject: \ud800'])],
]

describe('malformed SIP', () => {
  it('is refused, and nothing else stops', { timeout: 120_000 }, async () => {
    practice = await openPractice()
    const { line } = practice
    const desk = await practice.readyDesk('2001')
    const call = line.place('stays-on-the-line')
    const talking = await desk.incoming()
    await talking.answer()
    await talking.established()

    let socket = await socketTo(line.sipUrl)
    for (const [, text] of torture) socket.send(text)
    const random = randomText(4711)
    for (let n = 0; n < 100; n++) {
      const bytes = random.bytes(1 + (n % 300))
      socket.send(n % 2 === 0 ? bytes : bytes.toString('latin1'))
      const [, text] = torture[n % torture.length] ?? ['', '']
      socket.send(random.mutate(text.slice(0, 2000)))
    }
    socket.ping()
    await new Promise((resolve) => socket.once('pong', resolve).once('close', resolve))
    expect(line.refusedFrames()).toBeGreaterThan(100)

    // A text frame that is not UTF-8 ends its own connection (RFC 6455, 8.1), one that is huge too.
    const notText = await socketTo(line.sipUrl)
    notText.send(Buffer.from([0xff, 0xfe]), { binary: false })
    expect(await new Promise((resolve) => notText.once('close', resolve))).toBe(1007)
    socket = await socketTo(line.sipUrl)
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.on('error', () => {})
    socket.send('A'.repeat(5_000_000))
    expect(await closed).toBe(1009)

    talking.media.speaking = true
    const heard = call.mediaStats().receivedPackets
    await until('the call goes on', () => call.mediaStats().receivedPackets > heard + 20)
    await talking.hangUp()
    await desk.ready()
    line.place('pothole')
    await desk.incoming()
  })

  it('cuts a client off that sends nothing else', async () => {
    practice = await openPractice()
    const socket = await socketTo(practice.line.sipUrl)
    const closed = new Promise((resolve) => socket.once('close', resolve))
    for (let n = 0; n < 300; n++) socket.send('rubbish')
    expect(await closed).toBe(1008)
  })

  it('cannot take the answers of another connection by its branch', async () => {
    practice = await openPractice()
    const [victim, thief] = [await socketTo(practice.line.sipUrl), await socketTo(practice.line.sipUrl)]
    const register = request([
      'REGISTER sip:practice.ascolto.invalid SIP/2.0',
      ...instead('CSeq', 'CSeq: 1 REGISTER'),
    ])
    const answered = new Promise((resolve) => victim.once('message', resolve))
    const stolen: string[] = []
    thief.on('message', (data) => stolen.push(data.toString()))
    victim.send(register)
    expect(String(await answered)).toContain('401')
    thief.send(register)
    await until('it is refused', () => practice?.line.refusedFrames() === 1)
    expect(stolen).toEqual([])
  })
})

describe('a scenario that does not parse', () => {
  it('is named with its file and line', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ascolto-practice-'))
    try {
      cpSync(practiceFolder, folder, { recursive: true })
      const file = join(folder, 'scenarios/pothole.json')
      const good = readFileSync(file, 'utf8')
      const line = (text: string) => good.slice(0, good.indexOf(text)).split('\n').length
      writeFileSync(file, good.replace('"patienceSeconds": ', '"patienceSeconds": minus '))
      expect(() => openLibrary(folder)).toThrow(`scenarios/pothole.json:${line('"patienceSeconds"')}: `)
      writeFileSync(file, good.replace('"hangUp": "self"', '"hangUp": "never"'))
      expect(() => openLibrary(folder)).toThrow(`scenarios/pothole.json:${line('"hangUp"')}: hangUp`)
      writeFileSync(file, good)
      rmSync(join(folder, 'sound/pothole-2.ulaw'))
      expect(() => openLibrary(folder)).toThrow('no sound "pothole-2"')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('is not among those that come with the line', () => {
    const { scenarios, answers } = openLibrary()
    expect(scenarios.length).toBeGreaterThanOrEqual(14)
    expect(scenarios.filter((scenario) => scenario.language === 'en')).toHaveLength(2)
    expect(new Set(scenarios.map((scenario) => scenario.id)).size).toBe(scenarios.length)
    expect(answers('+390255510199')?.scenarioId).toBe('unknown-number')
    expect(answers('+393470002210')?.displayName).toBe('Teresa Colombo')
    expect(answers('+390200000000')).toBeNull()
  })
})

/** The same "random" bytes in every run (a linear congruential generator). */
function randomText(seed: number) {
  let state = seed
  const next = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  return {
    bytes: (length: number): Buffer => Buffer.from(Array.from({ length }, () => next(256))),
    mutate(text: string): string {
      const characters = [...text]
      for (let n = 0; n < 5 && characters.length > 0; n++)
        characters[next(characters.length)] = String.fromCharCode(next(128))
      return characters.join('')
    },
  }
}
