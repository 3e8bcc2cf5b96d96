import { setImmediate } from 'node:timers/promises'
import type { LeftUser, WipeMode } from '#contract/crm-audit.ts'
import type { User } from '#contract/domain/agent.ts'
import { Fault } from '#contract/errors.ts'
import { openBell } from './bell.ts'
import { ask, type CallContext, faultOf, openLink } from './crm-link.ts'
import { fetchPage } from './feed.ts'
import { credentialText, type Sync, type SyncOptions } from './model.ts'
import { openPush } from './push.ts'
import { backOffMs, openTruth } from './truth.ts'

/** Rows of a page: as many as the thread that answers a screen pop can take in one go. */
const pageRows = 200
/** Asked without being told, in case a notice is lost with a connection that nobody has seen die. */
const idleMs = 30_000
const probeMs = 5_000
/** A stream of notices that ended sooner than this was none. */
const steadyMs = 5_000

/** For the log: where and of which kind. A message may quote what a row holds. */
const shapeOf = (error: unknown) =>
  error instanceof Error
    ? {
        type: error.name,
        code: 'code' in error ? String(error.code) : null,
        at: error.stack?.split('\n').filter((line) => line.startsWith('    at ')),
      }
    : { type: typeof error }

export function openSync(options: SyncOptions): Sync {
  const { cache, client, log, now } = options
  const crm = openLink(options.url)
  const userContext: CallContext = { authorization: async () => `Bearer ${await options.accessToken()}` }
  const truth = openTruth(now)
  const nudged = openBell()
  const hurried = openBell()
  let user: User | null = null
  let run: { abort: AbortController; ended: Promise<void> } | null = null
  let notices: AbortController | null = null
  let brokenNotices = 0
  let noticesFrom = 0
  let wellAnswers = 0
  let ordersFrom = 0

  const push = openPush({
    crm,
    cache,
    log,
    now,
    device: options.device,
    renewDevice: options.renewDevice,
    userContext,
    answered: () => truth.become('reachable'),
    userId: () => user?.id ?? null,
    wellAnswers: () => wellAnswers,
  })

  /** Whether the CRM is there, asked by somebody whom it does not know. */
  const probe = async (signal: AbortSignal): Promise<void> => {
    const context = { authorization: async () => '' }
    try {
      await ask(probeMs, (timed) => crm.me(undefined, { context, signal: timed }), signal)
    } catch (error) {
      if (faultOf(error).kind === 'unavailable') throw error
    }
    truth.become('reachable')
  }

  /** Pages until there are no more; what the operator does meanwhile is pushed between two of them. */
  const pull = async (as: User, signal: AbortSignal): Promise<void> => {
    if (cache.state().state === 'blocked') {
      await client.me()
      return
    }
    for (let more = true; more && user === as && !signal.aborted; ) {
      const device = await options.device()
      const cursor = cache.sync.cursor()
      const lines = await fetchPage({
        url: options.url,
        authorization: await userContext.authorization(),
        device,
        cursor,
        limit: pageRows,
        stop: signal,
      })
      if (signal.aborted || user !== as) return
      wellAnswers += 1
      truth.become('reachable')
      const done = cache.sync.applyPage(lines)
      const end = lines.at(-1)
      more = done === 'anew' || (end?.type === 'end' && end.more)
      if (more && done === 'applied' && end?.type === 'end' && end.cursor === cursor)
        throw new Fault('internal', 'unexpected', { cause: 'the feed does not move' })
      if (nudged.take()) await push.all(signal)
      await setImmediate()
    }
  }

  /** Hears the CRM's notices until the connection ends; then a round looks what is wrong. */
  const listen = async (abort: AbortController): Promise<void> => {
    const begin = performance.now()
    try {
      const stream = await crm.sync.notices(undefined, { context: userContext, signal: abort.signal })
      for await (const _notice of stream) nudged.ring()
    } catch (error) {
      if (!abort.signal.aborted) log.debug({ code: faultOf(error).code }, 'notices ended')
    }
    if (notices === abort) notices = null
    if (abort.signal.aborted) return
    brokenNotices = performance.now() - begin > steadyMs ? 0 : brokenNotices + 1
    noticesFrom = performance.now() + (brokenNotices > 1 ? backOffMs(brokenNotices) : 0)
    nudged.ring()
  }

  const deviceContext: CallContext = {
    authorization: async () => `Device ${credentialText(await options.device())}`,
  }

  /** Whether the center had this desk emptied. */
  const obey = async (signal: AbortSignal): Promise<boolean> => {
    if (!options.wipe || performance.now() < ordersFrom) return false
    // Where nobody has ever signed in there is nothing that could be wiped.
    const known = await options.device().catch(() => null)
    if (!known) return false
    const asDevice = (timed: AbortSignal) => ({ context: deviceContext, signal: timed })
    let wipe: WipeMode | null
    let left: LeftUser[]
    ordersFrom = performance.now() + probeMs
    try {
      // One of before does not speak of who has left.
      ;({ wipe, left = [] } = await ask(
        probeMs,
        (timed) => crm.devices.orders(undefined, asDevice(timed)),
        signal,
      ))
    } catch (error) {
      // The round finds out by itself whether the CRM is away.
      log.debug({ code: faultOf(error).code }, 'not told whether to be emptied')
      return false
    }
    if (left.length > 0) options.left?.(left)
    if (wipe === null) {
      // Whoever wanted it asked at once while this was on its way may know of an order that this answer does not.
      if (ordersFrom > 0) ordersFrom = performance.now() + idleMs
      return false
    }
    if (wipe === 'after-delivery') {
      await push.all(signal)
      if (cache.counts(null).others > 0) return false
    }
    const destroyed = await options.wipe.empty()
    if (destroyed === null) return false
    log.warn({ destroyed }, 'the center had this desk emptied')
    await ask(probeMs, (timed) => crm.devices.wiped({ destroyed }, asDevice(timed)), signal)
    await options.wipe.done()
    return true
  }

  const endNotices = () => {
    notices?.abort()
    notices = null
  }

  /** Everything once. Answers a fault that asks for another round soon though the CRM is there. */
  const round = async (signal: AbortSignal): Promise<Fault | null> => {
    await options.home.verify(signal)
    if (await obey(signal)) return null
    const as = user
    if (as) cache.sync.stream(as.id)
    const stopped = await push.all(signal)
    if (!as) {
      await probe(signal)
      return stopped
    }
    try {
      await pull(as, signal)
      truth.become('reachable')
    } catch (error) {
      const fault = faultOf(error)
      if (fault.kind === 'not-found') {
        await options.renewDevice((await options.device()).deviceId)
        return fault
      }
      // Not the CRM's absence: the session says so, and pushing goes on by the device's credential.
      if (fault.kind === 'unauthenticated' || fault.kind === 'forbidden') {
        log.warn({ code: fault.code }, 'pulling waits for a sign-in')
        await probe(signal)
        return stopped
      }
      throw error
    }
    if (!notices && performance.now() >= noticesFrom && !signal.aborted && user === as) {
      notices = new AbortController()
      void listen(notices)
    }
    return stopped
  }

  const loop = async (signal: AbortSignal): Promise<void> => {
    let failures = 0
    while (!signal.aborted) {
      nudged.take()
      hurried.take()
      try {
        const stopped = await round(signal)
        failures = stopped ? failures + 1 : 0
        const untilNotices = noticesFrom - performance.now()
        const wait = !notices && untilNotices > 0 ? Math.min(idleMs, untilNotices) : idleMs
        // A nudge may have been taken between two pages; who asked for a whole round at once gets one.
        if (!hurried.take()) await nudged.wait(stopped ? backOffMs(failures) : wait, signal)
      } catch (error) {
        if (signal.aborted) return
        failures += 1
        const wait = backOffMs(failures)
        endNotices()
        const other = error instanceof Fault && error.code === 'other-crm'
        if (error instanceof Fault)
          truth.become('away', new Date(now().getTime() + wait), other ? error.toData() : undefined)
        if (other) log.warn('another CRM answers at this address: nothing is sent to it')
        // What is not the CRM's fault is ours: a full disk, an unreadable row. It is not shown as the CRM's absence.
        else if (!(error instanceof Fault) || error.kind !== 'unavailable')
          log.error(shapeOf(error), 'a round of sync failed')
        // A nudge must not turn the back-off into a hammer.
        await hurried.wait(wait, signal)
      }
    }
  }

  const begin = () => {
    const abort = new AbortController()
    run = { abort, ended: loop(abort.signal) }
  }

  return {
    start(next) {
      if (user?.id !== next?.id) endNotices()
      user = next
      ordersFrom = 0
      if (!run) begin()
      nudged.ring()
      hurried.ring()
    },
    async stop() {
      const ending = run
      run = null
      user = null
      endNotices()
      ending?.abort.abort()
      await ending?.ended
    },
    nudge: () => nudged.ring(),
    retryNow() {
      ordersFrom = 0
      nudged.ring()
      hurried.ring()
    },
    state: () => truth.get(),
    onState: (listener) => truth.watch(listener),
  }
}
