import { expect, it } from 'vitest'
import type { OutboxEntry } from '#contract/desk.ts'
import type { Appointment } from '#contract/domain/appointment.ts'
import { nextRows } from './next-rows.ts'

const now = Date.parse('2026-11-29T09:00:00Z')
const appointment = (id: string, startsAt: string, more: Partial<Appointment> = {}) =>
  ({
    ...{ id, startsAt, citizenId: 'teresa', state: 'confirmed', serviceIds: [id] },
    ...{ recoveryOf: null, confirmBy: null },
    ...more,
  }) as unknown as Appointment
const sent = (
  name: 'appointment.cancel' | 'appointment.confirm',
  appointmentId: string,
  state: OutboxEntry['state'],
) => ({ request: { name, args: { appointmentId } }, state }) as unknown as OutboxEntry

const first = appointment('first', '2026-12-01T09:00:00Z')
const second = appointment('second', '2026-12-02T09:00:00Z')
const rows = (told: Appointment[], outbox: OutboxEntry[] = [], here: Record<string, Appointment> = {}) =>
  nextRows(told, here, outbox, 'teresa', now).map((row) => `${row.appointment.id} ${row.standing}`)
const cancelled = (told: Appointment[], state: OutboxEntry['state']) =>
  rows(told, [sent('appointment.cancel', 'first', state)], {
    first,
    other: appointment('other', '2026-12-03T09:00:00Z', { citizenId: 'andrea' }),
  })

it('keeps a cancelled row in its place, marked until the CRM has the cancellation', () => {
  expect(cancelled([second], 'pending')).toEqual(['first cancelling', 'second stands'])
  expect(cancelled([second], 'sent')).toEqual(['first cancelled', 'second stands'])
})

it('shows an appointment whose cancellation was refused as it stands again', () => {
  expect(cancelled([first, second], 'refused')).toEqual(['first stands', 'second stands'])
})

it('says of what the office took away that it is owed, also after its day, until something makes up for it', () => {
  const taken = appointment('taken', '2026-11-27T09:00:00Z', { state: 'cancelled-by-office' })
  expect(rows([taken, first])).toEqual(['taken owed', 'first stands'])
  expect(rows([{ ...taken, startsAt: '2026-10-27T09:00:00Z' }])).toEqual([])
  const instead = { ...second, recoveryOf: 'taken' }
  expect(rows([taken, instead])).toEqual(['second stands'])
  const attended = { ...instead, startsAt: '2026-11-28T09:00:00Z', state: 'attended' as const }
  expect(rows([taken, attended])).toEqual([])
  expect(rows([taken, { ...instead, state: 'lapsed' }])).toEqual(['taken owed', 'second late'])
})

it('lets a proposal be confirmed until its time is over, and says then that it is lost', () => {
  const proposal = appointment('card', '2026-12-09T09:00:00Z', {
    state: 'proposed',
    confirmBy: '2026-11-30T23:00:00Z',
  })
  expect(rows([proposal])).toEqual(['card proposed'])
  expect(rows([{ ...proposal, confirmBy: '2026-11-29T08:59:00Z' }])).toEqual(['card late'])
  expect(rows([{ ...proposal, state: 'lapsed', confirmBy: null }])).toEqual(['card late'])
  const again = { ...second, serviceIds: ['card'] }
  expect(rows([{ ...proposal, state: 'lapsed', confirmBy: null }, again])).toEqual(['second stands'])
  // Taken, and the CRM has not said so.
  const taken = { ...proposal, state: 'confirmed' as const, confirmBy: null }
  expect(rows([taken], [sent('appointment.confirm', 'card', 'pending')])).toEqual(['card confirming'])
  expect(rows([taken], [sent('appointment.confirm', 'card', 'sent')])).toEqual(['card stands'])
})
