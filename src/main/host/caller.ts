import { isDeepStrictEqual } from 'node:util'
import type { CommandAuthor } from '#contract/commands/command.ts'
import type { CallerView, ChangeNotice, ShownStory } from '#contract/desk.ts'
import type { CallRemote } from '#contract/domain/call.ts'
import type { Contact } from '#contract/domain/contact.ts'
import type { Id } from '#contract/domain/ids.ts'
import { Fault } from '#contract/errors.ts'
import type { CitizenStory } from '../cache/cache.ts'
import { whilePaintingMs } from '../painting.ts'
import { withoutContents } from './faults.ts'
import { Latest, Signal } from './latest.ts'
import { afterPaintMs, author, type Parts } from './parts.ts'
import { desk } from './rpc.ts'
import { identifiedIn, shownCaller, shownStory } from './shown.ts'
import { asKnownHere, type CrmAnswer, knownCaller, mergeStories, mergeStory, storiesOf } from './stories.ts'

/** After this the operator is told that the CRM is away, and nobody waits for it. An answer that comes later is shown all the same. */
const crmPatienceMs = 4_000
/** Calls whose view is kept: more than an operator can have open. */
const maxKept = 100
const ofStories = new Set<ChangeNotice['entities'][number]>([
  'citizen',
  'contact',
  'ticket',
  'appointment',
  '*',
])

type Lookup = {
  remote: CallRemote
  continues: Id | null
  /** What a colleague handed on, and the person in it when only the CRM has them. */
  continued: Contact | null
  /** The CRM was away when it was asked what was handed on. */
  continuedUnheard: boolean
  handedOn: CitizenStory[]
  own: CitizenStory[]
  crm: CrmAnswer
  /** What the CRM was asked last, or is about to be, while somebody waits for the answer. */
  question: symbol | null
  /** Of persons who are not on this number, as the CRM told them last. */
  told: Map<Id, CitizenStory>
  /** Who has been identified in this contact: of them the window gets everything. */
  identified: Id | null
  /** As windows may see it. */
  view: Latest<CallerView>
  journaled: Set<Id>
  /** The CRM is about to be asked. */
  toAsk: NodeJS.Timeout | null
  /** Shown, and about to be journaled: by whom and when. */
  shown: { ids: Set<Id>; by: CommandAuthor; timer: NodeJS.Timeout } | null
}

const isAbsence = (error: unknown): boolean => error instanceof Fault && error.kind === 'unavailable'

/** Who calls: looked up when the call comes in, so that the answer is there before a window asks for it. */
export class Callers {
  readonly #parts: Pick<Parts, 'cache' | 'client' | 'session' | 'sync' | 'log' | 'now'>
  readonly #lookups = new Map<Id, Lookup>()
  readonly #incoming = new Signal<CallerView>((_, next) => next)

  constructor(parts: Pick<Parts, 'cache' | 'client' | 'session' | 'sync' | 'log' | 'now'>) {
    this.#parts = parts
  }

