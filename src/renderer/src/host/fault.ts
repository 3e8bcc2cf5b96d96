import { ORPCError } from '@orpc/client'
import { FaultData } from '#contract/errors.ts'

const unexpected: FaultData = { kind: 'internal', code: 'unexpected', params: {} }
const away: FaultData = { kind: 'unavailable', code: 'unavailable-now', params: {} }

/** What the host said, or the nearest word for a connection that broke. */
export function toFault(error: unknown): FaultData {
  if (error instanceof ORPCError) {
    const fault = FaultData.safeParse(error.data)
    if (fault.success) return fault.data
    return error.code === 'BAD_REQUEST' ? { kind: 'invalid', code: 'input-invalid', params: {} } : unexpected
  }
  return error instanceof Error && (error.name === 'AbortError' || error.message.includes('not connected'))
    ? away
    : unexpected
}
