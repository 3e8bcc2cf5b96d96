import { z } from 'zod'
import { Appointment, Slot } from './appointment.ts'
import { Citizen } from './citizen.ts'
import { Contact } from './contact.ts'
import { ChannelWay } from './message.ts'
import { Article, Office, Service, Topic } from './reference.ts'
import { CityTeam, Rulebook } from './rulebook.ts'
import { Ticket } from './ticket.ts'
import { TicketEntry } from './ticket-entry.ts'

/** Everything that the change feed carries and a desk may hold, by name. Each row has `id` and `version`. */
export const entitySchemas = {
  citizen: Citizen,
  contact: Contact,
  ticket: Ticket,
  'ticket-entry': TicketEntry,
  appointment: Appointment,
  slot: Slot,
  service: Service,
  office: Office,
  topic: Topic,
  article: Article,
  team: CityTeam,
  rulebook: Rulebook,
  channel: ChannelWay,
} as const

export type Entity = keyof typeof entitySchemas
export type EntityRows = { [E in Entity]: z.infer<(typeof entitySchemas)[E]> }
export const entities = Object.keys(entitySchemas) as [Entity, ...Entity[]]
export const EntityName = z.enum(entities)
