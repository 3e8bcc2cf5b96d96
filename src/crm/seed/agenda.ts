import type { AppointmentState } from '#contract/domain/appointment.ts'
import type { Id } from '#contract/domain/ids.ts'
import { type CityDay, cityDays, instant, minutes, timeOfDay } from './calendar.ts'
import type { City } from './city.ts'
import type { Draw } from './draw.ts'

export const slotMinutes = 30
export const daysAhead = 20

export type SlotRow = {
  id: Id
  office_id: string
  agenda: string
  starts_at: string
  duration_minutes: number
  capacity: number
}
export type AppointmentRow = {
  id: Id
  code: string
  slot_id: Id
  service_ids: string[]
  office_id: string
  starts_at: string
  ends_at: string
  counter: number | null
  citizen_id: Id | null
  contact_id: Id | null
  state: AppointmentState
}
/** Somebody who has an appointment, or will. */
export type Wish = { citizenId: Id; contactId: Id | null; serviceId: string }
export type SeatRow = { slot_id: Id; seat: number; appointment_id: Id }

/** Easily told apart on the phone: no B, G, I, O, S, 0, 1, 2, 5, 8. */
const codeSigns = 'ACDEFHJKLMNPQRTUVWXY34679'

/** The offices' counters: slots to come, about half of them taken, nearer days more, and the appointments of the last weeks. */
export class Agenda {
  readonly slots: SlotRow[] = []
  readonly appointments: AppointmentRow[] = []
  readonly seats: SeatRow[] = []
  readonly #city: City
  readonly #draw: Draw
  readonly #now: Date
  readonly #codes = new Set<string>()
  readonly #free = new Map<Id, number>()
  readonly #at = new Set<string>()
  readonly #past: CityDay[]

  constructor(city: City, draw: Draw, now: Date) {
    this.#city = city
    this.#draw = draw
    this.#now = now
    this.#past = cityDays(now, -80, -1, 5)
    const ahead = cityDays(now, 0, daysAhead * 2, 5).slice(0, daysAhead)
    for (const day of ahead) for (const office of city.offices) this.#openOffice(day, office)
  }

