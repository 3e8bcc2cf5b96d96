import { ORPCError } from '@orpc/client'
import { z } from 'zod'
import { FaultData } from '#contract/errors.ts'

const unexpected: FaultData = { kind: 'internal', code: 'unexpected', params: {} }
const away: FaultData = { kind: 'unavailable', code: 'unavailable-now', params: {} }

/** The first field that the contract did not accept, of a bad request's list of issues. */
const BadInput = z.object({
  issues: z.array(z.object({ path: z.array(z.union([z.string(), z.number()])) })).min(1),
})

function badInput(data: unknown): FaultData {
  const parsed = BadInput.safeParse(data)
  const field = parsed.success
    ? parsed.data.issues[0]?.path.findLast((part) => typeof part === 'string')
    : undefined
  return { kind: 'invalid', code: 'input-invalid', params: field ? { field } : {} }
}

/** What the host said, or the nearest word for a connection that broke. */
export function toFault(error: unknown): FaultData {
  if (error instanceof ORPCError) {
    const fault = FaultData.safeParse(error.data)
    if (fault.success) return fault.data
    return error.code === 'BAD_REQUEST' ? badInput(error.data) : unexpected
  }
  return error instanceof Error && (error.name === 'AbortError' || error.message.includes('not connected'))
    ? away
    : unexpected
}
