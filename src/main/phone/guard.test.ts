import { pino } from 'pino'
import { URI, UserAgent } from 'sip.js'
import { describe, expect, it } from 'vitest'
import { mutatedMessages } from '../../../tests/support/sip-messages/mutate.ts'
import { shapes } from '../../../tests/support/sip-messages/shapes.ts'
import { MessageGuard, type Refusal } from './guard.ts'
import { enter, isOurs } from './sip-entry.ts'
import { inspect, limits, statelessAnswer } from './sip-text.ts'

const request = (
  method: string,
  extra = '',
  more: { to?: string; cseq?: string; callId?: string } = {},
): string =>
  [
    `${method} sip:desk@example.invalid SIP/2.0`,
    'Via: SIP/2.0/WS x.invalid;branch=z9hG4bK1',
    'Via: SIP/2.0/UDP y.invalid;branch=z9hG4bK0',
    'From: "Ada" <sip:a@b.invalid>;tag=1',
    `To: ${more.to ?? '<sip:desk@example.invalid>'}`,
    `Call-ID: ${more.callId ?? '1'}`,
    `CSeq: ${more.cseq ?? `1 ${method}`}`,
    `${extra}Content-Length: 0`,
    '',
    '',
  ].join('\r\n')

function guarded(options: { isOurs?: (callId: string) => boolean } = {}) {
  const lines: string[] = []
  const answers: string[] = []
  const clock = { now: 0 }
  const guard = new MessageGuard({
    log: pino({ level: 'debug' }, { write: (line: string) => lines.push(line) }),
    answer: (message) => answers.push(message),
    isOurs: options.isOurs ?? (() => false),
    now: () => clock.now,
  })
  return { guard, lines, answers, clock }
}

/** A real user agent that is never connected, as the phone makes it. */
function realAgent(): UserAgent {
  return new UserAgent({
    uri: new URI('sip', '2001', 'practice.ascolto.invalid'),
    contactName: '2001',
    logBuiltinEnabled: false,
    transportOptions: { server: 'ws://127.0.0.1' },
  })
}