  /** The cache at once; the CRM beside it or, of whom the cache knows, a moment later. Asked again for the same call it does nothing. */
  begin(callId: Id, remote: CallRemote, continues: Id | null): void {
    const before = this.#lookups.get(callId)
    if (before && before.remote.number === remote.number && before.continues === continues) return
    // A colleague has connected somebody: another question, told to those who watch.
    if (before) this.forget(callId)
    const oldest = this.#lookups.size >= maxKept ? this.#lookups.keys().next().value : undefined
    if (oldest !== undefined) this.forget(oldest)
    const continued = continues === null ? null : this.#known(continues)
    const own = this.#own(remote, continued)
    // One that is known to be away is asked all the same: nobody waits for it to be shown so.
    const isAway = this.#parts.sync.state().state === 'away'
    const crm: CrmAnswer = remote.e164 === null ? 'not-asked' : isAway ? 'away' : 'asking'
    const question = remote.e164 === null ? null : Symbol('who calls')
    const asked = { withheld: remote.number === null, awaited: question !== null }
    const known = knownCaller(callId, asked, own, crm, continued)
    const identified = this.#identified(callId)
    const view = shownCaller(known, identified, this.#parts.now())
    const lookup: Lookup = {
      remote,
      continues,
      continued,
      continuedUnheard: false,
      handedOn: [],
      own,
      crm,
      question,
      told: new Map(),
      identified,
      view: new Latest(view, isDeepStrictEqual),
      journaled: new Set(),
      toAsk: null,
      shown: null,
    }
    this.#lookups.set(callId, lookup)
    this.#incoming.emit(view)
    this.#journalSoon(callId, lookup)
    if (remote.e164 !== null) this.#askCrmInTime(callId, lookup, remote.e164)
    if (continues !== null) void this.#askContinued(callId, lookup, continues)
  }

  watch(callId: Id, signal: AbortSignal | undefined): AsyncIteratorObject<CallerView, undefined, unknown> {
    const lookup = this.#lookups.get(callId)
    if (!lookup) throw new Fault('not-found', 'call-gone')
    if (this.#parts.sync.state().state === 'reachable') this.#askAgain(callId, lookup)
    this.#refresh(callId, lookup)
    return lookup.view.watch(signal)
  }

  incoming(signal: AbortSignal | undefined): AsyncIteratorObject<CallerView, undefined, unknown> {
    return this.#incoming.watch(signal)
  }

  has(callId: Id): boolean {
    return this.#lookups.has(callId)
  }

  /** The CRM is there again: it is asked about whom it could not be asked, where somebody looks. */
  reachable(): void {
    for (const [callId, lookup] of this.#lookups) {
      if (lookup.view.readers === 0) continue
      this.#askAgain(callId, lookup)
      this.#refresh(callId, lookup)
    }
  }

  /** Rows of persons have changed: who is looked at now is shown as they are now. */
  changed(notice: ChangeNotice): void {
    // Work that waited for its call to be answered.
    if (notice.entities.includes('work')) for (const callId of this.#lookups.keys()) this.identified(callId)
    if (!notice.entities.some((entity) => ofStories.has(entity))) return
    for (const [callId, lookup] of this.#lookups) if (lookup.view.readers > 0) this.#refresh(callId, lookup)
  }

  /** Somebody was identified in this contact, or is not any more: who looks is shown as much of them as that allows. */
  identified(callId: Id): void {
    const lookup = this.#lookups.get(callId)
    if (lookup && lookup.identified !== this.#identified(callId)) this.#refresh(callId, lookup)
  }

  async story(citizenId: Id, callId: Id): Promise<ShownStory & { from: 'cache' | 'crm' }> {
    const lookup = this.#lookups.get(callId)
    if (!lookup) throw new Fault('not-found', 'call-gone')
    const { from, ...story } = await this.#story(citizenId, callId, lookup)
    const identified = this.#identified(callId)
    // Who turned out to be another is identified as that other.
    const isWhole = identified !== null && (identified === story.citizen.id || identified === citizenId)
    return { ...shownStory(story, isWhole, this.#parts.now()), from }
  }

  async #story(citizenId: Id, callId: Id, lookup: Lookup): Promise<CitizenStory & { from: 'cache' | 'crm' }> {
    const own = this.#parts.cache.story(citizenId)
    const answer = this.#present(lookup.crm)
    // Not the one asked for where that one turned out to be another.
    const id = own?.citizen.id ?? citizenId
    const told = Array.isArray(answer) ? answer.find((story) => story.citizen.id === id) : undefined
    if (own) {
      this.#journal(callId, lookup, [id], author(this.#parts))
      return told ? { ...mergeStory(own, told), from: 'crm' } : { ...own, from: 'cache' }
    }
    if (told) return { ...told, from: 'crm' }
    try {
      const context = await this.#parts.client.story(citizenId, { kind: 'call', id: callId })
      const [story] = storiesOf(context)
      if (!story) throw new Fault('not-found', 'citizen-gone')
      lookup.told.set(citizenId, story)
      return { ...story, from: 'crm' }
    } catch (error) {
      // Asked again because they were identified meanwhile, and the CRM has gone away.
      const before = lookup.told.get(citizenId)
      if (before && error instanceof Fault && error.kind === 'unavailable') return { ...before, from: 'crm' }
      throw error
    }
  }

  forget(callId: Id): void {
    const lookup = this.#lookups.get(callId)
    if (!lookup) return
    if (lookup.toAsk) clearTimeout(lookup.toAsk)
    this.#journalShown(callId, lookup)
    lookup.view.close()
    this.#lookups.delete(callId)
  }

  close(): void {
    for (const callId of [...this.#lookups.keys()]) this.forget(callId)
    this.#incoming.close()
  }

  #identified(callId: Id): Id | null {
    return identifiedIn(this.#parts.cache.work.get(callId))
  }

  /** A cache that cannot be read says nothing; the call goes on and the CRM may still answer. */
  #own(remote: CallRemote, continued: Contact | null): CitizenStory[] {
    try {
      const handedOn = continued?.citizenId ? this.#parts.cache.story(continued.citizenId) : null
      const callers = remote.e164 === null ? [] : this.#parts.cache.callers(remote.e164)
      return handedOn
        ? [handedOn, ...callers.filter(({ citizen }) => citizen.id !== handedOn.citizen.id)]
        : callers
    } catch (error) {
      this.#parts.log.error({ err: withoutContents(error) }, 'the cache did not say who calls')
      return []
    }
  }

  #known(contactId: Id): Contact | null {
    try {
      return this.#parts.cache.made(contactId).contact
    } catch (error) {
      this.#parts.log.error({ err: withoutContents(error) }, 'the cache did not say what was handed on')
      return null
    }
  }

  /** The id came with the call, from another machine: only what the CRM lets this operator read is shown. */
  async #askContinued(callId: Id, lookup: Lookup, contactId: Id): Promise<void> {
    try {
      const contact = lookup.continued ?? (await this.#parts.client.contact(contactId))
      const { citizenId } = contact
      if (citizenId !== null && !this.#parts.cache.story(citizenId)) {
        const context = await this.#parts.client.story(citizenId, { kind: 'call', id: callId })
        lookup.handedOn = storiesOf(context).filter(({ citizen }) => citizen.id === citizenId)
      }
      lookup.continued = contact
      if (this.#lookups.get(callId) === lookup) this.#refresh(callId, lookup)
    } catch (error) {
      lookup.continuedUnheard = isAbsence(error)
      this.#parts.log.warn({ callId, err: withoutContents(error) }, 'what was handed on is not known here')
    }
  }

  #present(answer: CrmAnswer): CrmAnswer {
    return Array.isArray(answer)
      ? asKnownHere(answer, (appointmentId) => this.#parts.cache.appointment(appointmentId))
      : answer
  }

  #askCrmInTime(callId: Id, lookup: Lookup, number: string): void {
    if (lookup.own.length === 0) void this.#askCrm(callId, lookup, number)
    else lookup.toAsk = setTimeout(() => void this.#askCrm(callId, lookup, number), whilePaintingMs)
  }

  async #askCrm(callId: Id, lookup: Lookup, number: string): Promise<void> {
    const question = Symbol('who calls')
    lookup.question = question
    if (lookup.toAsk) clearTimeout(lookup.toAsk)
    // What another question has brought meanwhile stays.
    const without = (absence: 'away' | 'refused') =>
      this.#heard(callId, lookup, Array.isArray(lookup.crm) ? lookup.crm : absence)
    const patience = setTimeout(() => {
      if (lookup.question === question) without('away')
    }, crmPatienceMs)
    try {
      this.#heard(callId, lookup, storiesOf(await this.#parts.client.callerContext(number, callId)))
    } catch (error) {
      this.#parts.log.warn({ callId, err: withoutContents(error) }, 'the CRM did not say who calls')
      // Asked once more meanwhile: that one is waited for.
      const isLast = lookup.question === question || lookup.question === null
      if (isLast) without(isAbsence(error) ? 'away' : 'refused')
    } finally {
      clearTimeout(patience)
    }
  }

  #askAgain(callId: Id, lookup: Lookup): void {
    const { e164 } = lookup.remote
    if (lookup.crm === 'away' && e164 !== null) {
      lookup.crm = 'asking'
      void this.#askCrm(callId, lookup, e164)
    }
    if (lookup.continuedUnheard && lookup.continues !== null) {
      lookup.continuedUnheard = false
      void this.#askContinued(callId, lookup, lookup.continues)
    }
  }

  #heard(callId: Id, lookup: Lookup, answer: CrmAnswer): void {
    lookup.crm = answer
    lookup.question = null
    if (this.#lookups.get(callId) !== lookup) return
    try {
      this.#refresh(callId, lookup)
    } catch (error) {
      this.#parts.log.error({ callId, err: withoutContents(error) }, 'the answer of the CRM was not shown')
    }
  }

  #refresh(callId: Id, lookup: Lookup): void {
    const before = lookup.view.value
    lookup.own = this.#own(lookup.remote, lookup.continued)
    const { handedOn, continued } = lookup
    const present = this.#present(lookup.crm)
    const answer =
      handedOn.length === 0 ? present : mergeStories(handedOn, Array.isArray(present) ? present : [])
    const asked = { withheld: lookup.remote.number === null, awaited: lookup.question !== null }
    lookup.identified = this.#identified(callId)
    const known = knownCaller(callId, asked, lookup.own, answer, continued)
    lookup.view.set(shownCaller(known, lookup.identified, this.#parts.now()))
    if (lookup.view.value !== before) this.#incoming.emit(lookup.view.value)
    this.#journalSoon(callId, lookup)
  }

  /** After the page has painted it: the journal's flush to disk, and what it sends to the CRM, are not on the way to the screen. */
  #journalSoon(callId: Id, lookup: Lookup): void {
    const fresh = lookup.own.map((story) => story.citizen.id).filter((id) => !lookup.journaled.has(id))
    if (fresh.length === 0) return
    try {
      lookup.shown ??= {
        ids: new Set(),
        by: author(this.#parts),
        timer: setTimeout(() => this.#journalShown(callId, lookup), afterPaintMs),
      }
      for (const id of fresh) lookup.shown.ids.add(id)
    } catch (error) {
      this.#parts.log.error({ callId, err: withoutContents(error) }, 'a read was not journaled')
    }
  }

  #journalShown(callId: Id, lookup: Lookup): void {
    const { shown } = lookup
    if (!shown) return
    clearTimeout(shown.timer)
    lookup.shown = null
    try {
      this.#journal(callId, lookup, [...shown.ids], shown.by)
    } catch (error) {
      this.#parts.log.error({ callId, err: withoutContents(error) }, 'a read was not journaled')
    }
  }

  /** Reads from the cache, once a person and call. What the CRM hands out it audits itself: writing it here too would count it twice. */
  #journal(callId: Id, lookup: Lookup, citizenIds: readonly Id[], by: CommandAuthor): void {
    const fresh = citizenIds.filter((id) => !lookup.journaled.has(id))
    if (fresh.length === 0) return
    this.#parts.cache.accept(
      by,
      fresh.map((citizenId) => ({
        name: 'citizen.read',
        args: { citizenId, reason: { kind: 'call', id: callId }, at: by.at, from: 'cache' },
      })),
    )
    for (const id of fresh) lookup.journaled.add(id)
    this.#parts.sync.nudge()
  }
}

/** `begin`: for a window that asks after the host was started anew, while the work of the call is open. */
export const callerService = (callers: Callers, begin: (callId: Id) => void) => ({
  watch: desk.caller.watch.handler(({ input, signal }) => {
    begin(input.callId)
    return callers.watch(input.callId, signal)
  }),
  incoming: desk.caller.incoming.handler(({ signal }) => callers.incoming(signal)),
})
