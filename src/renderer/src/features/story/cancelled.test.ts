import { expect, it } from 'vitest'
import type { OutboxEntry } from '#contract/desk.ts'
import type { Appointment } from '#contract/domain/appointment.ts'
import { nextRows } from './cancelled.ts'

const appointment = (id: string, startsAt: string, citizenId = 'teresa') =>
  ({ id, startsAt, citizenId }) as unknown as Appointment
const cancel = (appointmentId: string, state: OutboxEntry['state']) =>
  ({
    request: { name: 'appointment.cancel', args: { appointmentId, by: 'citizen', reason: null, notify: [] } },
    state,
  }) as unknown as OutboxEntry

const first = appointment('first', '2026-12-01T09:00:00Z')
const second = appointment('second', '2026-12-02T09:00:00Z')
const rows = (coming: Appointment[], outbox: OutboxEntry[]) =>
  nextRows(
    coming,
    { first, other: appointment('other', '2026-12-03T09:00:00Z', 'andrea') },
    outbox,
    'teresa',
  ).map((row) => `${row.appointment.id} ${row.cancelled}`)

it('keeps a cancelled row in its place, marked until the CRM has the cancellation', () => {
  expect(rows([second], [cancel('first', 'pending')])).toEqual(['first waits', 'second no'])
  expect(rows([second], [cancel('first', 'sent')])).toEqual(['first done', 'second no'])
})

it('says of one that the office took away that it did', () => {
  const taken = { ...second, state: 'cancelled-by-office' } as Appointment
  expect(rows([first, taken], [])).toEqual(['first no', 'second office'])
})

it('shows an appointment whose cancellation was refused as it stands again', () => {
  expect(rows([first, second], [cancel('first', 'refused')])).toEqual(['first no', 'second no'])
})
