import type { CommandArgs, CommandRequest } from '#contract/commands/registry.ts'
import type { LeftUser } from '#contract/crm-audit.ts'
import type { Draft, Work } from '#contract/desk.ts'
import type { User } from '#contract/domain/agent.ts'
import { type Call, isLive } from '#contract/domain/call.ts'
import { type Recordable, recordOf } from '#contract/domain/call-record.ts'
import type { Id } from '#contract/domain/ids.ts'
import { withoutContents } from './faults.ts'
import { afterPaintMs, authorOf, type Parts } from './parts.ts'

/** Of a contact; a draft's note and what was typed for a request are each no longer. */
const mostNote = 8000

type Facts = Omit<Work, 'draft' | 'revision' | 'savedAt'>

const factsOf = (call: Call): Facts => ({
  contactId: call.id,
  remote: call.remote,
  queue: call.queue,
  direction: call.direction,
  practice: call.practice,
  continues: call.continues,
  startedAt: call.startedAt,
  answeredAt: call.answeredAt,
  endedAt: call.endedAt,
})

/** Nothing an operator would miss. Whom the desk itself put there by the number is no work. */
export const isUntouched = (draft: Draft): boolean =>
  draft.note.trim() === '' &&
  draft.ticket.text.trim() === '' &&
  draft.newCitizen === null &&
  draft.editedCitizen === null &&
  draft.wrapUp.outcome === null &&
  draft.booking.visit === null

/** The command by which the CRM learns of a contact. */
export const openRequest = (work: Facts & Pick<Work, 'draft'>): CommandRequest => ({
  name: 'contact.open',
  args: {
    id: work.contactId,
    channel: 'phone',
    direction: work.direction,
    queue: work.queue?.name ?? null,
    callerNumber: work.remote.e164 ?? work.remote.number,
    startedAt: work.startedAt,
    answeredAt: work.answeredAt,
    practice: work.practice,
    citizenId: work.draft.citizenId,
  },
})

export const identifyRequest = (
  contactId: Id,
  draft: Pick<Draft, 'citizenId' | 'identification'>,
): CommandRequest => ({
  name: 'contact.identify',
  args: { contactId, citizenId: draft.citizenId, identification: draft.identification },
})

export const closeRequest = (
  { contactId, endedAt, draft }: Work & { endedAt: string },
  said: Pick<CommandArgs['contact.close'], 'outcome' | 'lineScore' | 'note'>,
): CommandRequest => ({
  name: 'contact.close',
  args: {
    contactId,
    endedAt,
    topicId: draft.wrapUp.topicId,
    citizenId: draft.citizenId,
    identification: draft.identification,
    triedBefore: draft.wrapUp.triedBefore,
    triedDetail: draft.wrapUp.triedDetail,
    onBehalfOf: draft.onBehalfOf === draft.citizenId ? null : draft.onBehalfOf,
    ...said,
  },
})

/** Writes what calls do to the outbox file: a contact from the first ring, its command once it is answered, its end. */
export class WorkRecorder {
  readonly #parts: Pick<Parts, 'cache' | 'sync' | 'session' | 'log' | 'now'>
  readonly #onDiscard: (contactId: Id) => void
  readonly #waiting: Call[] = []
  #later: NodeJS.Timeout | undefined
  readonly #told = new Map<Id, string>()
  /** Whose a call is: it may end because its operator signs out. */
  readonly #owners = new Map<Id, User>()
  /** Calls with a colleague about another call: they belong to that one's contact and are none of their own. */
  readonly #consultations = new Set<Id>()

  constructor(
    parts: Pick<Parts, 'cache' | 'sync' | 'session' | 'log' | 'now'>,
    onDiscard: (contactId: Id) => void,
  ) {
    this.#parts = parts
    this.#onDiscard = onDiscard
  }

