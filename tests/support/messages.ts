import type { Citizen } from '#contract/domain/citizen.ts'
import type { CrmUnderTest } from './crm.ts'
import {
  addCitizen,
  addDesk,
  addPerson,
  addSlot,
  addStream,
  bookingArgs,
  cancelArgs,
  command,
  contactArgs,
  type Desk,
  fillSmallCity,
  moveArgs,
  type Person,
} from './crm-city.ts'

/** A small city in which a desk books for citizens: what messages are about. */
export class BookingDesk {
  readonly crm: CrmUnderTest
  readonly person: Person
  readonly #desk: Desk
  readonly #streamId: string
  #n = 0

  private constructor(crm: CrmUnderTest, person: Person, desk: Desk, streamId: string) {
    this.crm = crm
    this.person = person
    this.#desk = desk
    this.#streamId = streamId
  }

  static async open(crm: CrmUnderTest): Promise<BookingDesk> {
    await fillSmallCity(crm.store.db)
    const person = await addPerson(crm)
    const desk = await addDesk(crm, person)
    return new BookingDesk(crm, person, desk, await addStream(person, desk))
  }

  citizen(over: Partial<Citizen> = {}): Promise<Citizen> {
    return addCitizen(this.crm.store.db, over)
  }

  /** A confirmed appointment of which nobody has been told. Null as `citizenId`: of whoever called from `callerNumber`. */
  async book(options: {
    startsAt: string
    citizenId: string | null
    callerNumber?: string
  }): Promise<string> {
    const id = await addSlot(this.crm.store.db, { startsAt: options.startsAt, capacity: 1 })
    const contact = contactArgs({ callerNumber: options.callerNumber ?? null })
    const booking = bookingArgs(
      { id, startsAt: options.startsAt },
      { citizenId: options.citizenId, contactId: contact.id },
    )
    const commands = [
      command(++this.#n, 'contact.open', contact),
      command(++this.#n, 'appointment.book', booking),
    ]
    const { results } = await this.#desk.api.sync.push({ streamId: this.#streamId, commands })
    const refused = results.find((result) => result.status !== 'applied')
    if (refused) throw new Error(`not booked: ${JSON.stringify(refused.fault)}`)
    return booking.id
  }

  async cancel(appointmentId: string, by: 'citizen' | 'office'): Promise<void> {
    const commands = [command(++this.#n, 'appointment.cancel', cancelArgs(appointmentId, { by }))]
    await this.#desk.api.sync.push({ streamId: this.#streamId, commands })
  }

  async move(appointmentId: string, startsAt: string, notify: ('email' | 'sms' | 'none')[]): Promise<void> {
    const { db } = this.crm.store
    const known = await db
      .selectFrom('slots')
      .select('id')
      .where('starts_at', '=', startsAt)
      .executeTakeFirst()
    const id = known?.id ?? (await addSlot(db, { startsAt, capacity: 1 }))
    const commands = [
      command(++this.#n, 'appointment.reschedule', moveArgs(appointmentId, { id, startsAt }, { notify })),
    ]
    const { results } = await this.#desk.api.sync.push({ streamId: this.#streamId, commands })
    if (results[0]?.status !== 'applied') throw new Error(`not moved: ${JSON.stringify(results[0]?.fault)}`)
  }
}
