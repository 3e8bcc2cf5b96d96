import type { AppointmentState } from '#contract/domain/appointment.ts'
import { codeSigns } from '#contract/domain/appointment-code.ts'
import type { CityCalendar } from '#contract/domain/calendar.ts'
import type { Id } from '#contract/domain/ids.ts'
import { fingerprint } from '../agenda/hours.ts'
import { type Hours, planDay } from '../agenda/plan.ts'
import { daysFrom } from '../agenda/slots.ts'
import { type CityDay, cityDays, instant, minutes, timeOfDay } from './calendar.ts'
import type { City } from './city.ts'
import type { Draw } from './draw.ts'

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

/** An office's day of which the slots are made. */
export type DayRow = { office_id: string; day: string; made_of: string }

/** How far ahead people book in numbers. */
const busyDays = 20

/** The offices' counters: slots to come as the opening rules have them, about half of the next weeks' taken, nearer days more, and the appointments of the last weeks. */
export class Agenda {
  readonly slots: SlotRow[] = []
  readonly days: DayRow[] = []
  readonly appointments: AppointmentRow[] = []
  readonly seats: SeatRow[] = []
  readonly #city: City
  readonly #calendar: CityCalendar
  readonly #draw: Draw
  readonly #now: Date
  readonly #codes = new Set<string>()
  /** Numbers of the seats that are free. */
  readonly #free = new Map<Id, Set<number>>()
  readonly #at = new Map<string, SlotRow>()
  readonly #past: CityDay[]

  constructor(city: City, calendar: CityCalendar, draw: Draw, now: Date) {
    this.#city = city
    this.#calendar = calendar
    this.#draw = draw
    this.#now = now
    this.#past = cityDays(calendar, now, { from: -80, to: -1, lastDayOfWeek: 5 })
    for (const office of city.offices) this.#openOffice(office)
    this.slots.sort((a, b) => Date.parse(a.starts_at) - Date.parse(b.starts_at))
  }

  #openOffice(office: City['offices'][number]): void {
    const hours: Hours = {
      zone: office.zone,
      calendar: this.#calendar,
      rules: this.#city.rules.filter((rule) => rule.officeId === office.id),
      closures: this.#city.closures
        .filter((closure) => closure.officeId === office.id)
        .map((closure) => ({ ...closure, agendas: null })),
      recoveries: [],
    }
    const { first, count } = daysFrom(this.#now, office.zone)
    for (let offset = 0; offset < count; offset++) {
      const day = first.add({ days: offset })
      const plan = planDay(hours, day)
      for (const { agenda, startsAt, stepMinutes, counters } of plan) {
        this.#addSlot({ office_id: office.id, agenda, startsAt, stepMinutes, capacity: counters })
      }
      this.days.push({ office_id: office.id, day: day.toString(), made_of: fingerprint(plan) })
    }
  }

