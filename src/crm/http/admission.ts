import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Fault } from '#contract/errors.ts'
import type { Db, Store } from '../store/store.ts'
import { authenticateDevice } from '../sync/devices.ts'
import type { Principal } from './principal.ts'

export type Access = { principal(authorization: string | undefined): Promise<Principal> }

/** Failures of an address: more than a city hall whose tokens all expired at once. */
const perMinute = { principal: 3_000, failures: 600 }
const rememberedDevices = 5_000
/** For the database: half a second's work of a small machine, and less than would wait in vain (`connectionTimeoutMillis`). */
const mostWaiting = 1_000
const tellBusyMs = 60_000

/**
 * Says who asks, and how often they may: a person or desk has a budget of its own, failures count for the address. Once an address
 * has spent its failures, a device credential costs no query unless it is one that was right before (the desks of that address work
 * on); a bearer token is refused by its signature alone. Rejects with `unauthenticated: signed-out`, `too-many: rate-limited` or,
 * while more wait for the database than it soon gets to, `unavailable: unavailable-now`.
 */
export function createAdmission(
  app: FastifyInstance,
  { db, access, waiting }: { db: Db; access: Access; waiting: Store['waiting'] },
): (request: FastifyRequest) => Promise<Principal> {
  const failures = app.createRateLimit({ max: perMinute.failures, timeWindow: 60_000 })
  const keys = new WeakMap<FastifyRequest, string>()
  const requests = app.createRateLimit({
    max: perMinute.principal,
    timeWindow: 60_000,
    keyGenerator: (request) => keys.get(request) ?? request.ip,
  })
  const rightBefore = new Set<string>()

  let toldBusyAt = -tellBusyMs
  const busy = (request: FastifyRequest): Fault => {
    if (performance.now() - toldBusyAt >= tellBusyMs) {
      toldBusyAt = performance.now()
      request.log.warn(
        { waiting: waiting() },
        'more wait for the database than it soon gets to: requests are refused',
      )
    }
    return new Fault('unavailable', 'unavailable-now')
  }

  async function authenticate(request: FastifyRequest): Promise<Principal> {
    const { authorization } = request.headers
    const credential = /^Device (\S+)$/i.exec(authorization ?? '')?.[1]
    if (credential === undefined) return access.principal(authorization)
    const known = createHash('sha256').update(credential).digest('base64url')
    if (!rightBefore.has(known)) {
      const spent = await failures(request, { increment: false })
      if (!spent.isAllowed && spent.remaining === 0) throw new Fault('too-many', 'rate-limited')
    }
    // Taken out and put back: the set keeps those that came last.
    rightBefore.delete(known)
    const device = await authenticateDevice(db, credential)
    rightBefore.add(known)
    const [oldest] = rightBefore
    if (rightBefore.size > rememberedDevices && oldest !== undefined) rightBefore.delete(oldest)
    return { kind: 'device', ...device }
  }

  return async (request) => {
    if (waiting() >= mostWaiting) throw busy(request)
    const principal = await authenticate(request).catch(async (error: unknown) => {
      if (!(error instanceof Fault) || error.kind !== 'unauthenticated') throw error
      const failed = await failures(request)
      throw !failed.isAllowed && failed.isExceeded ? new Fault('too-many', 'rate-limited') : error
    })
    keys.set(
      request,
      principal.kind === 'user' ? `user ${principal.user.id}` : `device ${principal.deviceId}`,
    )
    const count = await requests(request)
    if (!count.isAllowed && count.isExceeded) throw new Fault('too-many', 'rate-limited')
    return principal
  }
}
