import type { Logger } from 'pino'
import type { CommandEnvelope } from '#contract/commands/registry.ts'
import type { Id } from '#contract/domain/ids.ts'
import { Fault } from '#contract/errors.ts'
import type { Cache, Stream } from '../cache/cache.ts'
import { ask, type CallContext, type CrmLink, ForeignAnswer } from './crm-link.ts'
import { credentialText, type DeviceCredential } from './model.ts'

const batchSize = 250
const pushMs = 30_000
const registerMs = 10_000
/** The CRM itself records and passes a command that fails it again and again; should it not, the desk does after this many. */
const tries = 6

export type PushOptions = {
  crm: CrmLink
  cache: Cache
  log: Logger
  now(): Date
  device(): Promise<DeviceCredential>
  renewDevice(unknown: Id): Promise<void>
  /** Of whoever is signed in; rejects `unauthenticated` when nobody is. */
  userContext: CallContext
  /** The user whose stream may be registered now. */
  userId(): Id | null
  /** The CRM has answered. */
  answered(): void
  /** How many times the CRM has answered something else: a command is given up only while the CRM is otherwise well. */
  wellAnswers(): number
}

export interface Push {
  /**
   * Every stream of this device, each as far as it goes. Rejects `unavailable` when the CRM is away; answers the fault that
   * stopped a stream (the others are pushed all the same), null when nothing is left that could be pushed.
   */
  all(stop: AbortSignal): Promise<Fault | null>
}

type Trouble = { id: Id; count: number; wellAt: number }

/** The CRM knows neither this device nor, then, its streams; or not this stream. */
const isForeign = (error: unknown): error is Fault =>
  error instanceof Fault && (error.kind === 'unauthenticated' || error.kind === 'not-found')

/**
 * Whether this command, and not the CRM's state, may be what fails. `forbidden`, `too-large`, and a `not-found` or `too-many` that the
 * CRM did not say itself: something between here and the CRM does not let it through.
 */
const isOurs = (error: Fault): boolean =>
  ['internal', 'invalid', 'forbidden', 'too-large'].includes(error.kind) ||
  (error instanceof ForeignAnswer && ['not-found', 'too-many'].includes(error.kind))

