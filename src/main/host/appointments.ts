import type { Parts } from './parts.ts'
import { desk } from './rpc.ts'

/** What only the CRM knows of an appointment. */
export const appointmentsService = ({ client, session }: Pick<Parts, 'client' | 'session'>) => ({
  messages: desk.appointments.messages.handler(async ({ input }) => {
    session.user()
    return { messages: await client.messages(input.appointmentId) }
  }),
  recovery: desk.appointments.recovery.handler(async ({ input }) => {
    session.user()
    return { recovery: await client.recovery(input.appointmentId) }
  }),
  calendarFile: desk.appointments.calendarFile.handler(async ({ input }) => {
    session.user()
    return { text: await client.calendarFile(input.appointmentId, input.language) }
  }),
})
