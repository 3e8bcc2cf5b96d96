import type { IdentificationMethod, Outcome, TriedBefore } from '#contract/domain/contact.ts'
import type { Id } from '#contract/domain/ids.ts'
import type { ClockStep, TermBook } from '#contract/domain/reply-term.ts'
import { firstLevel } from '#contract/domain/rulebook.ts'
import type { TicketStatus } from '#contract/domain/ticket.ts'
import type { TicketKind } from '#contract/domain/ticket-kind.ts'
import { type CityDay, cityDays, instant, minutes } from './calendar.ts'
import type { City } from './city.ts'
import type { Draw } from './draw.ts'
import type { SeedCitizen } from './people.ts'
import { type Matter, matters } from './phrases.ts'
import { type Author, type EntryRow, type SuspensionRow, tellStory } from './ticket-story.ts'

export type ContactRow = {
  id: Id
  channel: 'phone'
  direction: 'inbound'
  queue: string
  operator_id: Id
  citizen_id: Id
  caller_number: string | null
  started_at: string
  answered_at: string
  ended_at: string
  topic_id: string
  outcome: Outcome
  identification: IdentificationMethod
  tried_before: TriedBefore[]
  note: string
  practice: boolean
}
export type TicketRow = {
  id: Id
  kind: TicketKind
  topic_id: string
  text: string
  citizen_id: Id
  contact_id: Id | null
  status: TicketStatus
  received_at: string
  due_on: string
  team: string
  steps: ClockStep[]
  answered_at: string | null
  met_at: string | null
  unsent: boolean
}

export type ToldContact = {
  citizen: Pick<SeedCitizen, 'id' | 'phones'>
  at: number
  topicId: string
  outcome: Outcome
  note: string
}

/** A request with what was done with it, and when its clock stood. Its protocol number is known when all have come in. */
export type ToldTicket = { ticket: TicketRow; entries: EntryRow[]; suspensions: SuspensionRow[] }

const historyDays = 90
/** More who called for an appointment than the offices have seats: the others are still looking for one. */
const bookedAtMost = 20_000

/** What was said with the city in the last ninety days. It is taken away as it is written, so that any number of people may have talked. */
export class History {
  #contacts: ContactRow[] = []
  #tickets: ToldTicket[] = []
  /** Calls that ended with an appointment. */
  readonly booked: { citizenId: Id; contactId: Id; topicId: string; at: number }[] = []
  readonly #draw: Draw
  readonly #operators: readonly Author[]
  readonly #days: CityDay[]
  readonly #now: number
  readonly #book: TermBook
  readonly #teams: Map<string, string>
  readonly #queues: Map<string, string>
  readonly #matters: readonly (readonly [Matter, number])[]