  #openOffice(day: CityDay, office: City['offices'][number]): void {
    for (const { agenda, from, to, counters } of this.#rulesOf(office.id)) {
      for (let at = timeOfDay(from); at + slotMinutes <= timeOfDay(to); at += slotMinutes) {
        this.#addSlot(office.id, agenda, day.startsAt + minutes(at), counters)
      }
    }
  }

  #rulesOf(officeId: string): City['rules'] {
    return this.#city.rules.filter((rule) => rule.officeId === officeId && rule.validTo === null)
  }

  #addSlot(officeId: string, agenda: string, startsAt: number, capacity: number): SlotRow {
    const slot = {
      id: this.#draw.id(startsAt - minutes(60 * 24 * 30)),
      office_id: officeId,
      agenda,
      starts_at: instant(startsAt),
      duration_minutes: slotMinutes,
      capacity,
    }
    this.slots.push(slot)
    this.#at.add(placeKey(officeId, agenda, startsAt))
    this.#free.set(slot.id, capacity)
    return slot
  }

  /**
   * Fills the days to come. `wishes` are booked first, each at some office; the other taken seats are people whom the
   * directory does not know, who booked on the portal or at a newsstand.
   */
  fill(wishes: readonly Wish[]): void {
    const queues = Map.groupBy(wishes, (wish) => this.#agendaOf(wish.serviceId))
    for (const [agenda, slots] of Map.groupBy(this.slots, (slot) => slot.agenda)) {
      const ahead = slots.filter((slot) => Date.parse(slot.starts_at) > this.#now.getTime())
      const queue = queues.get(agenda) ?? []
      const part = (i: number) => i / Math.max(1, ahead.length - 1)
      const taken = ahead.reduce((sum, slot, i) => sum + slot.capacity * likelihood(part(i)), 0)
      const known = Math.min(1, queue.length / Math.max(1, taken))
      for (const [i, slot] of ahead.entries()) {
        for (let seat = this.#free.get(slot.id) ?? 0; seat > 0; seat--) {
          if (!this.#draw.chance(likelihood(part(i)))) continue
          const wish = this.#draw.chance(known) ? queue.pop() : undefined
          this.#book(
            slot,
            wish ?? { citizenId: null, contactId: null, serviceId: this.#serviceOf(agenda) },
            'confirmed',
          )
        }
      }
    }
  }

  /** One that is over: attended mostly, or missed, or called off in time. `after`: an epoch it lies behind. */
  addPast(wish: Wish, after = 0): void {
    const days = this.#past.filter((day) => day.startsAt > after)
    const office = this.#officeFor(wish.serviceId)
    const opening = this.#draw.pick(this.#rulesOf(office.id))
    const steps = (timeOfDay(opening.to) - timeOfDay(opening.from)) / slotMinutes
    const timeAt = minutes(timeOfDay(opening.from) + slotMinutes * this.#draw.between(0, steps - 1))
    if (days.length === 0) return
    const at = this.#draw.pick(days).startsAt + timeAt
    const agenda = this.#agendaOf(wish.serviceId)
    if (this.#at.has(placeKey(office.id, agenda, at))) return
    const slot = this.#addSlot(office.id, agenda, at, 1)
    const state = this.#draw.weighted<AppointmentState>([
      ['attended', 78],
      ['no-show', 9],
      ['cancelled-by-citizen', 9],
      ['cancelled-by-office', 4],
    ])
    this.#book(slot, wish, state)
  }

  /** One that somebody came to, `daysAgo` or on the working day before. */
  addAttended(citizenId: Id, serviceId: string, officeId: string, daysAgo: number): void {
    const day = this.#past.findLast(({ offset }) => offset <= -daysAgo)
    if (!day) throw new Error(`no working day ${daysAgo} days ago`)
    const slot = this.#addSlot(officeId, this.#agendaOf(serviceId), day.startsAt + minutes(10 * 60), 1)
    this.#book(slot, { citizenId, contactId: null, serviceId }, 'attended')
  }

  /** A seat from `fromDay` days ahead on, at that time of day if it can be; for the persons whose story says so. */
  bookAhead(citizenId: Id, serviceId: string, officeId: string, fromDay: number, time: string): void {
    const agenda = this.#agendaOf(serviceId)
    const from = this.#now.getTime() + fromDay * 86_400_000
    const open = this.slots.filter(
      (slot) =>
        slot.office_id === officeId &&
        slot.agenda === agenda &&
        Date.parse(slot.starts_at) >= from &&
        (this.#free.get(slot.id) ?? 0) > 0,
    )
    const slot = open.find((one) => localTime(one.starts_at) === time) ?? open[0]
    if (!slot) throw new Error(`no slot for ${serviceId} at ${officeId}`)
    this.#book(slot, { citizenId, contactId: null, serviceId }, 'confirmed')
  }

  #book(
    slot: SlotRow,
    wish: Omit<Wish, 'citizenId'> & { citizenId: Id | null },
    state: AppointmentState,
  ): void {
    const made =
      Math.min(this.#now.getTime(), Date.parse(slot.starts_at)) -
      minutes(this.#draw.between(60, 60 * 24 * 20))
    const free = this.#free.get(slot.id) ?? 0
    const isOver = state.startsWith('cancelled')
    const seat = slot.capacity - free + 1
    const appointment = {
      id: this.#draw.id(made),
      code: this.#code(),
      slot_id: slot.id,
      service_ids: [wish.serviceId],
      office_id: slot.office_id,
      starts_at: slot.starts_at,
      ends_at: instant(Date.parse(slot.starts_at) + minutes(slot.duration_minutes)),
      counter: isOver ? null : seat,
      citizen_id: wish.citizenId,
      contact_id: wish.contactId,
      state,
    }
    this.appointments.push(appointment)
    if (isOver) return
    if (free === 0) throw new Error('no seat is free')
    this.seats.push({ slot_id: slot.id, seat, appointment_id: appointment.id })
    this.#free.set(slot.id, free - 1)
  }

  #code(): string {
    for (;;) {
      const signs = Array.from({ length: 5 }, () =>
        codeSigns.charAt(this.#draw.between(0, codeSigns.length - 1)),
      )
      const code = `${signs.slice(0, 2).join('')}-${signs.slice(2).join('')}`
      if (this.#codes.has(code)) continue
      this.#codes.add(code)
      return code
    }
  }

  #serviceOf(agenda: string): string {
    return this.#draw.pick(this.#city.services.filter((service) => service.agenda === agenda)).id
  }

  #agendaOf(serviceId: string): string {
    const service = this.#city.services.find((one) => one.id === serviceId)
    if (!service) throw new Error(`no service ${serviceId}`)
    return service.agenda
  }

  #officeFor(serviceId: string): City['offices'][number] {
    const agenda = this.#agendaOf(serviceId)
    return this.#draw.pick(this.#city.offices.filter((office) => office.agendas.includes(agenda)))
  }
}

const placeKey = (officeId: string, agenda: string, at: number): string => `${officeId} ${agenda} ${at}`

/** How likely a seat is taken: nearly all tomorrow, few in four weeks, half on the whole. */
const likelihood = (part: number): number => 0.88 - 0.76 * part

const clock = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  timeZone: 'Europe/Rome',
})
const localTime = (instantText: string): string => clock.format(new Date(instantText))
