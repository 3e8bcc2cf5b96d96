import { Core } from 'sip.js'
import { expect, test } from 'vitest'
import { mutatedMessages } from '../../../tests/support/sip-messages/mutate.ts'
import { shapes } from '../../../tests/support/sip-messages/shapes.ts'
import { parseMessage } from './sip-plain.ts'
import { inspect } from './sip-text.ts'

const silent = { warn() {}, error() {}, log() {}, debug() {} } as unknown as Core.Logger

type Parse = typeof parseMessage

/** All that is known of a message, or how its parser failed. */
function outcome(parse: Parse, text: string): unknown {
  try {
    const message = parse(text, silent)
    if (!message) return message
    const { parseHeader: _, ...known } = message
    return { ...known, kind: message.constructor.name }
  } catch (error) {
    return { threw: error instanceof Error ? error.name : error }
  }
}

const same = (text: string): void =>
  expect(outcome(parseMessage, text), text).toEqual(outcome(Core.Parser.parseMessage, text))

test.each(shapes)('$name is read as the SIP library reads it', ({ text }) => same(text))

test('messages with faults that the guard lets in are read as the SIP library reads them', () => {
  let compared = 0
  for (const text of mutatedMessages(11, 2_500)) {
    if (inspect(text).fault !== null) continue
    compared++
    same(text)
  }
  expect(compared).toBeGreaterThan(500)
})

const kamailioInvite = shapes.find(({ name }) => name === 'INVITE through Kamailio')?.text ?? ''

test.each([';desk=0a1b2c3d', ';ob;desk=0a1b2c3d', ';desk=0a1b2c3d;alias=127.0.0.1~5~5'])(
  'our Contact with %s is read as the SIP library reads it',
  (mark) => {
    const marked = kamailioInvite.replace(/^(INVITE sip:\S+?)( SIP)/, `$1${mark}$2`)
    expect(marked).not.toBe(kamailioInvite)
    same(marked)
  },
)

test.each([
  '<sip:127.0.0.1;lr;r2=on>',
  '<sip:127.0.0.1;lr=on;did=a4.b_c;x=Y*Z>',
  '<sip:edge@Proxy.example:5061;transport=wss;lr>',
  '<sip:127.0.0.1;lr;a;a=2>',
  '<sip:127.0.0.1;lr;constructor=b>',
  '<sip:127.0.0.1;LR>',
  '<sip:127.0.0.1;lr;transport=WS>',
  '<sip:127.0.0.1;lr;transport>',
  '<sip:127.0.0.1;lr;ttl=7;maddr=10.0.0.1;method=INVITE;user=phone>',
  '<sip:127.0.0.1;lr;user=>',
  '<sip:127.0.0.1;lr>;hops=2',
  '<sip:127.0.0.1;lr>, <sip:10.0.0.1;lr>',
  '<sip:999.0.0.1;lr>',
  '<sip:127.0.0.1:0;lr>',
])('Record-Route: %s is read as the SIP library reads it', (value) => {
  same(kamailioInvite.replace(/^Record-Route: .*$/m, `Record-Route: ${value}`))
})

test.each([
  'SIP/2.0/WS 127.0.0.1;branch=z9hG4bK1.2',
  'SIP/2.0/WS proxy.example;branch=z9hG4bK1;rport=38138;received=127.0.0.1',
  'SIP/2.0/WS proxy.example;rport=38138;branch=z9hG4bK1',
  'SIP/2.0/WS proxy.example;rport;branch=z9hG4bK1',
  'SIP/2.0/WS proxy.example;received=::1;branch=z9hG4bK1',
  'SIP/2.0/WS proxy.example;branch=z9hG4bK1;branch=z9hG4bK2',
  'SIP/2.0/WS proxy.example;alias;branch=z9hG4bK1',
  'SIP/2.0/WS proxy.example;rport=5060',
  'SIP/2.0/WS proxy.example;branch=z9hG4bK1;rport=99999',
  'SIP/2.0/WS   127.0.0.1:1;branch=z9hG4bK1',
])('Via: %s is read as the SIP library reads it', (value) => {
  same(kamailioInvite.replace(/^Via: .*$/m, `Via: ${value}`))
})

test.each(['INVITE of the practice line', 'INVITE through Kamailio'])(
  'the %s is read at least five times as quickly',
  (asked) => {
    const invite = shapes.find(({ name }) => name === asked)?.text ?? ''
    const took = (parse: Parse): number => {
      const times = Array.from({ length: 40 }, () => {
        const before = performance.now()
        parse(invite, silent)
        return performance.now() - before
      })
      return times.toSorted((a, b) => a - b)[20] ?? 0
    }
    took(parseMessage)
    expect(took(Core.Parser.parseMessage) / took(parseMessage)).toBeGreaterThan(5)
  },
)