  constructor(city: City, book: TermBook, operators: readonly Author[], draw: Draw, now: Date) {
    this.#book = book
    this.#draw = draw
    this.#operators = operators
    this.#now = now.getTime()
    this.#days = cityDays(book.calendar, now, { from: -historyDays, to: -1, lastDayOfWeek: 6 })
    this.#teams = new Map(city.topics.map((topic) => [topic.id, topic.team]))
    const families = new Map(city.topics.map((topic) => [topic.id, topic.name.it]))
    this.#queues = new Map(
      city.topics.map((topic) => [topic.id, families.get(topic.parentId ?? topic.id) ?? topic.name.it]),
    )
    this.#matters = matters.filter((one) => this.#teams.has(one.topicId)).map((one) => [one, one.weight])
  }

  /** The calls of a household: those who call speak for the children. */
  ofHousehold(household: readonly SeedCitizen[]): void {
    for (const citizen of household) {
      if (citizen.age < 18) continue
      const calls = this.#draw.weighted([
        [0, 54],
        [1, 22],
        [2, 13],
        [3, 6],
        [4, 3],
        [6, 2],
      ] as const)
      if (calls > 0) this.#calls(citizen, calls)
    }
  }

  #calls(citizen: SeedCitizen, count: number): void {
    let matter = this.#draw.weighted(this.#matters)
    const days = Array.from({ length: count }, () => this.#draw.pick(this.#days)).toSorted(
      (a, b) => a.offset - b.offset,
    )
    for (const day of days) {
      if (this.#draw.chance(0.4)) matter = this.#draw.weighted(this.#matters)
      const [outcome, note] = this.#draw.pick(matter.notes)
      const at = day.startsAt + minutes(8 * 60) + this.#draw.between(0, minutes(10 * 60) - 1)
      const contactId = this.contact({ citizen, at, topicId: matter.topicId, outcome, note })
      if (outcome === 'appointment' && this.booked.length < bookedAtMost) {
        this.booked.push({ citizenId: citizen.id, contactId, topicId: matter.topicId, at })
      }
      if (outcome === 'request') this.#request(citizen.id, contactId, matter, at)
    }
  }

  #request(citizenId: Id, contactId: Id, matter: Matter, at: number): void {
    const [kind, text] = this.#draw.pick(matter.requests)
    const age = (this.#now - at) / 86_400_000
    const status = this.#draw.weighted<TicketStatus>(
      age < 8
        ? [
            ['new', 60],
            ['in-progress', 35],
            ['waiting-citizen', 5],
          ]
        : age < 30
          ? [
              ['new', 8],
              ['in-progress', 45],
              ['waiting-citizen', 10],
              ['answered', 20],
              ['resolved', 17],
            ]
          : [
              ['in-progress', 7],
              ['waiting-citizen', 3],
              ['answered', 12],
              ['resolved', 28],
              ['closed', 50],
            ],
    )
    this.ticket({ citizenId, contactId, at, topicId: matter.topicId, kind, text, status })
  }

  contact(told: ToldContact): Id {
    const draw = this.#draw
    const startedAt = Math.floor(told.at / 1000) * 1000
    const answeredAt = startedAt + draw.between(6, 110) * 1000
    const endedAt = answeredAt + draw.between(90, 560) * 1000
    const phone = told.citizen.phones.length > 0 && draw.chance(0.95) ? draw.pick(told.citizen.phones) : null
    const id = draw.id(startedAt)
    this.#contacts.push({
      id,
      channel: 'phone',
      direction: 'inbound',
      queue: this.#queues.get(told.topicId) ?? told.topicId,
      operator_id: draw.pick(this.#operators).id,
      citizen_id: told.citizen.id,
      caller_number: phone?.number ?? null,
      started_at: instant(startedAt),
      answered_at: instant(answeredAt),
      ended_at: instant(endedAt),
      topic_id: told.topicId,
      outcome: told.outcome,
      identification: draw.weighted<IdentificationMethod>([
        ['number-and-name', 40],
        ['birth-date', 25],
        ['birth-date-and-address', 20],
        ['fiscal-code', 10],
        ['delegate', 2],
        ['none', 3],
      ]),
      tried_before: draw.chance(0.3)
        ? [draw.pick(['office', 'website', 'whatsapp', 'newsstand', 'fascicolo'] as const)]
        : [],
      note: told.note,
      practice: false,
    })
    return id
  }

  ticket(opened: {
    citizenId: Id
    contactId: Id | null
    at: number
    topicId: string
    kind: TicketKind
    text: string
    status: TicketStatus
  }): void {
    const receivedAt = instant(Math.floor(opened.at / 1000) * 1000 + minutes(3))
    const id = this.#draw.id(opened.at)
    const { citizenId, contactId, kind, topicId, text } = opened
    const team = this.#teams.get(topicId) ?? firstLevel
    const { ticket, entries, suspensions } = tellStory(
      { id, kind, topicId, text, citizenId, contactId, receivedAt, team },
      opened.status,
      { draw: this.#draw, book: this.#book, operators: this.#operators, now: this.#now },
    )
    const row = {
      id,
      kind: opened.kind,
      topic_id: opened.topicId,
      text: opened.text,
      citizen_id: opened.citizenId,
      contact_id: opened.contactId,
      status: opened.status,
      received_at: receivedAt,
      due_on: ticket.dueOn,
      steps: ticket.clock.steps,
      answered_at: ticket.answeredAt,
      met_at: ticket.metAt,
      unsent: ticket.unsent,
      team,
    }
    this.#tickets.push({ ticket: row, entries, suspensions })
  }

  /** What was told since the last time. */
  take(): { contacts: ContactRow[]; tickets: ToldTicket[] } {
    const taken = { contacts: this.#contacts, tickets: this.#tickets }
    this.#contacts = []
    this.#tickets = []
    return taken
  }
}
