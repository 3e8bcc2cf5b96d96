import { isDeepStrictEqual } from 'node:util'
import type { SystemTruth } from '#contract/desk.ts'
import type { Id } from '#contract/domain/ids.ts'
import { withoutContents } from './faults.ts'
import { Latest } from './latest.ts'
import type { MediaBridge } from './media.ts'
import type { Parts } from './parts.ts'
import { desk, done } from './rpc.ts'

/** The state of everything the desk depends on, as one value that is told when any of it changes. */
export class SystemBoard {
  readonly latest: Latest<SystemTruth>
  #microphone: SystemTruth['microphone'] = null
  #audio: SystemTruth['audio'] = null
  #due = false
  #closed = false
  readonly #parts: Pick<Parts, 'cache' | 'sync' | 'phone' | 'session' | 'log'>
  readonly #stops: (() => void)[]

  constructor(parts: Pick<Parts, 'cache' | 'sync' | 'phone' | 'session' | 'log'>, media: MediaBridge) {
    this.#parts = parts
    this.latest = new Latest(this.#read(), isDeepStrictEqual)
    const later = () => this.#later()
    const sessions = parts.session.latest.watch(undefined)
    void (async () => {
      for await (const _ of sessions) later()
    })()
    this.#stops = [
      () => void sessions.return?.(),
      parts.phone.on('registration', later),
      parts.phone.on('figures', later),
      parts.sync.onState(later),
      parts.cache.onChange(later),
      media.onNotice((notice) => {
        if (notice.type !== 'devices') return
        this.#microphone = notice.microphone
        const { roles, ringSilenced = false, headset = null } = notice
        if (roles) this.#audio = { roles, ringSilenced, headset }
        this.#later()
      }),
    ]
  }

  close(): void {
    for (const stop of this.#stops) stop()
    this.#closed = true
    this.latest.close()
  }

  /** A page of the feed changes many things at once: they are counted once, afterwards. */
  #later(): void {
    if (this.#due) return
    this.#due = true
    setImmediate(() => {
      this.#due = false
      if (this.#closed) return
      try {
        this.latest.set(this.#read())
      } catch (error) {
        this.#parts.log.error({ err: withoutContents(error) }, 'the state of the system was not told')
      }
    })
  }

  #userId(): Id | null {
    const session = this.#parts.session.latest.value
    return session.phase === 'signed-in' ? session.user.id : null
  }

  #read(): SystemTruth {
    return {
      phone: this.#parts.phone.registration(),
      crm: this.#parts.sync.state(),
      outbox: this.#parts.cache.counts(this.#userId()),
      cache: this.#parts.cache.state(),
      queue: this.#parts.phone.figures(),
      microphone: this.#microphone,
      audio: this.#audio,
    }
  }
}

export const systemService = (
  board: SystemBoard,
  parts: Pick<Parts, 'cache' | 'phone' | 'session' | 'sync'>,
) => ({
  watch: desk.system.watch.handler(({ signal }) => board.latest.watch(signal)),
  retry: desk.system.retry.handler(() => {
    parts.phone.retryNow()
    parts.sync.retryNow()
    return done
  }),
  rebuildCache: desk.system.rebuildCache.handler(() => {
    parts.session.user()
    parts.cache.rebuild()
    parts.sync.nudge()
    return done
  }),
})