export function openPush(options: PushOptions): Push {
  const { crm, cache, log } = options
  const trouble = new Map<Id, Trouble>()

  const deviceContext: CallContext = {
    authorization: async () => `Device ${credentialText(await options.device())}`,
  }
  const userOfDevice: CallContext = {
    authorization: () => options.userContext.authorization(),
    device: async () => credentialText(await options.device()),
  }

  const registerAsUser = async (streamId: Id, stop: AbortSignal): Promise<void> => {
    const { deviceId } = await options.device()
    await ask(
      registerMs,
      (signal) => crm.sync.registerStream({ streamId, deviceId }, { context: userOfDevice, signal }),
      stop,
    )
    options.answered()
  }

  /** The stream under the id by which the CRM knows it now; null when it cannot be made known by anybody here. */
  const register = async (stream: Stream, stop: AbortSignal): Promise<Stream | null> => {
    const { streamId, replaces } = stream
    if (stream.registered) return stream
    if (replaces !== null) {
      const { deviceId } = await options.device()
      try {
        await ask(
          registerMs,
          (signal) =>
            crm.sync.replaceStream(
              { streamId: replaces, replacement: streamId },
              { context: deviceContext, signal },
            ),
          stop,
        )
      } catch (error) {
        // The predecessor went with a CRM that was restored meanwhile: the stream begins anew, as its user's.
        if (!isForeign(error) || options.userId() !== stream.userId) throw error
        if (error.kind === 'unauthenticated') await options.renewDevice(deviceId)
        return register(cache.sync.orphanStream(streamId), stop)
      }
    } else if (options.userId() === stream.userId) await registerAsUser(streamId, stop)
    else return null
    cache.sync.markRegistered(streamId)
    return { ...stream, registered: true, replaces: null }
  }

  /** Under its own id where the CRM takes it, under a new one where that id is another device's. */
  const introduce = async (stream: Stream, stop: AbortSignal): Promise<Stream> => {
    try {
      await registerAsUser(stream.streamId, stop)
      return stream
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'stream-reset') throw error
      log.warn({ streamId: stream.streamId }, 'the stream is of another device: it goes on under a new id')
      return cache.sync.orphanStream(stream.streamId)
    }
  }

  const send = async (streamId: Id, commands: CommandEnvelope[], stop: AbortSignal) => {
    const { results, lastN } = await ask(
      pushMs,
      (signal) =>
        crm.sync.push(
          { streamId, commands, sentAt: options.now().toISOString() },
          { context: deviceContext, signal },
        ),
      stop,
    )
    options.answered()
    const known = results.filter(({ n }) => n <= lastN)
    cache.sync.settle(streamId, known)
    if (known.length === 0) throw new Fault('internal', 'unexpected', { cause: 'nothing was recorded' })
  }

  /** Counts a failure of the stream's first command; answers whether it was given up. */
  const givenUp = (streamId: Id, first: CommandEnvelope, fault: Fault): boolean => {
    const before = trouble.get(streamId)
    const well = options.wellAnswers()
    if (before?.id !== first.id) trouble.set(streamId, { id: first.id, count: 1, wellAt: well })
    else if (well > before.wellAt) trouble.set(streamId, { ...before, count: before.count + 1, wellAt: well })
    if ((trouble.get(streamId)?.count ?? 0) < tries) return false
    log.error({ commandId: first.id, name: first.name, err: fault }, 'command given up')
    trouble.delete(streamId)
    cache.sync.fail(streamId, first.n, { n: first.n, id: first.id, status: 'failed', fault: fault.toData() })
    // The CRM never took its number, so those behind it go on under numbers of a new stream.
    cache.sync.replaceStream(streamId)
    return true
  }

  const pushStream = async (from: Stream, stop: AbortSignal): Promise<void> => {
    let stream: Stream | null = from
    let replacedFor: Id | null = null
    let reminded = false
    let size = batchSize
    for (;;) {
      stream = await register(stream, stop)
      if (!stream) return
      const { streamId, userId } = stream
      const { deviceId } = await options.device()
      // Behind a failure one by one, so that the one that causes it is the one that is counted.
      const commands = cache.sync.unsent(streamId, trouble.has(streamId) ? 1 : size)
      const [first] = commands
      if (!first) return
      try {
        await send(streamId, commands, stop)
        trouble.delete(streamId)
      } catch (error) {
        if (!(error instanceof Fault)) throw error
        if (error.kind === 'too-large' && commands.length > 1) {
          size = Math.ceil(commands.length / 2)
          continue
        }
        // Restored, new or at odds with this desk: the CRM knows neither its device nor, then, its streams.
        if (isForeign(error) && !reminded && options.userId() === userId) {
          reminded = true
          if (error.kind === 'unauthenticated') await options.renewDevice(deviceId)
          stream = await introduce(stream, stop)
          continue
        }
        // `invalid`: the CRM misses numbers before ours (restored from a backup), or cannot take this command at all.
        const reset = error.code === 'stream-reset' || (error.kind === 'invalid' && !trouble.has(streamId))
        if (reset && replacedFor !== first.id) {
          log.warn({ streamId, code: error.code }, 'the stream is replaced')
          replacedFor = first.id
          stream = cache.sync.replaceStream(streamId)
          continue
        }
        if (!isOurs(error) || !givenUp(streamId, first, error)) throw error
        stream = cache.sync.stream(userId)
      }
    }
  }

  return {
    async all(stop) {
      let stopped: Fault | null = null
      for (const stream of cache.sync.streams()) {
        try {
          await pushStream(stream, stop)
        } catch (error) {
          if (!(error instanceof Fault) || error.kind === 'unavailable') throw error
          log.warn({ streamId: stream.streamId, kind: error.kind, code: error.code }, 'a stream is stopped')
          stopped = error
        }
      }
      return stopped
    },
  }
}
