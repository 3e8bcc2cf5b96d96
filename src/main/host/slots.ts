import { Temporal } from 'temporal-polyfill'
import type { VisitOffer } from '#contract/desk.ts'
import type { Slot } from '#contract/domain/appointment.ts'
import { cityZone } from '#contract/domain/ids.ts'
import { Fault } from '#contract/errors.ts'
import { withoutContents } from './faults.ts'
import type { Parts } from './parts.ts'
import { desk } from './rpc.ts'
import { visitOffers } from './visit-offers.ts'

type Answer = { offers: VisitOffer[]; from: 'cache' | 'crm' }

/** As far ahead as a desk holds slots. */
const cachedDays = 14

/** Where a visit may take place: as the CRM has it now, or as the cache last heard, with what waits in the outbox counted in both. */
export class Slots {
  readonly #parts: Pick<Parts, 'cache' | 'client' | 'sync' | 'log' | 'now'>

  constructor(parts: Pick<Parts, 'cache' | 'client' | 'sync' | 'log' | 'now'>) {
    this.#parts = parts
  }

  /** Calls back whenever the other one answers from now on, the CRM or the cache: what was told before may not be so. */
  onTurn(listener: () => void): () => void {
    let isAway = this.#parts.sync.state().state === 'away'
    return this.#parts.sync.onState(({ state }) => {
      if (isAway === (state === 'away')) return
      isAway = !isAway
      listener()
    })
  }

  async next(query: {
    serviceIds: string[]
    officeIds: string[] | null
    after: string | null
    near: string | null
    limit: number
    recoveryOf: string | null
  }): Promise<Answer> {
    const offers = await this.#ask((client) => client.nextFree(query))
    if (offers) return { offers: this.#withPending(offers).filter(({ free }) => free > 0), from: 'crm' }
    const first = Math.max(this.#parts.now().getTime(), query.after === null ? 0 : Date.parse(query.after))
    const near = query.near === null ? first : Math.max(first, Date.parse(query.near))
    const until = new Date(near + cachedDays * 86_400_000)
    const away = ({ startsAt }: VisitOffer) => Math.abs(Date.parse(startsAt) - near)
    const nearest = this.#cached(query.serviceIds, null, new Date(first), until)
      .filter(
        ({ officeId, free }) => free > 0 && (query.officeIds === null || query.officeIds.includes(officeId)),
      )
      .sort((a, b) => away(a) - away(b))
      .slice(0, query.limit)
    return { offers: nearest.sort((a, b) => Date.parse(a.startsAt) - Date.parse(b.startsAt)), from: 'cache' }
  }

  async week(query: {
    serviceIds: string[]
    officeId: string
    monday: string
    recoveryOf: string | null
  }): Promise<Answer> {
    const offers = await this.#ask((client) => client.week(query))
    if (offers) return { offers: this.#withPending(offers), from: 'crm' }
    const { offices } = this.#parts.cache.reference()
    const zone = offices.find(({ id }) => id === query.officeId)?.zone ?? cityZone
    const monday = Temporal.PlainDate.from(query.monday)
    const begin = (day: Temporal.PlainDate) => new Date(day.toZonedDateTime(zone).epochMilliseconds)
    const cached = this.#cached(
      query.serviceIds,
      query.officeId,
      begin(monday),
      begin(monday.add({ days: 7 })),
    )
    return { offers: cached, from: 'cache' }
  }

  async #ask(question: (client: Parts['client']) => Promise<VisitOffer[]>): Promise<VisitOffer[] | null> {
    if (this.#parts.sync.state().state === 'away') return null
    try {
      return await question(this.#parts.client)
    } catch (error) {
      if (!(error instanceof Fault) || error.kind !== 'unavailable') throw error
      this.#parts.log.warn({ err: withoutContents(error) }, 'free places come from the cache')
      return null
    }
  }

  #cached(serviceIds: readonly string[], officeId: string | null, from: Date, until: Date): VisitOffer[] {
    const { services } = this.#parts.cache.reference()
    const chosen = serviceIds.map((id) => services.find((service) => service.id === id))
    const agenda = chosen[0]?.agenda
    const minutes = chosen.reduce((sum, service) => sum + (service?.durationMinutes ?? 0), 0)
    if (agenda === undefined || chosen.some((service) => service?.agenda !== agenda)) {
      throw new Fault('invalid', 'input-invalid', { params: { field: 'serviceIds' } })
    }
    const slots: Slot[] = this.#parts.cache.slots({ agenda, officeId, from, until })
    return visitOffers(slots, minutes, this.#parts.now())
  }

  /** Seats that commands of this desk take, and of which the CRM has not heard. */
  #withPending(offers: readonly VisitOffer[]): VisitOffer[] {
    const taken = new Map<string, number>()
    for (const { request, state } of this.#parts.cache.entries(null)) {
      if (state !== 'pending' || request.name !== 'appointment.book' || request.args.holdId) continue
      for (const slotId of request.args.slotIds) taken.set(slotId, (taken.get(slotId) ?? 0) + 1)
    }
    if (taken.size === 0) return [...offers]
    return offers.map((offer) => {
      const most = Math.max(0, ...offer.slotIds.map((slotId) => taken.get(slotId) ?? 0))
      return { ...offer, free: Math.max(0, offer.free - most) }
    })
  }
}

export const slotsService = (slots: Slots, session: Parts['session']) => ({
  next: desk.slots.next.handler(({ input }) => {
    session.user()
    return slots.next(input)
  }),
  week: desk.slots.week.handler(({ input }) => {
    session.user()
    return slots.week(input)
  }),
})
