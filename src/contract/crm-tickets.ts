import { oc } from '@orpc/contract'
import { z } from 'zod'
import { Id, Instant, PlainDate, Slug } from './domain/ids.ts'
import { ClockStep } from './domain/reply-term.ts'
import { Ticket, TicketStatus } from './domain/ticket.ts'
import { TicketAction } from './domain/ticket-act.ts'
import { TicketEntry } from './domain/ticket-entry.ts'
import { faultErrors } from './errors.ts'

const base = oc.errors(faultErrors)

/**
 * How a request stands today: days to its last day, negative when it is late; `met` once an answer was sent, said or posted, by how many days;
 * `ended` when it was closed without one. One that is reopened runs on from its receipt.
 */
export const TicketClock = z.object({
  state: z.enum(['running', 'stopped', 'late', 'met', 'ended']),
  days: z.number().int(),
  /** It was answered by a message that has not gone out: it waits, failed, or lies in the outbox. */
  unsent: z.boolean(),
  dueOn: PlainDate,
  stoppedOn: PlainDate.nullable(),
  suspensionLeft: z.number().int().nonnegative(),
  extensionLeft: z.number().int().nonnegative(),
  steps: z.array(ClockStep),
})
export type TicketClock = z.infer<typeof TicketClock>

/** Somebody who has the request open now. */
export const TicketPresence = z.object({
  userId: Id,
  name: z.string(),
  since: Instant,
  /** Has something typed that is not in the request yet. */
  writing: z.boolean(),
})
export type TicketPresence = z.infer<typeof TicketPresence>

/** How long a presence holds when it is not said again, in seconds. */
export const presenceSeconds = 30

const oneTicket = z.object({ id: Id })

/** Requests: what the desks' commands do, for who asks by REST, and what a team works from. */
export const ticketsContract = {
  list: base
    .route({ method: 'GET', path: '/tickets', summary: 'Requests of a contact or a person' })
    .input(z.object({ contactId: Id.optional(), citizenId: Id.optional() }))
    .output(z.object({ tickets: z.array(Ticket) })),
  /** The first due first. */
  ofTeam: base
    .route({ method: 'GET', path: '/teams/{team}/tickets', summary: 'Requests of a team' })
    .input(
      z.object({
        team: Slug,
        assigneeId: Id.optional(),
        /** All that are not closed when it is not said. */
        status: TicketStatus.optional(),
        limit: z.coerce.number().int().min(1).max(500).default(100),
      }),
    )
    .output(z.object({ tickets: z.array(Ticket) })),
  /** Not answered, or by a message that has not gone out, and late or so within `days` (the rulebook's when it is not said). The most urgent first. */
  watch: base
    .route({ method: 'GET', path: '/tickets/watch', summary: 'Requests that are late, or about to be' })
    .input(
      z.object({
        team: Slug.optional(),
        days: z.coerce.number().int().min(0).max(60).optional(),
        limit: z.coerce.number().int().min(1).max(500).default(100),
      }),
    )
    .output(z.object({ tickets: z.array(z.object({ ticket: Ticket, clock: TicketClock })) })),
  /** In any of the ways in which a number is said: `R-2026-000123`, `2026/123`. Null also for one that somebody may not see. Audited as `get`. */
  byProtocol: base
    .route({
      method: 'POST',
      path: '/tickets/by-protocol',
      summary: 'A request by the protocol number that its citizen has',
    })
    .input(z.object({ protocol: z.string().min(1).max(80) }))
    .output(z.object({ ticket: Ticket.nullable() })),
  /** Audited as a read of its person. */
  get: base
    .route({
      method: 'GET',
      path: '/tickets/{id}',
      summary: 'A request with its clock and its history, oldest first',
    })
    .input(oneTicket)
    .output(z.object({ ticket: Ticket, clock: TicketClock, entries: z.array(TicketEntry) })),
  /** The id is made by the caller: the same request again is answered as before, another under a known id is `conflict: ticket-exists`. */
  open: base
    .route({ method: 'PUT', path: '/tickets/{id}', summary: 'Enter a request' })
    .input(
      Ticket.pick({ id: true, kind: true, topicId: true, text: true }).extend({
        citizenId: Id.nullable().default(null),
        contactId: Id.nullable().default(null),
        /** Now when it is not said; never later. */
        receivedAt: Instant.optional(),
      }),
    )
    .output(Ticket),
  /** The id is made by the caller, and is then that of the line in the history: asking again does nothing twice. */
  act: base
    .route({
      method: 'PUT',
      path: '/tickets/{ticketId}/actions/{id}',
      summary:
        'Move, answer, note, hand over, assign, suspend, extend, link or classify a request, or say whose it is',
    })
    .input(z.object({ ticketId: Id, id: Id, action: TicketAction }))
    .output(z.object({ ticket: Ticket, entry: TicketEntry })),
  attachment: base
    .route({
      method: 'GET',
      path: '/tickets/{ticketId}/attachments/{id}',
      summary: 'A file of a request',
    })
    .input(z.object({ ticketId: Id, id: Id }))
    .output(z.file()),
  /**
   * Checked by its content (PDF, JPEG, PNG, WebP or plain text) and scanned; `invalid: attachment-refused` says why not. Also to a request of
   * another team, if it belongs to a contact of whoever asks.
   */
  attach: base
    .route({
      method: 'PUT',
      path: '/tickets/{ticketId}/attachments/{id}',
      summary: 'Add a file to a request',
    })
    .input(z.object({ ticketId: Id, id: Id, file: z.file() }))
    .output(TicketEntry),
  /** Says that one has a request open, and tells who else has. Said again before `presenceSeconds` are over; `leave` ends it at once. */
  present: base
    .route({
      method: 'PUT',
      path: '/tickets/{id}/presence',
      summary: 'Be seen at a request, and see who else is',
    })
    .input(z.object({ id: Id, writing: z.boolean() }))
    .output(z.object({ others: z.array(TicketPresence) })),
  leave: base
    .route({ method: 'DELETE', path: '/tickets/{id}/presence', summary: 'Be seen no more' })
    .input(oneTicket)
    .output(z.object({})),
  members: base
    .route({ method: 'GET', path: '/teams/{team}/members', summary: 'Who may be given a team’s requests' })
    .input(z.object({ team: Slug }))
    .output(z.object({ members: z.array(z.object({ id: Id, name: z.string() })) })),
} as const
