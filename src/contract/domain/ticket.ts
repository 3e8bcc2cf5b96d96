import { z } from 'zod'
import { Id, Instant, PlainDate, Slug } from './ids.ts'
import { TicketKind } from './ticket-kind.ts'

export const TicketStatus = z.enum([
  'new',
  'in-progress',
  'waiting-citizen',
  'answered',
  'resolved',
  'closed',
])
export type TicketStatus = z.infer<typeof TicketStatus>

export const openTicketStatuses: readonly TicketStatus[] = [
  'new',
  'in-progress',
  'waiting-citizen',
  'answered',
]

/** A request the city must answer ("richiesta"). */
export const Ticket = z.object({
  id: Id,
  version: z.number().int().nonnegative(),
  /** `R-2026-000123`, given by the CRM; null until it has the request. */
  protocol: z.string().max(32).nullable(),
  kind: TicketKind,
  topicId: Slug,
  text: z.string().min(1).max(8000),
  citizenId: Id.nullable(),
  contactId: Id.nullable(),
  status: TicketStatus,
  receivedAt: Instant,
  /** Last day to answer, in the city's calendar. */
  dueOn: PlainDate,
  team: Slug,
})
export type Ticket = z.infer<typeof Ticket>
