import type { Id } from '#contract/domain/ids.ts'
import { Fault } from '#contract/errors.ts'
import { withoutContents } from './faults.ts'
import type { Parts } from './parts.ts'

const againMs = 30_000
/** Why no file can be taken now, and all may be later. */
const passing = ['unavailable', 'unauthenticated', 'too-many']
/** After so many faults of the CRM with one file these are its word on it: a CRM of another version may answer it so for ever. */
const attemptsBeforeRefusal = 3

/** Whether the CRM cannot have heard of this request: who opened it here, or a colleague, has it in the outbox still. */
export const isOnItsWay = ({ cache }: Pick<Parts, 'cache'>, ticketId: Id): boolean =>
  cache
    .entries(null)
    .some(
      ({ request, state }) =>
        request.name === 'ticket.open' && request.args.id === ticketId && state === 'pending',
    )

/** Sends the files that wait here, one after the other, as soon as the CRM has their request and is there. They are their author's, and go while their author is signed in. */
export class FileSender {
  readonly #parts: Parts
  /** Of the files with which the CRM had a fault, how often. */
  readonly #faults = new Map<Id, number>()
  /** Those of them that wait for the next time. */
  readonly #aside = new Set<Id>()
  #running = false
  #asked = false
  #again: NodeJS.Timeout | null = null
  #closed = false

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Something is otherwise than it was: the CRM, the outbox, or who is here. */
  look(): void {
    this.#asked = true
    if (this.#running || this.#closed) return
    this.#running = true
    void this.#all().finally(() => {
      this.#running = false
    })
  }

  close(): void {
    this.#closed = true
    if (this.#again) clearTimeout(this.#again)
  }

  async #all(): Promise<void> {
    while (this.#asked && !this.#closed) {
      this.#asked = false
      try {
        await this.#round()
      } catch (error) {
        this.#parts.log.debug({ err: withoutContents(error) }, 'a file waits on')
        if (this.#again) clearTimeout(this.#again)
        this.#again = setTimeout(() => {
          this.#aside.clear()
          this.look()
        }, againMs).unref()
        return
      }
    }
  }

  async #round(): Promise<void> {
    const { cache, client, session, sync } = this.#parts
    if (session.latest.value.phase !== 'signed-in' || sync.state().state !== 'reachable') return
    const { id: userId } = session.user()
    let later: Fault | null = null
    for (const { id, ticketId, name, fault } of cache.waitingFiles.of(userId)) {
      if (fault !== null || this.#aside.has(id) || isOnItsWay(this.#parts, ticketId)) continue
      const content = await cache.waitingFiles.content(userId, id)
      if (content === null || session.latest.value.phase !== 'signed-in' || session.user().id !== userId)
        return
      try {
        await client.attach(ticketId, id, new File([new Uint8Array(content)], name))
        cache.waitingFiles.remove(userId, id)
        sync.nudge()
        this.#faults.delete(id)
      } catch (error) {
        if (!(error instanceof Fault) || passing.includes(error.kind)) throw error
        const faults = (this.#faults.get(id) ?? 0) + 1
        this.#faults.set(id, faults)
        if (error.kind === 'internal' && faults < attemptsBeforeRefusal) {
          this.#aside.add(id)
          later = error
        } else cache.waitingFiles.refuse(userId, id, error.toData())
      }
    }
    if (later) throw later
  }
}
