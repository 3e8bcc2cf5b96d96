import type { Logger } from 'pino'
import type { Id } from '#contract/domain/ids.ts'
import { Fault } from '#contract/errors.ts'
import type { MediaAnswer, MediaNotice, MediaRequest, MediaVerb } from '#contract/media.ts'
import type { MediaEnd } from '../phone/phone.ts'
import { Latest } from './latest.ts'
import { desk, done } from './rpc.ts'

const defaultTimeoutMs = 5_000
/** Asks that may wait for an end that does not fetch them. */
const maxPending = 256

type Answered = Extract<MediaAnswer, { ok: true }>
type Pending = { resolve(answer: Answered): void; reject(fault: Fault): void; timer: NodeJS.Timeout }

const elsewhere = () => new Fault('conflict', 'media-elsewhere')
const noEnd = () => new Fault('unavailable', 'no-media-end')

function refusal(answer: Extract<MediaAnswer, { ok: false }>): Fault {
  switch (answer.fault) {
    case 'microphone-denied':
      return new Fault('forbidden', 'microphone-denied')
    case 'microphone-missing':
      return new Fault('unavailable', 'microphone-missing')
    case 'no-such-call':
      return new Fault('not-found', 'call-gone')
    case 'failed':
      return new Fault('unavailable', 'unavailable-now', { cause: new Error(answer.detail) })
  }
}

/** The requests of one attachment: every one is handed over, in order. */
class Attachment implements AsyncIteratorObject<MediaRequest, undefined, unknown> {
  readonly #queue: MediaRequest[] = []
  #asked: PromiseWithResolvers<IteratorResult<MediaRequest, undefined>> | null = null
  #ended = false
  #fault: Fault | null = null
  readonly #signal: AbortSignal | undefined
  readonly #onEnd: (attachment: Attachment) => void

  constructor(signal: AbortSignal | undefined, onEnd: (attachment: Attachment) => void) {
    this.#signal = signal
    this.#onEnd = onEnd
    signal?.addEventListener('abort', this.end, { once: true })
  }

  push(request: MediaRequest): void {
    if (this.#ended) return
    if (!this.#asked) this.#queue.push(request)
    else {
      this.#asked.resolve({ done: false, value: request })
      this.#asked = null
    }
  }

  readonly end = (): void => this.#finish(null)

  /** An error, for a plain end would have the old window attach again, and two would fight for the calls. */
  replace(): void {
    this.#finish(elsewhere())
  }

  #finish(fault: Fault | null): void {
    if (this.#ended) return
    this.#ended = true
    this.#queue.length = 0
    this.#signal?.removeEventListener('abort', this.end)
    if (!fault) this.#asked?.resolve({ done: true, value: undefined })
    else if (this.#asked) this.#asked.reject(fault)
    else this.#fault = fault
    this.#onEnd(this)
  }

  next(): Promise<IteratorResult<MediaRequest, undefined>> {
    const value = this.#queue.shift()
    if (value) return Promise.resolve({ done: false, value })
    if (this.#fault) {
      const fault = this.#fault
      this.#fault = null
      return Promise.reject(fault)
    }
    if (this.#ended) return Promise.resolve({ done: true, value: undefined })
    this.#asked = Promise.withResolvers()
    return this.#asked.promise
  }

  return(): Promise<IteratorResult<MediaRequest, undefined>> {
    this.end()
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end()
  }
}

/** Carries what the phone asks to the media end that is attached now, and what that end tells back. */
export class MediaBridge implements MediaEnd {
  #attachment: Attachment | null = null
  #last = 0
  /** Which window carries the voice. */
  readonly #owner = new Latest<{ windowId: Id | null }>(
    { windowId: null },
    (one, other) => one.windowId === other.windowId,
  )
  readonly #pending = new Map<number, Pending>()
  readonly #attachedListeners = new Set<() => void>()
  readonly #noticeListeners = new Set<(notice: MediaNotice) => void>()
  readonly #log: Logger

  constructor(log: Logger) {
    this.#log = log
  }

  attached(): boolean {
    return this.#attachment !== null
  }

  ask(ask: MediaVerb, timeoutMs = defaultTimeoutMs): Promise<Answered> {
    const attachment = this.#attachment
    if (!attachment) return Promise.reject(noEnd())
    if (this.#pending.size >= maxPending) return Promise.reject(new Fault('busy', 'unavailable-now'))
    this.#last += 1
    const request = this.#last
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(request)
        this.#log.warn({ verb: ask.verb, timeoutMs }, 'the media end did not answer')
        reject(noEnd())
      }, timeoutMs)
      this.#pending.set(request, { resolve, reject, timer })
      attachment.push({ request, ask })
    })
  }

  onAttached(listener: () => void): () => void {
    this.#attachedListeners.add(listener)
    return () => this.#attachedListeners.delete(listener)
  }

  onNotice(listener: (notice: MediaNotice) => void): () => void {
    this.#noticeListeners.add(listener)
    return () => this.#noticeListeners.delete(listener)
  }

  /**
   * Throws `conflict: media-elsewhere` while another window is attached and is not to be taken over. One that is taken over ends with that fault,
   * and what it was asked and has not answered is rejected.
   */
  attach(
    { windowId, takeOver }: { windowId: Id; takeOver: boolean },
    signal: AbortSignal | undefined,
  ): AsyncIteratorObject<MediaRequest, undefined, unknown> {
    if (this.#attachment && !takeOver && this.#owner.value.windowId !== windowId) throw elsewhere()
    this.#attachment?.replace()
    const attachment = new Attachment(signal, (ended) => {
      if (this.#attachment !== ended) return
      this.#attachment = null
      this.#owner.set({ windowId: null })
      this.#rejectPending()
    })
    if (signal?.aborted) {
      attachment.end()
      return attachment
    }
    this.#attachment = attachment
    this.#owner.set({ windowId })
    for (const listener of [...this.#attachedListeners]) listener()
    return attachment
  }

  watch(signal: AbortSignal | undefined): AsyncIteratorObject<{ windowId: Id | null }, undefined, unknown> {
    return this.#owner.watch(signal)
  }

  /** An answer to a request that nobody waits for any more is dropped. */
  answer(answer: MediaAnswer): void {
    const pending = this.#pending.get(answer.request)
    if (!pending) return
    this.#pending.delete(answer.request)
    clearTimeout(pending.timer)
    if (answer.ok) pending.resolve(answer)
    else pending.reject(refusal(answer))
  }

  notify(notice: MediaNotice): void {
    for (const listener of [...this.#noticeListeners]) listener(notice)
  }

  close(): void {
    this.#attachment?.end()
    this.#owner.close()
  }

  #rejectPending(): void {
    for (const pending of this.#pending.values()) {
      clearTimeout(pending.timer)
      pending.reject(noEnd())
    }
    this.#pending.clear()
  }
}

export const mediaService = (media: MediaBridge) => ({
  attach: desk.media.attach.handler(({ input, signal }) => media.attach(input, signal)),
  watch: desk.media.watch.handler(({ signal }) => media.watch(signal)),
  answer: desk.media.answer.handler(({ input }) => {
    media.answer(input)
    return done
  }),
  notify: desk.media.notify.handler(({ input }) => {
    media.notify(input)
    return done
  }),
})
