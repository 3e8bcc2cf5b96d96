import type { ShownStory } from '#contract/desk.ts'
import type { Appointment } from '#contract/domain/appointment.ts'
import type { Contact, Party } from '#contract/domain/contact.ts'
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

/** How somebody stands to a contact of their story: spoke, was called, spoke for another, or another spoke for them. `name`: of that other, where it is known. */
export type Part =
  | { part: 'self' | 'called' }
  | { part: 'speaker' | 'called-speaker' | 'spoken-for' | 'called-for'; name: string | null }

export function partIn(contact: Contact, citizenId: string, parties: readonly Party[]): Part {
  const outbound = contact.direction === 'outbound'
  const { onBehalfOf } = contact
  if (onBehalfOf === null) return { part: outbound ? 'called' : 'self' }
  const isSpokenFor = onBehalfOf === citizenId
  const other = isSpokenFor ? contact.citizenId : onBehalfOf
  const name = parties.find((one) => one.citizenId === other)?.name ?? null
  if (isSpokenFor) return { part: outbound ? 'called-for' : 'spoken-for', name }
  return { part: outbound ? 'called-speaker' : 'speaker', name }
}

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
