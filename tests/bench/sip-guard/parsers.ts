import jssip from 'jssip/lib/Parser.js'
import { pino } from 'pino'
import { Core, URI, UserAgent } from 'sip.js'
import { MessageGuard } from '../../../src/main/phone/guard.ts'
import { enter, isOurs } from '../../../src/main/phone/sip-entry.ts'

/** Takes one message; throws what nobody catches in the program that it stands for. */
export type Parser = (message: string) => void

export type Tally = {
  /** Of each: messages seen, and throws that nobody caught. */
  sides: Record<keyof typeof parsers, { seen: number; threw: number }>
  /** By our guard. */
  refused: number
  caught: number
}

const userAgent = () =>
  new UserAgent({
    uri: new URI('sip', '2001', 'practice.ascolto.invalid'),
    contactName: '2001',
    logBuiltinEnabled: false,
    transportOptions: { server: 'ws://127.0.0.1' },
  })

/** With the guard's clock running on, so that nothing is refused for being too much. */
export function guarded(): { guard: MessageGuard; parse: Parser } {
  const agent = userAgent()
  let now = 0
  const guard = new MessageGuard({
    log: pino({ level: 'silent' }),
    answer: () => undefined,
    isOurs: (callId) => isOurs(agent, callId),
    now: () => now,
  })
  return {
    guard,
    parse(message) {
      now += 1000
      guard.pass(message, (text) => enter(agent, text))
    },
  }
}

/** Each as its program has it: SIP.js and JsSIP hand what the socket says to their parser, which they do not guard. */
export const parsers = {
  ours: (): Parser => guarded().parse,
  bare: (): Parser => {
    const logger = userAgent().getLogger('sip.Parser')
    return (message) => void Core.Parser.parseMessage(message, logger)
  },
  jssip: (): Parser => {
    const ua = {}
    return (message) => void jssip.parseMessage(message, ua)
  },
}
