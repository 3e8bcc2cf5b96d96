import type { LocalRows } from '#contract/commands/command.ts'
import { localEffect } from '#contract/commands/registry.ts'
import type { Appointment } from '#contract/domain/appointment.ts'
import { appointmentCode } from '#contract/domain/appointment-code.ts'
import type { Entity, EntityRows } from '#contract/domain/entities.ts'
import { askCrm, openSearchJournal } from './citizens.ts'
import { author, type Parts } from './parts.ts'
import { desk } from './rpc.ts'
import { shownCitizen } from './shown.ts'

/** By its code, and what only the CRM knows of an appointment. */
export function appointmentsService(
  parts: Pick<Parts, 'cache' | 'client' | 'sync' | 'session' | 'log' | 'now'>,
) {
  const { cache, client, session } = parts
  const journal = openSearchJournal(parts)

  /** Rows of the CRM that this desk does not hold are shown as the commands that wait now will leave them. */
  const waiting = (): ((row: Appointment) => Appointment) => {
    const by = author(parts)
    const requests = cache
      .entries(by.user.id)
      .flatMap(({ request, state }) => (state === 'pending' ? [request] : []))
    return (row) => {
      let shown = row
      const rows: LocalRows = {
        // The only row there is, of the entity that was asked for.
        get: <E extends Entity>(entity: E, id: string) =>
          entity === 'appointment' && id === row.id ? (shown as EntityRows[E]) : undefined,
      }
      for (const request of requests)
        for (const change of localEffect(rows, request, by))
          if (change.entity === 'appointment' && change.row.id === row.id) shown = change.row
      return shown
    }
  }

  return {
    byCode: desk.appointments.byCode.handler(async ({ input }) => {
      session.user()
      const code = appointmentCode(input.code)
      if (code === null) return { appointment: null, citizen: null, complete: true }
      const own = cache.appointmentByCode(code)
      if (own?.citizenId) journal([{ id: own.citizenId }])
      // What the CRM applies while it is asked is shown as waiting a moment longer, not as never asked for.
      const asTheyWait = waiting()
      const heard = own
        ? null
        : await askCrm(parts, async () => ({ row: await client.appointmentByCode(code) }))
      const appointment = own ?? (heard?.row ? asTheyWait(heard.row) : null)
      const known = appointment?.citizenId ? cache.story(appointment.citizenId)?.citizen : undefined
      return {
        appointment,
        citizen: known ? shownCitizen(known, false, parts.now()) : null,
        complete: own !== null || heard !== null,
      }
    }),
    messages: desk.appointments.messages.handler(async ({ input }) => {
      session.user()
      return { messages: await client.messages(input.appointmentId) }
    }),
    sendAgain: desk.appointments.sendAgain.handler(async ({ input: { appointmentId, ...message } }) => {
      session.user()
      return { messages: await client.sendAgain(appointmentId, message) }
    }),
    recovery: desk.appointments.recovery.handler(async ({ input }) => {
      session.user()
      return { recovery: await client.recovery(input.appointmentId) }
    }),
    calendarFile: desk.appointments.calendarFile.handler(async ({ input }) => {
      session.user()
      return { text: await client.calendarFile(input.appointmentId, input.language) }
    }),
  }
}
