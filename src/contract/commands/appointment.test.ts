import { describe, expect, test } from 'vitest'
import { type Appointment, AppointmentState, isActive, mayBecome, type Slot } from '../domain/appointment.ts'
import type { Entity, EntityRows } from '../domain/entities.ts'
import type { CommandAuthor, LocalChange } from './command.ts'
import { type CommandArgs, type CommandName, localEffect } from './registry.ts'

const id = (n: number) => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`
const author: CommandAuthor = {
  user: { id: id(90), name: 'Anna Riva', roles: ['specialist'] },
  at: '2026-11-24T09:00:00.000Z',
}
const at = (quarter: number) => new Date(Date.parse('2026-12-01T09:00:00Z') + quarter * 900_000).toISOString()

const slot = (n: number, booked: number, capacity = 2): Slot => ({
  ...{ id: id(n), version: 1, officeId: 'via-larga-12', agenda: 'registry', startsAt: at(n) },
  ...{ durationMinutes: 15, capacity, booked },
})
const appointment = (more: Partial<Appointment> = {}): Appointment => ({
  ...{ id: id(50), version: 3, code: 'K7-4MQ', slotId: id(1), slotIds: [id(1), id(2)] },
  ...{
    serviceIds: ['certificates', 'electoral-card'],
    officeId: 'via-larga-12',
    startsAt: at(1),
    endsAt: at(3),
  },
  ...{ counter: 1, citizenId: null, contactId: null, state: 'confirmed', sequence: 0, confirmBy: null },
  ...{ reason: null, recoveryOf: null },
  ...more,
})

/** The rows of a desk, to which effects are applied. */
class Rows {
  readonly #rows = new Map<string, EntityRows[Entity]>()
  constructor(...rows: LocalChange[]) {
    for (const { entity, row } of rows) this.#rows.set(`${entity} ${row.id}`, row)
  }
  get<E extends Entity>(entity: E, key: string): EntityRows[E] | undefined {
    return this.#rows.get(`${entity} ${key}`) as EntityRows[E] | undefined
  }
  apply<N extends CommandName>(name: N, args: CommandArgs[N]): LocalChange[] {
    const changes = localEffect(this, { name, args } as never, author)
    for (const { entity, row } of changes) this.#rows.set(`${entity} ${row.id}`, row)
    return changes
  }
  booked = (...slots: number[]) => slots.map((n) => this.get('slot', id(n))?.booked)
}

const slots = (...booked: number[]): LocalChange[] =>
  booked.map((count, index) => ({ entity: 'slot', row: slot(index + 1, count) }))
const booking: CommandArgs['appointment.book'] = {
  ...{ id: id(50), slotId: id(1), slotIds: [id(1), id(2)], serviceIds: ['certificates', 'electoral-card'] },
  ...{ officeId: 'via-larga-12', startsAt: at(1), endsAt: at(3), citizenId: null, contactId: null },
  ...{ recoveryOf: null, holdId: null, leaseId: null, channel: 'phone', notify: [] },
}
const move = (...to: number[]): CommandArgs['appointment.reschedule'] => ({
  ...{ appointmentId: id(50), slotId: id(to[0] ?? 0), slotIds: to.map(id), officeId: 'via-larga-12' },
  ...{ startsAt: at(to[0] ?? 0), endsAt: at((to[0] ?? 0) + to.length), holdId: null, notify: [] },
})
const cancel: CommandArgs['appointment.cancel'] = {
  ...{ appointmentId: id(50), by: 'citizen', reason: null, notify: [] },
}

describe('what a desk shows until the CRM has answered', () => {
  test('a booking counts on every slot it covers, and is a wish', () => {
    const rows = new Rows(...slots(0, 1, 1))
    rows.apply('appointment.book', booking)
    expect(rows.booked(1, 2, 3)).toEqual([1, 2, 1])
    expect(rows.get('appointment', id(50))).toMatchObject({ state: 'requested', code: null, counter: null })
  })

  test('a move leaves the seats it had and takes the others; one in both does not count twice', () => {
    const rows = new Rows({ entity: 'appointment', row: appointment() }, ...slots(1, 1, 0))
    rows.apply('appointment.reschedule', move(2, 3))
    expect(rows.booked(1, 2, 3)).toEqual([0, 1, 1])
    expect(rows.get('appointment', id(50))).toMatchObject({
      ...{ state: 'requested', code: 'K7-4MQ', slotIds: [id(2), id(3)], startsAt: at(2), endsAt: at(4) },
    })
  })

  test('booked, moved and cancelled in a row leaves every slot as it was', () => {
    const rows = new Rows(...slots(0, 1, 0))
    rows.apply('appointment.book', booking)
    rows.apply('appointment.reschedule', move(2, 3))
    rows.apply('appointment.cancel', cancel)
    expect(rows.booked(1, 2, 3)).toEqual([0, 1, 0])
    expect(rows.get('appointment', id(50))).toMatchObject({ state: 'cancelled-by-citizen', slotIds: [] })
    // A second cancellation finds nothing to do.
    expect(rows.apply('appointment.cancel', cancel)).toEqual([])
  })

  test('a row that is not there is no change, and the same rows give the same effect again', () => {
    const rows = new Rows()
    for (const [name, args] of [
      ['appointment.reschedule', move(2, 3)],
      ['appointment.cancel', cancel],
      ['appointment.confirm', { appointmentId: id(50) }],
      ['appointment.no-show', { appointmentId: id(50) }],
    ] as const) {
      expect(localEffect(rows, { name, args } as never, author)).toEqual([])
    }
    const full = new Rows({ entity: 'appointment', row: appointment() }, ...slots(1, 1, 0))
    const request = { name: 'appointment.reschedule', args: move(2, 3) } as const
    expect(localEffect(full, request, author)).toEqual(localEffect(full, request, author))
  })

  test('a state moves only where it may', () => {
    for (const state of AppointmentState.options) {
      const rows = () => new Rows({ entity: 'appointment', row: appointment({ state }) })
      const shown = (changes: LocalChange[]) => changes.length > 0
      const args = { appointmentId: id(50) }
      expect(shown(rows().apply('appointment.confirm', args))).toBe(mayBecome(state, 'confirmed'))
      expect(shown(rows().apply('appointment.no-show', args))).toBe(mayBecome(state, 'no-show'))
      expect(shown(rows().apply('appointment.attended', args))).toBe(mayBecome(state, 'attended'))
      expect(shown(rows().apply('appointment.cancel', { ...cancel, by: 'office' }))).toBe(
        mayBecome(state, 'cancelled-by-office'),
      )
      expect(shown(rows().apply('appointment.reschedule', move(2, 3)))).toBe(isActive(state))
    }
  })

  test('an office’s cancellation is never a no-show, and what is cancelled stays so', () => {
    for (const state of ['cancelled-by-office', 'cancelled-by-citizen', 'lapsed'] as const)
      expect(AppointmentState.options.filter((to) => mayBecome(state, to))).toEqual([])
  })
})
