import { z } from 'zod'
import { Id, Instant, PlainDate, Slug } from './ids.ts'
import { ClockStep, Extension, Suspension } from './reply-term.ts'
import { TicketKind } from './ticket-kind.ts'

/**
 * `answered` is not `resolved`: an answer meets the term, whether it helped is another matter. `waiting-citizen`: nothing can go on
 * before the citizen has said or brought something; the clock stands meanwhile, as far as its rule and the role of whoever waits let it.
 */
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

/** Why a request may be closed that nobody answered. `handed-over`: the city-care platform has it, under a reference of its own. */
export const closeReasons = [
  'withdrawn',
  'duplicate',
  'handed-over',
  'not-for-the-city',
  'anonymous',
  'generic',
  'offensive',
] as const
export const CloseReason = z.enum(closeReasons)
export type CloseReason = z.infer<typeof CloseReason>

/** Of other contacts that spoke of a request, and of stops and of extensions of its clock: one with more could not be read. */
export const mostLinks = 500
export const mostStops = 100
export const mostExtensions = 100

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
  /** The contact in which it was made. */
  contactId: Id.nullable(),
  /** Others that spoke of it. */
  linkedContacts: z.array(Id).max(mostLinks),
  status: TicketStatus,
  receivedAt: Instant,
  /** Last day to answer, in the city's calendar. While the clock stands: as it was when it was stopped. */
  dueOn: PlainDate,
  /** What `dueOn` follows from, and how it was worked out then. */
  clock: z.object({
    suspensions: z.array(Suspension).max(mostStops),
    extensions: z.array(Extension).max(mostExtensions),
    steps: z.array(ClockStep).max(300),
  }),
  team: Slug,
  /** How often it went to another team. */
  rerouted: z.number().int().nonnegative(),
  reopened: z.number().int().nonnegative(),
  assigneeId: Id.nullable(),
  assigneeName: z.string().max(120).nullable(),
  /** The first answer, as it was written; whether it met the term is another matter. */
  answeredAt: Instant.nullable(),
  /** When an answer was sent, said or posted: it met the term, or missed it. None has when it is reopened. */
  metAt: Instant.nullable().default(null),
  /** It was answered by a message that has not gone out, and may never: that meets no term. */
  unsent: z.boolean().default(false),
  closedFor: CloseReason.nullable(),
  /** Its number at the external body that has it. */
  reference: z.string().max(80).nullable(),
})
export type Ticket = z.infer<typeof Ticket>

const moves: Record<TicketStatus, readonly TicketStatus[]> = {
  new: ['in-progress', 'waiting-citizen', 'answered', 'closed'],
  'in-progress': ['waiting-citizen', 'answered', 'closed'],
  'waiting-citizen': ['in-progress', 'answered', 'closed'],
  answered: ['resolved', 'closed', 'in-progress'],
  resolved: ['closed', 'in-progress'],
  closed: ['in-progress'],
}

/** Whether a state may follow another. The CRM's database refuses the others too. */
export const ticketMayBecome = (from: TicketStatus, to: TicketStatus): boolean => moves[from].includes(to)

/** Whether an answer may be told: also by another way, while the one that was has not gone out. */
export const mayAnswer = ({ status, unsent }: Pick<Ticket, 'status' | 'unsent'>): boolean =>
  unsent || ticketMayBecome(status, 'answered')

/** Nothing has answered it as it stands, nor is on its way: who closes it says why. One that was reopened is to be answered again. */
export const isUnanswered = ({ metAt, unsent }: Pick<Ticket, 'metAt' | 'unsent'>): boolean =>
  metAt === null && !unsent

/** Closed, and nothing of it is still to reach anybody. */
export const isOver = ({ status, unsent }: Pick<Ticket, 'status' | 'unsent'>): boolean =>
  status === 'closed' && !unsent

/** Handed over to a body outside that has not said its number: whoever handed it over has to enter it there, and nobody else knows of it. */
export const awaitsOutside = (
  ticket: Pick<Ticket, 'reference' | 'metAt' | 'unsent' | 'status'>,
  team: { kind: string } | undefined,
): boolean =>
  team?.kind === 'external' && ticket.reference === null && isUnanswered(ticket) && !isOver(ticket)

/** Back to work after an answer or an end. */
export const reopens = (from: TicketStatus, to: TicketStatus): boolean =>
  to === 'in-progress' && (from === 'answered' || from === 'resolved' || from === 'closed')
