import { ORPCError } from '@orpc/contract'
import { z } from 'zod'
import { ErrorCode, ErrorKind, type Fault, FaultData, httpStatus } from './errors.ts'

/** Media type of RFC 9457. */
export const problemType = 'application/problem+json'

/**
 * The body of every failure of the REST API: problem details (RFC 9457) with a fault's `kind`, `code` and `params` as extension members.
 * `type` names the code and is no address; the response's `x-request-id` finds the failure in the log.
 */
export const ProblemDetails = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int().min(400).max(599),
  kind: ErrorKind,
  code: ErrorCode,
  params: FaultData.shape.params,
})
export type ProblemDetails = z.infer<typeof ProblemDetails>

export const toProblem = ({ kind, code, params }: FaultData): ProblemDetails => ({
  type: `urn:ascolto:problem:${code}`,
  title: titleOf(code),
  status: httpStatus[kind],
  kind,
  code,
  params,
})

export const problemOf = (fault: Fault): ProblemDetails => toProblem(fault.toData())

/** `slot-taken` is "Slot taken": for whoever reads the answer itself; people are shown the words of the code. */
const titleOf = (code: string): string => {
  const words = code.replaceAll('-', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/**
 * What a client of `crmContract` needs beside the contract (options of oRPC's `OpenAPILink`): failures arrive as `FAULT` with their
 * `FaultData`, like those of every other contract of this project.
 */
export const problemReading = {
  customErrorResponseBodyDecoder: (body: unknown): ORPCError<'FAULT', FaultData> | null => {
    const problem = ProblemDetails.safeParse(body)
    if (!problem.success) return null
    const { status, kind, code, params } = problem.data
    return new ORPCError('FAULT', { defined: true, status, message: code, data: { kind, code, params } })
  },
}

/** A fetched answer, whose problem details a client that knows only JSON reads as such. */
export function withPlainProblem(response: Response): Response {
  if (!response.headers.get('content-type')?.startsWith(problemType)) return response
  const headers = new Headers(response.headers)
  headers.set('content-type', 'application/json')
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers })
}
