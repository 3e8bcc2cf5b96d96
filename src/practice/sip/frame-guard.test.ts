import { describe, expect, it } from 'vitest'
import { inspectFrame, requestTarget, topVia } from './frame-guard.ts'

const register =
  'REGISTER sip:line.practice SIP/2.0\r\nVia: SIP/2.0/WS a1b2.invalid;rport;branch=z9hG4bK77\r\nFrom: <sip:101@line.practice>;tag=1\r\n\r\n'

describe('the frame guard', () => {
  it('lets SIP through and knows the Request-URI', () => {
    expect(inspectFrame(register)).toEqual({ kind: 'request', uri: 'sip:line.practice' })
    expect(inspectFrame('BYE sip:line@h;transport=ws SIP/2.0\r\n\r\n')).toEqual({
      kind: 'request',
      uri: 'sip:line@h;transport=ws',
    })
    expect(inspectFrame('SIP/2.0 200 OK\r\nVia: x\r\n\r\n')).toEqual({ kind: 'response' })
    expect(inspectFrame('\r\n\r\n')).toEqual({ kind: 'keepalive' })
  })

  it.each([
    ['', 'no-end-of-headers'],
    ['\u0000', 'no-end-of-headers'],
    ['hello\r\n\r\n', 'first-line'],
    ['REGISTER tel:1 SIP/2.0\r\n\r\n', 'first-line'],
    ['SIP/2.0 999 No\r\n\r\n', 'first-line'],
    [`INVITE sip:a@b SIP/2.0\r\nX: ${'a'.repeat(5000)}\r\n\r\n`, 'line-too-long'],
    [`INVITE sip:a@b SIP/2.0\r\n${'X: 1\r\n'.repeat(101)}\r\n`, 'too-many-headers'],
    ['INVITE sip:a@b SIP/2.0\r\nX: \u0001\r\n\r\n', 'control-character'],
    ['INVITE sip:a@b SIP/2.0\r\nX: a\nY: b\r\n\r\n', 'control-character'],
    [`INVITE sip:a@b SIP/2.0\r\n\r\n${'a'.repeat(40_000)}`, 'too-large'],
  ])('refuses %j', (text, reason) => {
    expect(inspectFrame(text)).toEqual({ kind: 'refused', reason })
  })

  it('finds where a response goes back to, in the long and the short form', () => {
    expect(topVia(register)).toBe('a1b2.invalid z9hG4bK77')
    expect(topVia('SIP/2.0 200 OK\r\nv: SIP/2.0/WSS H.invalid ; branch = z9 ;rport\r\n\r\n')).toBe(
      'h.invalid z9',
    )
    expect(topVia('SIP/2.0 200 OK\r\nVia: SIP/2.0/WS h\r\n\r\n')).toBeNull()
  })

  it('finds whom a request is for', () => {
    expect(requestTarget('INVITE sip:101@A1.invalid;transport=ws SIP/2.0\r\n\r\n')).toBe('101@a1.invalid')
    expect(requestTarget('SIP/2.0 200 OK\r\n\r\n')).toBeNull()
  })
})
