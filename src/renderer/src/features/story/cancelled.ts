import type { Appointment } from '#contract/domain/appointment.ts'
import { sessionStore } from '../../host/session-store.ts'

/** Appointments that this window cancelled: a story holds only those to come, but the row must not vanish under the operator's eyes. */
export const useCancelled = sessionStore<{ appointments: Record<string, Appointment> }>(() => ({
  appointments: {},
}))

export const rememberCancelled = (appointment: Appointment): void =>
  useCancelled.setState(({ appointments }) => ({
    appointments: { ...appointments, [appointment.id]: appointment },
  }))
