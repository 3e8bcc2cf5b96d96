import type { Hold } from '#contract/crm-booking.ts'
import type { VisitPlace } from '#contract/desk.ts'
import { type Id, newId } from '#contract/domain/ids.ts'
import { Fault } from '#contract/errors.ts'
import type { KeptVisit } from '../cache/cache.ts'
import { withoutContents } from './faults.ts'
import type { Parts } from './parts.ts'

type Asked = KeptVisit['asked']
type HoldParts = Pick<Parts, 'cache' | 'client' | 'sync' | 'log' | 'now'>

const samePlace = (a: Asked, b: Asked): boolean =>
  a.officeId === b.officeId &&
  Date.parse(a.startsAt) === Date.parse(b.startsAt) &&
  a.serviceIds.join() === b.serviceIds.join() &&
  a.recoveryOf === b.recoveryOf

/** Seats that the CRM keeps for this desk's contacts while their operators talk: at most one visit a contact. */
export class Holds {
  readonly #parts: HoldParts
  /** One after the other for each contact, so that a quick second choice never leaves two holds. */
  readonly #turns = new Map<Id, Promise<unknown>>()

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
      if (before && samePlace(before.asked, asked)) return before.hold
      if (before) await this.#giveBack(contactId, before)
      if (this.#parts.sync.state().state === 'away') return null
      try {
        const hold = await this.#parts.client.hold({ id: newId(), ...asked })
        const kept = { hold, asked }
        if (this.#parts.cache.work.keepVisit(contactId, kept)) return hold
        // Closed while the CRM was asked.
        await this.#giveBack(contactId, kept)
        return null
      } catch (error) {
        if (!(error instanceof Fault) || error.kind !== 'unavailable') throw error
        this.#parts.log.warn({ err: withoutContents(error) }, 'no seats kept: the CRM is away')
        return null
      }
    })
  }

  /** Throws `conflict: hold-expired` when they are not kept any more. */
  renew(contactId: Id): Promise<Hold> {
    return this.#inTurn(contactId, async () => {
      const kept = this.of(contactId)
      if (!kept) throw new Fault('conflict', 'hold-expired')
      const { heldUntil } = await this.#parts.client.renewHold(kept.hold.id)
      const hold = { ...kept.hold, heldUntil }
      this.#parts.cache.work.keepVisit(contactId, { ...kept, hold })
      return hold
    })
  }

  /** `kept`: what a contact had that is closed by now, and gone with its work. */
  release(contactId: Id, kept: KeptVisit | null = null): Promise<void> {
    return this.#inTurn(contactId, () => this.#giveBack(contactId, this.of(contactId) ?? kept))
  }

  /** Its seats go into a booking: the command that takes them names the hold. */
  spend(contactId: Id): void {
    this.#parts.cache.work.keepVisit(contactId, null)
  }

  /** The hold of a contact at exactly this place, if it is still one by this desk's clock. */
  at(
    contactId: Id,
    visit: Pick<VisitPlace, 'officeId' | 'startsAt'>,
    asked: Pick<Asked, 'serviceIds' | 'recoveryOf'>,
  ): Hold | null {
    const kept = this.of(contactId)
    return kept && samePlace(kept.asked, { ...visit, ...asked }) ? kept.hold : null
  }

  of(contactId: Id): KeptVisit | null {
    const kept = this.#parts.cache.work.keptVisit(contactId)
    return kept && Date.parse(kept.hold.heldUntil) > this.#parts.now().getTime() ? kept : null
  }

  async #giveBack(contactId: Id, kept: KeptVisit | null): Promise<void> {
    if (!kept) return
    this.#parts.cache.work.keepVisit(contactId, null)
    // One that cannot be given back ends by itself.
    await this.#parts.client.releaseHold(kept.hold.id).catch((error: unknown) => {
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
