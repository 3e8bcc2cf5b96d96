import { z } from 'zod'
import { EngineState } from './domain/agent.ts'
import { Instant } from './domain/ids.ts'

/**
 * What a desk and a queue engine say to each other: JSON text frames over a WebSocket of this sub-protocol, beside the SIP one.
 * The desk speaks first (`hello`); the engine answers `welcome` and then tells every change. The engine is the truth about
 * its own state: after a call from the queue it moves the agent to `after-call-work` by itself, until the desk sets a state.
 */
export const queueProtocol = 'ascolto-queue.v1'

/**
 * The engine hears one desk of an operator, the one that said hello last. With this code (RFC 6455 7.4.2, private use) it closes the connection of
 * the one before, which stays away until the operator takes over there: two that took any other close for a loss would push each other out.
 */
export const takenOverCode = 4001

export const QueueFigures = z.object({
  waiting: z.number().int().nonnegative(),
  longestSince: Instant.nullable(),
})
export type QueueFigures = z.infer<typeof QueueFigures>

export const ToEngine = z.discriminatedUnion('type', [
  /** The same credential as the SIP registration's. */
  z.object({
    type: z.literal('hello'),
    extension: z.string().max(64),
    username: z.string().max(200),
    password: z.string().max(200),
  }),
  z.object({
    type: z.literal('set'),
    state: z.enum(['ready', 'not-ready', 'after-call-work']),
    reason: z.string().max(64).nullable(),
  }),
])
export type ToEngine = z.infer<typeof ToEngine>

export const FromEngine = z.discriminatedUnion('type', [
  z.object({ type: z.literal('welcome'), line: z.string().max(120), practice: z.boolean() }),
  z.object({ type: z.literal('refused'), reason: z.enum(['credentials', 'not-registered', 'bad-message']) }),
  z.object({ type: z.literal('state'), state: EngineState }),
  z.object({ type: z.literal('figures'), figures: QueueFigures }),
])
export type FromEngine = z.infer<typeof FromEngine>

/** Headers that say which queue a call comes from; a site may name others. */
export const queueHeaders = { queue: 'X-Queue', reason: 'X-Queue-Reason', waited: 'X-Queue-Waited' } as const
