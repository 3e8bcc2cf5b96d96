import type { ShownStory } from '#contract/desk.ts'
import type { Appointment } from '#contract/domain/appointment.ts'
import type { Contact } from '#contract/domain/contact.ts'
import type { Ticket } from '#contract/domain/ticket.ts'

export type TimelineEntry =
  | {
      kind: 'contact'
      at: string
      id: string
      contact: Contact
      tickets: Ticket[]
      appointments: Appointment[]
    }
  | { kind: 'ticket'; at: string; id: string; ticket: Ticket }
  | { kind: 'appointment'; at: string; id: string; appointment: Appointment }

/**
 * What happened, newest first. What a conversation made stands with it; only what no shown conversation made has an entry of its own.
 * Appointments to come are not history.
 */
export function timelineOf(story: ShownStory, contactId: string | null, now: number): TimelineEntry[] {
  const contacts = story.contacts.filter(({ id }) => id !== contactId)
  const shown = new Set([...contacts.map(({ id }) => id), contactId])
  const entries: TimelineEntry[] = contacts.map((contact) => ({
    kind: 'contact',
    at: contact.startedAt,
    id: contact.id,
    contact,
    tickets: story.tickets.filter((ticket) => ticket.contactId === contact.id),
    appointments: story.appointments.filter((appointment) => appointment.contactId === contact.id),
  }))
  for (const ticket of story.tickets) {
    if (ticket.contactId && shown.has(ticket.contactId)) continue
    entries.push({ kind: 'ticket', at: ticket.receivedAt, id: ticket.id, ticket })
  }
  for (const appointment of story.appointments) {
    if (Date.parse(appointment.startsAt) > now) continue
    entries.push({ kind: 'appointment', at: appointment.startsAt, id: appointment.id, appointment })
  }
  return entries.sort((a, b) => Date.parse(b.at) - Date.parse(a.at))
}
