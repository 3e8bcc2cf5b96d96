import { freeSeats, type Slot } from '#contract/domain/appointment.ts'
import type { Id } from '#contract/domain/ids.ts'
import { Fault } from '#contract/errors.ts'
import { withoutContents } from './faults.ts'
import type { Parts } from './parts.ts'
import { desk } from './rpc.ts'

type Query = { agenda: string; officeId: string | null; from: string; to: string }

/** Slots that were shown, so that one can be booked by its id; more than a few screens of them. */
const maxShown = 5_000

/** Seats as an operator may promise them: the CRM's count with this desk's pending commands added, or the cache's projection. */
export class Slots {
  readonly #parts: Pick<Parts, 'cache' | 'client' | 'sync' | 'log' | 'now'>
  readonly #shown = new Map<Id, Slot>()

  constructor(parts: Pick<Parts, 'cache' | 'client' | 'sync' | 'log' | 'now'>) {
    this.#parts = parts
  }

  async find(query: Query): Promise<{ slots: Slot[]; from: 'cache' | 'crm' }> {
    const found = await this.#ask(query)
    const answer = found
      ? { slots: this.#withPending(found), from: 'crm' as const }
      : { slots: this.#parts.cache.slots(query), from: 'cache' as const }
    for (const slot of answer.slots) this.#remember(slot)
    return answer
  }

  agendaOf(serviceId: string): string {
    const service = this.#parts.cache.reference().services.find((one) => one.id === serviceId)
    if (!service) throw new Fault('not-found', 'record-not-found')
    return service.agenda
  }

  /** Throws `not-found: slot-gone`, or `conflict: slot-taken` when no seat is left as far as this desk knows. */
  forBooking(slotId: Id, serviceId: string): Slot {
    const agenda = this.agendaOf(serviceId)
    const cached = this.#parts.cache.slot(slotId)
    const shown = this.#shown.get(slotId)
    // Of two equally new ones the fuller: one of them may lack a booking that waits in the outbox.
    const [slot] = [cached, shown]
      .filter((one) => one !== undefined && one !== null)
      .toSorted((a, b) => b.version - a.version || freeSeats(a) - freeSeats(b))
    if (!slot || slot.agenda !== agenda) throw new Fault('not-found', 'slot-gone')
    if (freeSeats(slot) === 0) throw new Fault('conflict', 'slot-taken')
    // Told by the CRM: the seat that is taken now is not in its count.
    this.#shown.delete(slotId)
    return slot
  }

  async #ask(query: Query): Promise<Slot[] | null> {
    if (this.#parts.sync.state().state === 'away') return null
    try {
      return await this.#parts.client.slots(query)
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      this.#parts.log.warn({ err: withoutContents(error) }, 'slots come from the cache')
      return null
    }
  }

  #withPending(slots: readonly Slot[]): Slot[] {
    const taken = new Map<Id, number>()
    const add = (slotId: Id, seats: number) => taken.set(slotId, (taken.get(slotId) ?? 0) + seats)
    for (const { request, state } of this.#parts.cache.entries(null)) {
      if (state !== 'pending') continue
      if (request.name === 'appointment.book') for (const slotId of request.args.slotIds) add(slotId, 1)
      if (request.name === 'appointment.cancel') {
        const appointment = this.#parts.cache.appointment(request.args.appointmentId)
        if (appointment) add(appointment.slotId, -1)
      }
    }
    return slots.map((slot) => {
      const booked = slot.booked + (taken.get(slot.id) ?? 0)
      return { ...slot, booked: Math.max(0, Math.min(slot.capacity, booked)) }
    })
  }

  #remember(slot: Slot): void {
    this.#shown.delete(slot.id)
    this.#shown.set(slot.id, slot)
    const oldest = this.#shown.size > maxShown ? this.#shown.keys().next().value : undefined
    if (oldest !== undefined) this.#shown.delete(oldest)
  }
}

export const slotsService = (slots: Slots, session: Parts['session']) => ({
  find: desk.slots.find.handler(({ input }) => {
    session.user()
    const { serviceId, officeId, from, to } = input
    return slots.find({ agenda: slots.agendaOf(serviceId), officeId, from, to })
  }),
})
