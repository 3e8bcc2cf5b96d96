import { type Hold, longestHoldInAllMinutes } from '#contract/crm-booking.ts'
import type { VisitPlace } from '#contract/desk.ts'
import { type Id, newId } from '#contract/domain/ids.ts'
import { Fault } from '#contract/errors.ts'
import type { KeptVisit } from '../cache/cache.ts'
import { withoutContents } from './faults.ts'
import type { Parts } from './parts.ts'

type Asked = KeptVisit['asked']
type HoldParts = Pick<Parts, 'cache' | 'client' | 'sync' | 'log' | 'now'>

type Place = Pick<VisitPlace, 'officeId' | 'startsAt'>
type Wish = Pick<Asked, 'serviceIds' | 'recoveryOf'>

export const samePlace = (a: Place, b: Place): boolean =>
  a.officeId === b.officeId && Date.parse(a.startsAt) === Date.parse(b.startsAt)

export const sameWish = (a: Wish, b: Wish): boolean =>
  a.serviceIds.join() === b.serviceIds.join() && a.recoveryOf === b.recoveryOf

const sameVisit = (a: Asked, b: Asked): boolean => samePlace(a, b) && sameWish(a, b)

/** Seats that the CRM keeps for this desk's contacts while their operators talk: at most one visit a contact. */
export class Holds {
  readonly #parts: HoldParts
  /** One after the other for each contact, so that a quick second choice never leaves two holds. */
  readonly #turns = new Map<Id, Promise<unknown>>()
  /** Asked for without an answer: the CRM may keep them under this id, and nobody else but who names it gets them. */
  readonly #unheard = new Map<Id, { id: Id; asked: Asked }>()

  constructor(parts: HoldParts) {
    this.#parts = parts
  }

  /**
   * Takes the seats, or answers with the ones that the contact has at that place already; what it had elsewhere is given back. Null while the
   * CRM is away. Throws `conflict: slot-taken` and `slot-gone`.
   */
  take(contactId: Id, asked: Asked): Promise<Hold | null> {
    return this.#inTurn(contactId, async () => {
      const before = this.of(contactId)
      if (before && sameVisit(before.asked, asked)) return before.hold
      if (before) await this.#giveBack(contactId, before)
      const unheard = this.#unheard.get(contactId)
      if (unheard && !sameVisit(unheard.asked, asked)) await this.#giveBackUnheard(contactId)
      return this.#parts.sync.state().state === 'away' ? null : this.#ask(contactId, asked)
    })
  }

  /** Throws `conflict: hold-expired` when they are not kept any more, `hold-longest` when the CRM keeps nothing for longer than that. */
  renew(contactId: Id): Promise<Hold> {
    return this.#inTurn(contactId, async () => {
      const kept = this.of(contactId)
      if (!kept) throw new Fault('conflict', 'hold-expired')
      const { heldUntil } = await this.#parts.client.renewHold(kept.hold.id)
      if (Date.parse(heldUntil) <= Date.parse(kept.hold.heldUntil))
        throw new Fault('conflict', 'hold-longest', { params: { minutes: longestHoldInAllMinutes } })
      const hold = { ...kept.hold, heldUntil }
      this.#parts.cache.work.keepVisit(contactId, { ...kept, hold })
      return hold
    })
  }

  /** `kept`: what a contact had that is closed by now, and gone with its work. */
  release(contactId: Id, kept: KeptVisit | null = null): Promise<void> {
    return this.#inTurn(contactId, async () => {
      await this.#giveBack(contactId, this.of(contactId) ?? kept)
      await this.#giveBackUnheard(contactId)
    })
  }

  /** Its seats go into a booking: the command that takes them names the hold. */
  spend(contactId: Id): void {
    this.#parts.cache.work.keepVisit(contactId, null)
    this.#unheard.delete(contactId)
  }

  /**
   * What a contact has kept at exactly this place, if it still is by this desk's clock; for whatever services when `wish` is null. `hold` null: the
   * CRM was asked and not heard, and a booking that names `id` has the seats if they are kept.
   */
  at(contactId: Id, place: Place, wish: Wish | null): { id: Id; hold: Hold | null } | null {
    const fits = ({ asked }: { asked: Asked }) => samePlace(asked, place) && (!wish || sameWish(asked, wish))
    const kept = this.of(contactId)
    if (kept && fits(kept)) return { id: kept.hold.id, hold: kept.hold }
    const unheard = this.#unheard.get(contactId)
    return unheard && fits(unheard) ? { id: unheard.id, hold: null } : null
  }

  of(contactId: Id): KeptVisit | null {
    const kept = this.#parts.cache.work.keptVisit(contactId)
    return kept && Date.parse(kept.hold.heldUntil) > this.#parts.now().getTime() ? kept : null
  }

  /** Under the id of before where no answer came, so that a desk is not in its own way. */
  async #ask(contactId: Id, asked: Asked): Promise<Hold | null> {
    const unheard = this.#unheard.get(contactId)
    const id = unheard?.id ?? newId()
    this.#unheard.set(contactId, { id, asked })
    try {
      const hold = await this.#parts.client.hold({ id, ...asked })
      this.#unheard.delete(contactId)
      const kept = { hold, asked }
      if (this.#parts.cache.work.keepVisit(contactId, kept)) return hold
      // Closed while the CRM was asked.
      await this.#giveBack(contactId, kept)
      return null
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      if (error.kind === 'conflict' && unheard) {
        // Over, and its id with it; the place may be free.
        await this.#giveBackUnheard(contactId)
        return this.#ask(contactId, asked)
      }
      if (error.kind === 'conflict') this.#unheard.delete(contactId)
      if (error.kind !== 'unavailable') throw error
      this.#parts.log.warn({ err: withoutContents(error) }, 'no seats kept: the CRM is away')
      return null
    }
  }

  async #giveBack(contactId: Id, kept: KeptVisit | null): Promise<void> {
    if (!kept) return
    this.#parts.cache.work.keepVisit(contactId, null)
    await this.#releaseAtCrm(kept.hold.id)
  }

  async #giveBackUnheard(contactId: Id): Promise<void> {
    const unheard = this.#unheard.get(contactId)
    if (!unheard) return
    this.#unheard.delete(contactId)
    await this.#releaseAtCrm(unheard.id)
  }

  /** What cannot be given back ends by itself. */
  async #releaseAtCrm(id: Id): Promise<void> {
    await this.#parts.client.releaseHold(id).catch((error: unknown) => {
      this.#parts.log.info({ err: withoutContents(error) }, 'seats were not given back')
    })
  }

  #inTurn<T>(contactId: Id, work: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(contactId) ?? Promise.resolve()).then(work, work)
    const settled = turn.then(
      () => undefined,
      () => undefined,
    )
    this.#turns.set(contactId, settled)
    void settled.then(() => {
      if (this.#turns.get(contactId) === settled) this.#turns.delete(contactId)
    })
    return turn
  }
}
