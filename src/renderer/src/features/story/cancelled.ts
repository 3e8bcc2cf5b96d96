import { create } from 'zustand'
import type { OutboxEntry } from '#contract/desk.ts'
import type { Appointment } from '#contract/domain/appointment.ts'

/** Appointments that this window cancelled: a story holds only those to come, but the row must not vanish under the operator's eyes. */
export const useCancelled = create<{ appointments: Record<string, Appointment> }>(() => ({
  appointments: {},
}))

export const rememberCancelled = (appointment: Appointment): void =>
  useCancelled.setState(({ appointments }) => ({
    appointments: { ...appointments, [appointment.id]: appointment },
  }))

export type NextRow = { appointment: Appointment; cancelled: 'no' | 'waits' | 'done' | 'office' }

/**
 * Rows of what is to come, with what was cancelled here in its place in time: `waits` while the CRM has not taken the cancellation.
 * One that the CRM refused is among the appointments again.
 */
export function nextRows(
  coming: readonly Appointment[],
  cancelled: Record<string, Appointment>,
  outbox: readonly OutboxEntry[],
  citizenId: string,
): NextRow[] {
  const waiting = new Set(
    outbox.flatMap(({ request, state }) =>
      request.name === 'appointment.cancel' && state === 'pending' ? [request.args.appointmentId] : [],
    ),
  )
  const here = new Set(coming.map(({ id }) => id))
  const gone = Object.values(cancelled).filter(
    (appointment) => appointment.citizenId === citizenId && !here.has(appointment.id),
  )
  return [
    ...coming.map(
      (appointment): NextRow => ({
        appointment,
        cancelled: appointment.state === 'cancelled-by-office' ? 'office' : 'no',
      }),
    ),
    ...gone.map(
      (appointment): NextRow => ({ appointment, cancelled: waiting.has(appointment.id) ? 'waits' : 'done' }),
    ),
  ].sort((a, b) => Date.parse(a.appointment.startsAt) - Date.parse(b.appointment.startsAt))
}