  /**
   * Recorded once the screens have been told, and one that rings once they have been painted: neither a flush to disk nor what it tells the
   * page is on the way to the screen pop.
   */
  tell(call: Call): void {
    if (!this.#owners.has(call.id)) this.#owners.set(call.id, this.#parts.session.user())
    // Once it is over, or its caller is gone, a call does not say any more what it was.
    if (call.consultsFor !== null) this.#consultations.add(call.id)
    this.#waiting.push(call)
    if (call.state !== 'ringing') setImmediate(() => this.flush())
    else this.#later ??= setTimeout(() => this.flush(), afterPaintMs)
  }

  /** All that was told is on disk when it returns; whoever reads or writes work asks for this first. */
  flush(): void {
    clearTimeout(this.#later)
    this.#later = undefined
    // The last move of a call tells all of it.
    const last = new Map(this.#waiting.splice(0).map((call) => [call.id, call]))
    for (const call of last.values()) {
      try {
        this.#record(call)
      } catch (error) {
        // The call goes on; its next move writes all facts again.
        this.#told.delete(call.id)
        this.#parts.log.error({ callId: call.id, err: withoutContents(error) }, 'a call was not recorded')
      }
    }
  }

  /**
   * Calls that a host left open when it died: gone with its signalling, whosever they are. They ended when it was last alive, not when somebody
   * starts the next one, which may be days later. Before the first call of this host.
   */
  endLeft(diedAt: Date | null): void {
    const { calls, work } = this.#parts.cache
    for (const left of work.unended()) this.#endWork(left.userId, left.work, diedAt)
    for (const { userId, call } of calls.kept()) this.#stopped(userId, call, this.#lastHeard(call, diedAt))
  }

  #endWork(userId: Id, work: Work, diedAt: Date | null): void {
    const endedAt = this.#lastHeard(work, diedAt)
    this.#stopped(userId, { ...work, id: work.contactId }, endedAt)
    this.#put(userId, { ...work, endedAt })
  }

  /** In the call list: who rang in vain is to be called back. */
  #stopped(userId: Id, call: Omit<Recordable, 'endedAt' | 'endReason' | 'transfer'>, endedAt: string): void {
    const record = recordOf({ ...call, endedAt, endReason: 'desk-stopped', transfer: null })
    if (record) this.#parts.cache.calls.add(userId, record)
  }

  /** The latest moment at which this call is known to have lived. */
  #lastHeard(
    known: Pick<Work, 'startedAt' | 'answeredAt'> & { savedAt?: string },
    diedAt: Date | null,
  ): string {
    const { startedAt, answeredAt, savedAt } = known
    const signs = [startedAt, answeredAt ?? startedAt, savedAt ?? startedAt].map((at) => Date.parse(at))
    const heard = Math.max(...signs, diedAt?.getTime() ?? Number.NEGATIVE_INFINITY)
    return new Date(Math.min(heard, this.#parts.now().getTime())).toISOString()
  }

  /**
   * Contacts of this user that an earlier session left open, so that they can be wrapped up; those that rang without a word typed are dropped.
   * `isLive`: a call of this host.
   */
  recover(user: User, isLiveHere: (contactId: Id) => boolean): void {
    for (const work of this.#parts.cache.work.list(user.id)) {
      if (isLiveHere(work.contactId)) continue
      if (work.endedAt === null) this.#endWork(user.id, work, null)
      if (work.answeredAt === null && isUntouched(work.draft)) {
        this.#parts.cache.work.discard(work.contactId)
        continue
      }
      if (work.answeredAt !== null) this.#open(user, work)
    }
  }

  /**
   * Conversations that nobody will wrap up, for who had them cannot sign in any more: colleagues are to know what was said in them. With what was typed for a
   * request that was not opened. Who has not said how it went may have promised something: the citizen is to be called back.
   */
  closeLeft(users: readonly LeftUser[]): void {
    const { cache, session, sync, now } = this.#parts
    const present = session.latest.value
    for (const { id, name } of users) {
      // Still on the line, perhaps; the session ends with the call.
      if (present.phase === 'signed-in' && present.user.id === id) continue
      for (const work of cache.work.list(id)) {
        const { contactId, endedAt, draft } = work
        if (endedAt === null || (work.answeredAt === null && isUntouched(draft))) continue
        const { tickets, appointments } = cache.made(contactId)
        const made = appointments.length > 0 ? 'appointment' : tickets.length > 0 ? 'request' : 'callback'
        const note = [draft.note, draft.ticket.text].filter((text) => text.trim() !== '').join('\n\n')
        const closing = closeRequest(
          { ...work, endedAt },
          { outcome: draft.wrapUp.outcome ?? made, lineScore: null, note: note.slice(0, mostNote) },
        )
        const opening = this.isOpened(contactId) ? [] : [openRequest(work)]
        cache.work.close(contactId, { user: { id, name, roles: [] }, at: now().toISOString() }, [
          ...opening,
          closing,
        ])
        sync.nudge()
      }
    }
  }

  /** Whether the CRM has been, or will be, told of this contact. */
  isOpened(contactId: Id): boolean {
    return this.#parts.cache.opens(contactId) || this.#parts.cache.made(contactId).contact !== null
  }

  /** Issues `contact.open` if that has not been done. */
  #open(user: User, work: Work): void {
    if (this.isOpened(work.contactId)) return
    const requests = [openRequest(work)]
    if (work.draft.identification !== 'none') requests.push(identifyRequest(work.contactId, work.draft))
    this.#parts.cache.accept(authorOf(user, this.#parts.now()), requests)
    this.#parts.sync.nudge()
  }

  #put(userId: Id, facts: Facts): void {
    const { contactId, remote, queue, direction, practice, continues } = facts
    const { startedAt, answeredAt, endedAt } = facts
    this.#parts.cache.work.put(userId, {
      contactId,
      remote,
      queue,
      direction,
      practice,
      continues,
      startedAt,
      answeredAt,
      endedAt,
    })
  }

  #record(call: Call): void {
    const { cache } = this.#parts
    const user = this.#owners.get(call.id)
    if (!user) return
    // Who is at the far end may change within a call: a colleague has connected somebody.
    const key = `${call.answeredAt} ${call.endedAt} ${call.remote.number} ${call.continues}`
    const before = this.#told.get(call.id)
    if (before === key) return
    this.#told.set(call.id, key)
    const work = cache.work.get(call.id)
    if (!isLive(call)) {
      this.#told.delete(call.id)
      this.#owners.delete(call.id)
      const record = recordOf(call)
      if (record) cache.calls.add(user.id, record)
      if (this.#consultations.delete(call.id)) return
      if (call.answeredAt === null && (work === null || isUntouched(work.draft))) {
        if (work) cache.work.discard(call.id)
        this.#onDiscard(call.id)
        return
      }
      // Ended and closed already: nothing of it is open any more.
      if (before !== undefined && work === null) return
    }
    if (this.#consultations.has(call.id)) {
      cache.calls.keep(user.id, call)
      return
    }
    this.#put(user.id, factsOf(call))
    const stored = cache.work.get(call.id)
    if (stored && call.answeredAt !== null) this.#open(user, stored)
  }
}
