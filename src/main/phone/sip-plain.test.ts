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

test('the INVITE of the practice line is read at least five times as quickly', () => {
  const invite = shapes.find(({ name }) => name === 'INVITE of the practice line')?.text ?? ''
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
})
