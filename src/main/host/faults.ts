import { mapEventIterator, ORPCError } from '@orpc/client'
import type { Logger } from 'pino'
import { z } from 'zod'
import { Fault } from '#contract/errors.ts'

const Issues = z.object({ issues: z.array(z.object({ path: z.array(z.unknown()).default([]) })) })

/** Names of fields only: what was sent may be a person's. */
const firstField = (data: unknown): string => {
  const parsed = Issues.safeParse(data)
  return parsed.success ? (parsed.data.issues[0]?.path.map(String).join('.').slice(0, 100) ?? '') : ''
}

/** The planned failure that an error is, or `internal: unexpected`. */
export function asFault(error: unknown): Fault {
  if (error instanceof Fault) return error
  if (error instanceof ORPCError && error.code === 'BAD_REQUEST') {
    return new Fault('invalid', 'input-invalid', { params: { field: firstField(error.data) }, cause: error })
  }
  return new Fault('internal', 'unexpected', { cause: error })
}

/** An error for the log without what it was about: messages and stacks, no properties, for those may hold what somebody typed. */
export function withoutContents(error: unknown): unknown {
  if (!(error instanceof Error)) return { type: typeof error }
  return {
    type: error.name,
    message: error.message,
    stack: error.stack,
    ...('code' in error && typeof error.code === 'string' ? { code: error.code } : {}),
    ...(error.cause === undefined ? {} : { cause: withoutContents(error.cause) }),
  }
}

/** As it crosses to the page: kind, code and params, never a stack or a path. Unexpected ones are logged here. */
export function toWire(error: unknown, log: Logger, procedure: string): ORPCError<'FAULT', unknown> {
  if (error instanceof ORPCError && error.code === 'FAULT') return error
  const fault = asFault(error)
  if (fault.kind === 'internal') {
    log.error({ procedure, err: withoutContents(fault.cause ?? fault) }, 'unexpected failure')
  } else if (fault.kind === 'invalid') {
    log.warn({ procedure, code: fault.code, field: fault.params.field }, 'request refused')
  }
  return new ORPCError('FAULT', { defined: true, message: fault.message, data: fault.toData() })
}

const isIterator = (output: unknown): output is AsyncIterator<unknown, unknown, void> =>
  typeof output === 'object' && output !== null && Symbol.asyncIterator in output && 'next' in output

/** The same for what an iterator throws after its call has been answered. */
export const faultsOfIterator = (output: unknown, log: Logger, procedure: string): unknown =>
  isIterator(output)
    ? mapEventIterator(output, {
        value: async (value) => value,
        error: async (error) => toWire(error, log, procedure),
      })
    : output