  #addSlot(what: {
    office_id: string
    agenda: string
    startsAt: number
    stepMinutes: number
    capacity: number
  }): SlotRow {
    const { office_id, agenda, startsAt, capacity } = what
    const slot = {
      id: this.#draw.id(startsAt - minutes(60 * 24 * 30)),
      ...{ office_id, agenda, starts_at: instant(startsAt), duration_minutes: what.stepMinutes, capacity },
    }
    this.slots.push(slot)
    this.#at.set(placeKey(office_id, agenda, startsAt), slot)
    this.#free.set(slot.id, new Set(Array.from({ length: capacity }, (_, i) => i + 1)))
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
      const days = [...new Set(ahead.map((slot) => slot.starts_at.slice(0, 10)))]
      const nth = new Map(days.map((day, i) => [day, i]))
      const likely = (slot: SlotRow) => likelihood((nth.get(slot.starts_at.slice(0, 10)) ?? 0) / busyDays)
      const taken = ahead.reduce((sum, slot) => sum + slot.capacity * likely(slot), 0)
      const known = Math.min(1, queue.length / Math.max(1, taken))
      for (const slot of ahead) {
        for (let seat = this.#free.get(slot.id)?.size ?? 0; seat > 0; seat--) {
          if (!this.#draw.chance(likely(slot))) continue
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
    const agenda = this.#agendaOf(wish.serviceId)
    const office = this.#draw.pick(this.#city.offices.filter((one) => one.agendas.includes(agenda)))
    const opening = this.#draw.pick(this.#usual(office.id, agenda))
    const steps = (timeOfDay(opening.to) - timeOfDay(opening.from)) / opening.stepMinutes
    const needed = Math.ceil(this.#minutesOf(wish.serviceId) / opening.stepMinutes)
    if (days.length === 0 || needed > steps) return
    const nth = this.#draw.between(0, steps - needed)
    const at = this.#draw.pick(days).startsAt + minutes(timeOfDay(opening.from) + opening.stepMinutes * nth)
    const state = this.#draw.weighted<AppointmentState>([
      ['attended', 78],
      ['no-show', 9],
      ['cancelled-by-citizen', 9],
      ['cancelled-by-office', 4],
    ])
    this.#addOver(wish, office.id, at, opening.stepMinutes, state)
  }

  /** One that somebody came to, `daysAgo` or on the working day before. */
  addAttended(citizenId: Id, serviceId: string, officeId: string, daysAgo: number): void {
    const day = this.#past.findLast(({ offset }) => offset <= -daysAgo)
    if (!day) throw new Error(`no working day ${daysAgo} days ago`)
    const [opening] = this.#usual(officeId, this.#agendaOf(serviceId))
    if (!opening) throw new Error(`${officeId} has nothing for ${serviceId}`)
    const wish = { citizenId, contactId: null, serviceId }
    this.#addOver(wish, officeId, day.startsAt + minutes(10 * 60), opening.stepMinutes, 'attended')
  }

  /** Of slots that are over only those are kept that somebody had. */
  #addOver(wish: Wish, officeId: string, at: number, stepMinutes: number, state: AppointmentState): void {
    const agenda = this.#agendaOf(wish.serviceId)
    const needed = Math.ceil(this.#minutesOf(wish.serviceId) / stepMinutes)
    const starts = Array.from({ length: needed }, (_, nth) => at + nth * minutes(stepMinutes))
    if (starts.some((start) => this.#at.has(placeKey(officeId, agenda, start)))) return
    const [first] = starts.map((startsAt) =>
      this.#addSlot({ office_id: officeId, agenda, startsAt, stepMinutes, capacity: 1 }),
    )
    if (first) this.#book(first, wish, state)
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
        this.#run(slot, serviceId) !== null,
    )
    const slot = open.find((one) => localTime(one.starts_at) === time) ?? open[0]
    if (!slot) throw new Error(`no slot for ${serviceId} at ${officeId}`)
    this.#book(slot, { citizenId, contactId: null, serviceId }, 'confirmed')
  }

  /** As many slots in a row as a service needs, from one on, with a counter that is free in all of them. */
  #run(slot: SlotRow, serviceId: string): { slots: SlotRow[]; counter: number } | null {
    const needed = Math.ceil(this.#minutesOf(serviceId) / slot.duration_minutes)
    const start = Date.parse(slot.starts_at)
    const slots: SlotRow[] = []
    for (let nth = 0; nth < needed; nth++) {
      const at = start + nth * minutes(slot.duration_minutes)
      const one = this.#at.get(placeKey(slot.office_id, slot.agenda, at))
      if (!one) return null
      slots.push(one)
    }
    const free = slots.map((one) => this.#free.get(one.id) ?? new Set<number>())
    const counters = [...(free[0] ?? [])].filter((counter) => free.every((seats) => seats.has(counter)))
    return counters.length === 0 ? null : { slots, counter: this.#draw.pick(counters) }
  }

  /** Nothing when there is no counter for it any more. */
  #book(
    slot: SlotRow,
    wish: Omit<Wish, 'citizenId'> & { citizenId: Id | null },
    state: AppointmentState,
  ): void {
    const run = this.#run(slot, wish.serviceId)
    if (!run) return
    const made =
      Math.min(this.#now.getTime(), Date.parse(slot.starts_at)) -
      minutes(this.#draw.between(60, 60 * 24 * 20))
    const isOver = state.startsWith('cancelled')
    const appointment = {
      id: this.#draw.id(made),
      code: this.#code(),
      slot_id: slot.id,
      service_ids: [wish.serviceId],
      office_id: slot.office_id,
      starts_at: slot.starts_at,
      ends_at: instant(Date.parse(slot.starts_at) + run.slots.length * minutes(slot.duration_minutes)),
      counter: isOver ? null : run.counter,
      citizen_id: wish.citizenId,
      contact_id: wish.contactId,
      state,
    }
    this.appointments.push(appointment)
    if (isOver) return
    for (const { id } of run.slots) {
      this.seats.push({ slot_id: id, seat: run.counter, appointment_id: appointment.id })
      this.#free.get(id)?.delete(run.counter)
    }
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
    return this.#service(serviceId).agenda
  }

  #minutesOf(serviceId: string): number {
    return this.#service(serviceId).durationMinutes
  }

  #service(serviceId: string): City['services'][number] {
    const service = this.#city.services.find((one) => one.id === serviceId)
    if (!service) throw new Error(`no service ${serviceId}`)
    return service
  }

  /** Hours without end: not those of a season. */
  #usual(officeId: string, agenda: string): City['rules'] {
    return this.#city.rules.filter(
      (rule) => rule.officeId === officeId && rule.agenda === agenda && rule.validTo === null,
    )
  }
}

const placeKey = (officeId: string, agenda: string, at: number): string => `${officeId} ${agenda} ${at}`

/** How likely a seat is taken: nearly all tomorrow, half in two weeks, few in four weeks and later. */
const likelihood = (part: number): number => Math.max(0.08, 0.88 - 0.76 * part)

const clock = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  timeZone: 'Europe/Rome',
})
const localTime = (instantText: string): string => clock.format(new Date(instantText))
