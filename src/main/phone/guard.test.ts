import { pino } from 'pino'
import { UserAgent } from 'sip.js'
import { describe, expect, it } from 'vitest'
import { inspect, limits, MessageGuard } from './guard.ts'

const options = (extra = ''): string =>
  `OPTIONS sip:desk@example.invalid SIP/2.0\r\nVia: SIP/2.0/WS x.invalid;branch=z9hG4bK1\r\nFrom: <sip:a@b.invalid>;tag=1\r\nTo: <sip:desk@example.invalid>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n${extra}Content-Length: 0\r\n\r\n`

function captured() {
  const lines: string[] = []
  const log = pino({ level: 'debug' }, { write: (line: string) => lines.push(line) })
  return { guard: new MessageGuard(log), lines }
}

describe('the guard before the SIP parser', () => {
  it('lets requests and responses pass', () => {
    expect(inspect(options())).toBeNull()
    expect(inspect('SIP/2.0 200 OK\r\nVia: x\r\n\r\n')).toBeNull()
  })

  it.each([
    ['too-large', options(`X-Fill: ${'a'.repeat(60)}\r\n`.repeat(1100))],
    ['line-too-long', options(`X-Fill: ${'a'.repeat(limits.line)}\r\n`)],
    ['line-too-long', options(`X-Fill: a\r\n${` ${'a'.repeat(2_000)}\r\n`.repeat(5)}`)],
    ['too-many-headers', options('X-A: b\r\n'.repeat(limits.headers))],
    ['not-sip', 'GET / HTTP/1.1\r\n\r\n'],
    ['not-sip', 'hello'],
    ['not-sip', options('X-A: \0\r\n')],
    ['not-sip', 'OPTIONS sip:desk@example.invalid SIP/2.0\r\nVia: x'],
  ])('refuses %s', (reason, message) => {
    expect(inspect(message)).toBe(reason)
  })

  it('counts what the handler throws at, says where, and never what the message held', () => {
    const { guard, lines } = captured()
    guard.pass(options(), () => {
      throw new TypeError('cannot read "Ada Caller" <sip:+393331234567@x>')
    })
    guard.pass('nonsense from +393331234567', () => undefined)
    expect(guard.refused).toBe(2)
    expect(lines.join('')).toContain('handler-threw')
    expect(lines.join('')).toContain('guard.test.ts')
    expect(lines.join('')).not.toMatch(/Ada|3331234567/)
  })

  it('keeps a real user agent alive through mutated messages', () => {
    const { guard } = captured()
    const agent = new UserAgent({
      logBuiltinEnabled: false,
      transportOptions: { server: 'ws://127.0.0.1' },
    })
    const deliver = (text: string) => agent.transport.onMessage?.(text)
    let seed = 7
    const random = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647
      return seed % below
    }
    const source = options('Contact: "x" <sip:a@b.invalid>;expires=60\r\nReplaces: 1;to-tag=2;from-tag=3\r\n')
    for (let round = 0; round < 2000; round++) {
      const at = random(source.length)
      const mutated = source.slice(0, at) + String.fromCharCode(random(128)) + source.slice(at + random(4))
      expect(() => guard.pass(mutated, deliver)).not.toThrow()
    }
  })
})
