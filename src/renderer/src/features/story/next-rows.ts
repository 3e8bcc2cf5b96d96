import type { OutboxEntry } from '#contract/desk.ts'
import { type Appointment, type AppointmentState, isActive, owedDays } from '#contract/domain/appointment.ts'
import type { Id } from '#contract/domain/ids.ts'

/**
 * What a row says. `proposed`: it can be confirmed; `late`: it could, and nobody did in time; `confirming`, `cancelling`: the CRM has not heard;
 * `cancelled`: by this window; `owed`: the office took it away and nothing makes up for it.
 */
export type Standing = 'stands' | 'proposed' | 'late' | 'confirming' | 'cancelling' | 'cancelled' | 'owed'

export type NextRow = { appointment: Appointment; standing: Standing }

const dayMs = 86_400_000
/** These make up for nothing. */
const lost: readonly AppointmentState[] = ['cancelled-by-citizen', 'cancelled-by-office', 'lapsed']
const at = (instant: string) => Date.parse(instant)

/** Among those told of a person: what is to come, what was lost by not confirming it, what the office owes. */
export function nextOf(told: readonly Appointment[], now: number): NextRow[] {
  return told.flatMap((appointment): NextRow[] => {
    const { id, state, startsAt, confirmBy, serviceIds } = appointment
    if (state === 'cancelled-by-office') {
      const isMadeUp = told.some((other) => other.recoveryOf === id && !lost.includes(other.state))
      return isMadeUp || at(startsAt) < now - owedDays * dayMs ? [] : [{ appointment, standing: 'owed' }]
    }
    if (at(startsAt) <= now) return []
    if (state === 'lapsed') {
      const isBooked = told.some((other) => isActive(other.state) && other.serviceIds[0] === serviceIds[0])
      return isBooked ? [] : [{ appointment, standing: 'late' }]
    }
    if (!isActive(state)) return []
    if (state !== 'proposed') return [{ appointment, standing: 'stands' }]
    const isLate = confirmBy !== null && at(confirmBy) <= now
    return [{ appointment, standing: isLate ? 'late' : 'proposed' }]
  })
}

/**
 * The rows of a person, with what was cancelled here in its place in time and what the CRM has yet to hear. What the CRM refused is as it was
 * before.
 */
export function nextRows(
  told: readonly Appointment[],
  cancelledHere: Record<string, Appointment>,
  outbox: readonly OutboxEntry[],
  citizenId: Id | null,
  now: number,
): NextRow[] {
  const waiting = (name: 'appointment.cancel' | 'appointment.confirm') =>
    new Set(
      outbox.flatMap(({ request, state }) =>
        request.name === name && state === 'pending' ? [request.args.appointmentId] : [],
      ),
    )
  const cancelling = waiting('appointment.cancel')
  const confirming = waiting('appointment.confirm')
  const here = new Set(told.map(({ id }) => id))
  const gone = Object.values(cancelledHere).filter(
    (appointment) => appointment.citizenId === citizenId && !here.has(appointment.id),
  )
  return [
    ...nextOf(told, now).map(
      (row): NextRow =>
        row.standing === 'stands' && confirming.has(row.appointment.id)
          ? { ...row, standing: 'confirming' }
          : row,
    ),
    ...gone.map(
      (appointment): NextRow => ({
        appointment,
        standing: cancelling.has(appointment.id) ? 'cancelling' : 'cancelled',
      }),
    ),
  ].sort((a, b) => at(a.appointment.startsAt) - at(b.appointment.startsAt))
}
