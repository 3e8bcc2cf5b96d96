import { createORPCClient, ORPCError } from '@orpc/client'
import type { ContractRouterClient } from '@orpc/contract'
import { ResponseValidationPlugin } from '@orpc/contract/plugins'
import { OpenAPILink } from '@orpc/openapi-client/fetch'
import { crmContract, crmPrefix, deviceHeader } from '#contract/crm.ts'
import { Fault, FaultData } from '#contract/errors.ts'
import { isLoopbackHost } from '#contract/loopback.ts'
import { problemReading, withPlainProblem } from '#contract/problem.ts'

/**
 * Gives the values of one call's headers: who asks, and for which of its devices when that is somebody's. `heard` is told the `Date` of the answer.
 */
export type CallContext = {
  authorization(): Promise<string>
  device?(): Promise<string>
  heard?(date: string | null): void
}
export type CrmLink = ContractRouterClient<typeof crmContract, CallContext>

/** Base address without a slash at its end. Throws `invalid: configuration-invalid` for what is neither loopback nor TLS: tokens travel on it. */
export function crmBase(url: string): string {
  const base = URL.canParse(url) ? new URL(url) : null
  const loopback = base !== null && isLoopbackHost(base.hostname)
  if (base?.protocol !== 'https:' && !(base?.protocol === 'http:' && loopback))
    throw new Fault('invalid', 'configuration-invalid')
  return `${base.origin}${base.pathname.replace(/\/+$/, '')}`
}

export function openLink(url: string): CrmLink {
  const link = new OpenAPILink<CallContext>(crmContract, {
    url: `${crmBase(url)}${crmPrefix}`,
    headers: async ({ context }) => ({
      authorization: await context.authorization(),
      ...(context.device && { [deviceHeader]: await context.device() }),
    }),
    // A redirect could carry the token elsewhere. The signal is given once more: a request made of another one hears of its end only
    // until garbage is collected (undici holds it by a weak reference).
    fetch: async (request, init, { context, signal }) => {
      const answer = await fetch(request, { ...init, redirect: 'error', ...(signal && { signal }) })
      context.heard?.(answer.headers.get('date'))
      return withPlainProblem(answer)
    },
    ...problemReading,
    plugins: [new ResponseValidationPlugin(crmContract)],
  })
  return createORPCClient<CrmLink>(link)
}

/** One call with a limit of time, its failure as a `Fault`. `stop` ends it earlier. */
export async function ask<T>(
  ms: number,
  call: (signal: AbortSignal) => Promise<T>,
  stop?: AbortSignal,
): Promise<T> {
  try {
    return await call(limit(ms, stop))
  } catch (error) {
    throw faultOf(error)
  }
}

export const limit = (ms: number, stop?: AbortSignal): AbortSignal =>
  stop ? AbortSignal.any([AbortSignal.timeout(ms), stop]) : AbortSignal.timeout(ms)

/** No answer, an unreadable one, or a gateway's: the CRM is away. Its own typed answers stay what they are. */
export function faultOf(error: unknown): Fault {
  if (error instanceof Fault) return error
  if (error instanceof ORPCError) return faultOfAnswer(error.status, error.data, error)
  const unreadable = error instanceof Error && error.name === 'ValidationError'
  return unreadable
    ? new Fault('internal', 'unexpected', { cause: error })
    : new Fault('unavailable', 'crm-away', { cause: error })
}

/** A failure whose answer is not the CRM's own: of a proxy or filter between, or of something else at its address. */
export class ForeignAnswer extends Fault {}

export function faultOfAnswer(status: number, data: unknown, cause: unknown): Fault {
  const typed = FaultData.safeParse(data)
  // Of itself the CRM says this; here it would be read of the desk.
  if (typed.success && typed.data.code === 'unavailable-now')
    return new Fault('unavailable', 'crm-away', { cause })
  if (typed.success) return new Fault(typed.data.kind, typed.data.code, { params: typed.data.params, cause })
  switch (status) {
    case 401:
      return new ForeignAnswer('unauthenticated', 'signed-out', { cause })
    case 403:
      return new ForeignAnswer('forbidden', 'role-missing', { cause })
    case 404:
      return new ForeignAnswer('not-found', 'record-not-found', { cause })
    case 413:
      return new ForeignAnswer('too-large', 'request-too-large', { cause })
    case 429:
      return new ForeignAnswer('too-many', 'rate-limited', { cause })
    case 500:
      return new ForeignAnswer('internal', 'unexpected', { cause })
    default:
      return status > 500
        ? new Fault('unavailable', 'crm-away', { cause })
        : new ForeignAnswer('invalid', 'crm-refused', { cause })
  }
}