describe('the guard before the SIP parser', () => {
  it.each(shapes)('lets $name pass', ({ text }) => {
    expect(inspect(text).fault).toBeNull()
  })

  it.each<[Refusal, string]>([
    ['too-large', request('OPTIONS', `X-Fill: ${'a'.repeat(60)}\r\n`.repeat(1100))],
    ['line-too-long', request('OPTIONS', `X-Fill: ${'a'.repeat(limits.line)}\r\n`)],
    ['line-too-long', request('OPTIONS', `X-Fill: a\r\n${` ${'a'.repeat(2_000)}\r\n`.repeat(5)}`)],
    ['line-too-long', request('OPTIONS', `Contact: <sip:${'a'.repeat(limits.structured)}@b>\r\n`)],
    [
      'line-too-long',
      `${request('OPTIONS').replace('Content-Length: 0\r\n', '')}${'a'.repeat(limits.line + 1)}`,
    ],
    ['too-many-headers', request('OPTIONS', 'X-A: b\r\n'.repeat(limits.headers))],
    ['not-sip', 'GET / HTTP/1.1\r\n\r\n'],
    ['not-sip', 'hello'],
    ['not-sip', request('OPTIONS', 'X-A: \0\r\n')],
    ['not-sip', request('OPTIONS').replaceAll('\r\n', '\n')],
    ['not-sip', 'OPTIONS sip:desk@example.invalid SIP/2.0\r\nVia: x'],
    ['bad-header', request('OPTIONS', 'no colon here\r\n')],
    ['bad-header', request('OPTIONS', 'X-A: b\nX-B: c\r\n')],
    ['bad-header', request('OPTIONS', 'X-A: b\u0007\r\n')],
    ['bad-header', request('OPTIONS', 'From: <sip:second@b.invalid>;tag=2\r\n')],
    ['bad-header', request('OPTIONS', 'i: 2\r\n')],
    ['bad-header', request('OPTIONS', 'Max-Forwards: many\r\n')],
    ['bad-header', request('OPTIONS', '', { cseq: '1 INVITE' })],
    ['bad-header', request('OPTIONS', '', { cseq: '4294967296 OPTIONS' })],
    ['bad-header', request('OPTIONS', '', { cseq: 'one OPTIONS' })],
    ['missing-header', request('OPTIONS').replace('CSeq: 1 OPTIONS\r\n', '')],
    ['missing-header', request('OPTIONS').replace(/Via:.*\r\n/g, '')],
    ['bad-length', request('OPTIONS').replace('Content-Length: 0', 'Content-Length: 5')],
    ['bad-length', request('OPTIONS').replace('Content-Length: 0', 'Content-Length: -1')],
  ])('refuses %s', (reason, message) => {
    expect(inspect(message).fault).toBe(reason)
  })

  it('answers 400 with what must be copied, the tag that is missing, and the same again for the same request', () => {
    const { guard, answers } = guarded()
    const bad = request('INVITE', 'no colon here\r\n')
    guard.pass(bad, () => true)
    guard.pass(bad, () => true)
    const [answer] = answers
    expect(answer).toBe(answers[1])
    expect(answer?.split('\r\n')).toEqual([
      'SIP/2.0 400 Bad Header Field',
      'Via: SIP/2.0/WS x.invalid;branch=z9hG4bK1',
      'Via: SIP/2.0/UDP y.invalid;branch=z9hG4bK0',
      'From: "Ada" <sip:a@b.invalid>;tag=1',
      expect.stringMatching(/^To: <sip:desk@example\.invalid>;tag=\w+$/),
      'Call-ID: 1',
      'CSeq: 1 INVITE',
      'Content-Length: 0',
      '',
      '',
    ])
    guard.pass(
      request('INVITE', 'no colon here\r\n', { to: '<sip:desk@example.invalid>;tag=theirs' }),
      () => true,
    )
    expect(answers[2]).toContain('To: <sip:desk@example.invalid>;tag=theirs\r\n')
  })

  it('never answers an ACK, a response, or a request that does not say where from', () => {
    const { guard, answers } = guarded()
    guard.pass(request('ACK', 'no colon here\r\n'), () => true)
    guard.pass(
      request('OPTIONS')
        .replace('OPTIONS sip:desk@example.invalid SIP/2.0', 'SIP/2.0 200 OK')
        .replace(/CSeq.*\r\n/, ''),
      () => true,
    )
    guard.pass(request('OPTIONS').replace(/Via:.*\r\n/g, ''), () => true)
    guard.pass('nonsense', () => true)
    expect(guard.refused).toBe(4)
    expect(answers).toEqual([])
    expect(statelessAnswer(null, '400 Bad Request')).toBeNull()
  })

  it('answers 513 to what is too large and 400 to what the parser does not take or throws at', () => {
    const { guard, answers } = guarded()
    guard.pass(request('OPTIONS', `X-Fill: ${'a'.repeat(60)}\r\n`.repeat(1100)), () => true)
    guard.pass(request('OPTIONS'), () => false)
    guard.pass(request('OPTIONS'), () => {
      throw new TypeError('x')
    })
    expect(answers.map((answer) => answer.split('\r\n')[0])).toEqual([
      'SIP/2.0 513 Message Too Large',
      'SIP/2.0 400 Bad Request',
      'SIP/2.0 400 Bad Request',
    ])
  })

  it('counts what the handler throws at, says where, and never what the message held', () => {
    const { guard, lines } = guarded()
    guard.pass(request('OPTIONS'), () => {
      throw new TypeError('cannot read "Ada Caller" <sip:+393331234567@x>')
    })
    guard.pass('nonsense from +393331234567', () => true)
    expect(guard.count('handler-threw')).toBe(1)
    expect(guard.count('not-sip')).toBe(1)
    expect(lines.join('')).toContain('handler-threw')
    expect(lines.join('')).toContain('guard.test.ts')
    expect(lines.join('')).not.toMatch(/Ada|3331234567/)
  })

  it('lets through few of a flood, answers few of the rest, and hardly logs', () => {
    const { guard, answers, lines, clock } = guarded()
    let delivered = 0
    for (let n = 0; n < 5000; n++) {
      clock.now = n / 5
      guard.pass(request('INVITE', '', { callId: `flood-${n}` }), () => {
        delivered++
        return true
      })
    }
    // One caller in one second: 40 at once and 2 after that.
    expect(delivered).toBeGreaterThanOrEqual(41)
    expect(delivered).toBeLessThanOrEqual(43)
    expect(answers.length).toBeLessThanOrEqual(100)
    expect(answers[0]).toContain('SIP/2.0 503 Service Unavailable')
    expect(answers[0]).toContain('Retry-After: 2')
    expect(lines.length).toBeLessThanOrEqual(3)
    const other = request('INVITE', '', { callId: 'real' }).replace('sip:a@b.invalid', 'sip:other@b.invalid')
    expect(guard.pass(other, () => true)).not.toBeNull()
  })

  it('keeps the ways of its own dialogs open in a flood', () => {
    const { guard } = guarded({ isOurs: (callId) => callId === 'ours' })
    for (let n = 0; n < 1000; n++)
      guard.pass(request('BYE', '', { callId: `${n}`, to: '<sip:d@e>;tag=2' }), () => true)
    expect(guard.count('too-many')).toBe(960)
    expect(
      guard.pass(request('BYE', '', { callId: 'ours', to: '<sip:d@e>;tag=2' }), () => true),
    ).not.toBeNull()
  })

  it('keeps a real user agent alive through 20,000 mutated messages', { timeout: 60_000 }, () => {
    const agent = realAgent()
    const clock = { now: 0 }
    const guard = new MessageGuard({
      log: pino({ level: 'silent' }),
      answer: () => undefined,
      isOurs: (callId) => isOurs(agent, callId),
      now: () => clock.now,
    })
    let delivered = 0
    for (const message of mutatedMessages(7, 20_000)) {
      clock.now += 1000
      guard.pass(message, (text) => {
        delivered++
        return enter(agent, text)
      })
    }
    expect(delivered).toBeGreaterThan(2_000)
    expect(guard.count('handler-threw')).toBe(0)
  })
})
