import { ORPCError } from '@orpc/client'
import { hashKey } from '@tanstack/react-query'
import type { Draft } from '#contract/desk.ts'
import type { FaultData } from '#contract/errors.ts'
import { toFault } from './fault.ts'

/** A draft as the host stores it. */
export type Kept<D> = { draft: D; revision: number; savedAt: string }

export type DraftState<D = Draft> = {
  draft: D
  /** `failed`: the host did not take it; it is tried again. */
  status: 'saved' | 'saving' | 'failed'
  savedAt: string
  fault: FaultData | null
}

export type DraftStorage<D = Draft> = {
  save(revision: number, draft: D): Promise<{ revision: number; savedAt: string }>
  /** As it is stored now; null when what it belongs to is closed. */
  reload(): Promise<Kept<D> | null>
}

/** Three-way: what I changed since `base` wins where both did, and no text is lost. */
type Merge<D> = (base: D, mine: D, theirs: D) => D

/** At most one save in this time: the last key is on disk well within 250 ms. */
const pace = 150
const firstRetry = 400
const longestRetry = 5_000

const isStale = (error: unknown): boolean =>
  error instanceof ORPCError && toFault(error).code === 'draft-stale'

/** However its fields are ordered. */
const same = (a: unknown, b: unknown): boolean => hashKey([a]) === hashKey([b])

/**
 * Keeps one draft, of a contact or of a request: shows an edit at once, saves it at the first key and then every 150 ms while typing goes on, one save at a
 * time. When another window saved meanwhile, both drafts are merged and saved again.
 */
export class DraftKeeper<D = Draft> {
  #state: DraftState<D>
  /** What the host stores, as far as we know, and its revision. */
  #base: D
  #revision: number
  #lastSent = Number.NEGATIVE_INFINITY
  #timer: ReturnType<typeof setTimeout> | null = null
  #flight: Promise<void> | null = null
  #sent: D | null = null
  /** Sent, and no answer heard: the host may have any of them. */
  readonly #unheard = new Set<D>()
  /** The contact is closed or gone, or the session over: nothing can be saved any more, and nothing is tried again. */
  #over = false
  #pause = firstRetry
  readonly #storage: DraftStorage<D>
  readonly #merged: Merge<D>
  readonly #listeners = new Set<() => void>()

  constructor(kept: Kept<D>, storage: DraftStorage<D>, merge: Merge<D>) {
    this.#storage = storage
    this.#merged = merge
    this.#base = kept.draft
    this.#revision = kept.revision
    this.#state = { draft: kept.draft, status: 'saved', savedAt: kept.savedAt, fault: null }
  }

  /** Of the draft that the host has. */
  get revision(): number {
    return this.#revision
  }

  get = (): DraftState<D> => this.#state

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  edit(change: (draft: D) => D): void {
    const draft = change(this.#state.draft)
    if (draft === this.#state.draft) return
    this.#set({ ...this.#state, draft, status: 'saving' })
    this.#schedule()
  }

  /** The host's newer value, as its list of work tells it. What is being typed stays. */
  adopt(kept: Kept<D>): void {
    if (kept.revision <= this.#revision || this.#flight) return
    const mine = this.#dirty()
    const draft = this.#take(kept)
    if (mine) {
      this.#set({ ...this.#state, draft })
      this.#schedule()
    } else this.#set({ draft: kept.draft, status: 'saved', savedAt: kept.savedAt, fault: null })
  }

  /** Saves what is not saved yet, now; resolves when the host has it, rejects with what it said. */
  async flush(): Promise<void> {
    while ((this.#dirty() && !this.#over) || this.#flight) {
      this.#stopTimer()
      await (this.#flight ?? this.#send())
      if (this.#state.fault)
        throw Object.assign(new Error('the draft is not saved'), { fault: this.#state.fault })
    }
  }

  /**
   * Sends the last keys without waiting: the page is going away. A save that is under way raises the revision by one, so the last keys
   * are sent behind it with the revision that it will have made.
   */
  leave(): void {
    this.#stopTimer()
    if (!this.#dirty() || this.#over) return
    if (!this.#flight) void this.#send()
    else if (this.#state.draft !== this.#sent) {
      this.#unheard.add(this.#state.draft)
      void this.#storage.save(this.#revision + 1, this.#state.draft).catch(() => undefined)
    }
  }

  /** Saves nothing any more: the session is over, and the next one is another's. */
  close(): void {
    this.#over = true
    this.#stopTimer()
  }

  #dirty(): boolean {
    return this.#state.draft !== this.#base
  }

  #set(state: DraftState<D>): void {
    this.#state = state
    for (const listener of [...this.#listeners]) listener()
  }

  #stopTimer(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
  }

  #schedule(wait = Math.max(0, this.#lastSent + pace - performance.now())): void {
    if (this.#timer || this.#flight || this.#over) return
    if (wait === 0) void this.#send()
    else
      this.#timer = setTimeout(() => {
        this.#timer = null
        void this.#send()
      }, wait)
  }

  #send(): Promise<void> {
    const sent = this.#state.draft
    this.#sent = sent
    this.#lastSent = performance.now()
    const flight = this.#storage.save(this.#revision, sent).then(
      ({ revision, savedAt }) => {
        this.#flight = null
        this.#revision = revision
        this.#base = sent
        this.#pause = firstRetry
        const more = this.#dirty()
        if (!more) this.#unheard.clear()
        this.#set({ ...this.#state, status: more ? 'saving' : 'saved', savedAt, fault: null })
        if (more) this.#schedule()
      },
      async (error: unknown) => {
        if (isStale(error) && (await this.#merge())) return
        this.#flight = null
        this.#unheard.add(sent)
        const fault = toFault(error)
        this.#over ||= fault.code === 'contact-gone' || fault.code === 'contact-closed'
        this.#set({ ...this.#state, status: 'failed', fault })
        if (this.#over) return
        this.#schedule(this.#pause)
        this.#pause = Math.min(this.#pause * 2, longestRetry)
      },
    )
    this.#flight = flight
    return flight
  }

  async #merge(): Promise<boolean> {
    let kept: Kept<D> | null
    try {
      kept = await this.#storage.reload()
    } catch {
      return false
    }
    if (!kept) return false
    const draft = this.#take(kept)
    this.#flight = null
    this.#set({ ...this.#state, draft, status: 'saving', fault: null })
    this.#schedule(0)
    return true
  }

  /** What the host has is what is known of it from now on; returns what is typed with it. What this window sent itself is no other's change. */
  #take({ draft, revision }: Kept<D>): D {
    const own = [...this.#unheard].some((sent) => same(sent, draft))
    const merged = this.#merged(own ? draft : this.#base, this.#state.draft, draft)
    this.#base = draft
    this.#revision = revision
    this.#unheard.clear()
    return merged
  }
}
