import { ValidationError } from '@orpc/contract'
import { implement, ORPCError } from '@orpc/server'
import type { Logger } from 'pino'
import { crmContract } from '#contract/crm.ts'
import type { Role, User } from '#contract/domain/agent.ts'
import type { Id } from '#contract/domain/ids.ts'
import { Fault, FaultData, httpStatus } from '#contract/errors.ts'
import { type ProblemDetails, problemOf, toProblem } from '#contract/problem.ts'
import { type Operation, rights } from '#contract/rights.ts'
import { asActor } from '../audit/actor.ts'
import { isBadValue, passes } from '../store/errors.ts'
import type { Principal } from './principal.ts'

export type RequestContext = {
  log: Logger
  requestId: string
  /** Says which operation of the contract this is, for measuring. */
  named(operation: string): void
  /** Who asks; rejects with `unauthenticated`. */
  principal(): Promise<Principal>
  /** The desk that a user speaks through, as it names itself in `deviceHeader`; not checked yet. */
  deviceCredential: string | null
}

/** What the server answers to a failure of any kind; only what nobody planned for is logged. */
export function toFault(error: unknown, log: Logger): Fault {
  if (error instanceof Fault) return error
  if (error instanceof ORPCError && error.status < 500) {
    const issue = error.cause instanceof ValidationError ? error.cause.issues[0] : undefined
    const field = issue?.path?.map((part) => (typeof part === 'object' ? part.key : part)).join('.') ?? ''
    return new Fault('invalid', 'input-invalid', { params: { field } })
  }
  if (isBadValue(error)) {
    log.warn({ err: error }, 'a value of the request was refused by the database')
    return new Fault('invalid', 'input-invalid', { cause: error })
  }
  if (passes(error)) {
    log.error({ err: error }, 'the database is away or has too much to do')
    return new Fault('unavailable', 'unavailable-now', { cause: error })
  }
  log.error({ err: error }, 'request failed unexpectedly')
  return new Fault('internal', 'unexpected')
}

export const toOrpcError = (fault: Fault): ORPCError<string, unknown> =>
  new ORPCError('FAULT', {
    status: httpStatus[fault.kind],
    message: fault.code,
    data: fault.toData(),
  })

/** The body of a failure that reached oRPC's own encoder: ours as they are, its own refusals of what it cannot read as bad input. */
export function problemOfError(error: ORPCError<string, unknown>): ProblemDetails {
  const ours = FaultData.safeParse(error.data)
  if (ours.success) return toProblem(ours.data)
  return problemOf(
    error.status < 500 ? new Fault('invalid', 'input-invalid') : new Fault('internal', 'unexpected'),
  )
}

/** Procedures of the contract, for whom `rights` lets in; whatever one throws crosses as a `FAULT`. */
export const os = implement(crmContract)
  .$context<RequestContext>()
  .use(async ({ context, next, path, signal }) => {
    const operation = path.join('.')
    context.named(operation)
    try {
      const principal = await requireRight(context, operation as Operation)
      const actor = {
        operation: operation as Operation,
        user: principal.kind === 'user' ? principal.user.id : null,
        device: principal.kind === 'device' ? principal.deviceId : null,
        request: context.requestId,
      }
      return await asActor(actor, () => next())
    } catch (error) {
      if (signal?.aborted) throw error
      throw toOrpcError(toFault(error, context.log))
    }
  })

/** Rejects with `forbidden: role-missing` for whom `rights` does not name. */
export async function requireRight(context: RequestContext, operation: Operation): Promise<Principal> {
  const right = rights[operation]
  const principal = await context.principal()
  if (!right || (right.who === 'device') !== (principal.kind === 'device'))
    throw new Fault('forbidden', 'role-missing')
  if (right.who !== 'device' && principal.kind === 'user') {
    if (principal.isClient && right.who === 'person') throw new Fault('forbidden', 'role-missing')
    requireRole(principal.user, right.roles)
  }
  return principal
}

export function requireRole(user: User, roles: readonly Role[]): void {
  if (!user.roles.some((role) => roles.includes(role))) throw new Fault('forbidden', 'role-missing')
}

/** The signed-in person. What they may do is in `rights`. */
export async function requireUser(context: RequestContext): Promise<User> {
  return (await requireSignIn(context)).user
}

/** The same, with the sign-in that their token is of. */
export async function requireSignIn(context: RequestContext): Promise<{ user: User; grant: string }> {
  const principal = await context.principal()
  if (principal.kind !== 'user') throw new Fault('forbidden', 'role-missing')
  return principal
}

/** A desk that asks by its own credential. One that is to empty itself now may ask for its orders and confirm them, no more. */
export async function requireDevicePrincipal(
  context: RequestContext,
  { alsoCondemned = false } = {},
): Promise<Id> {
  const principal = await context.principal()
  if (principal.kind !== 'device') throw new Fault('forbidden', 'role-missing')
  if (principal.condemned && !alsoCondemned) throw new Fault('forbidden', 'device-wiped')
  return principal.deviceId
}
