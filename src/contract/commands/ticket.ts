import type { z } from 'zod'
import type { Role } from '../domain/agent.ts'
import { cityDayOf } from '../domain/calendar.ts'
import { Id } from '../domain/ids.ts'
import { firstDue, lawBook } from '../domain/reply-term.ts'
import { firstLevel, routeOf, rulebookId } from '../domain/rulebook.ts'
import { Ticket } from '../domain/ticket.ts'
import {
  actOn,
  clockRoles,
  type HeldAction,
  type TicketActionName,
  ticketActions,
} from '../domain/ticket-act.ts'
import { anyDeskRole, defineCommand } from './command.ts'

export const openTicket = defineCommand({
  name: 'ticket.open',
  args: Ticket.pick({
    id: true,
    kind: true,
    topicId: true,
    text: true,
    citizenId: true,
    contactId: true,
    receivedAt: true,
  }),
  roles: anyDeskRole,
  effect(rows, args) {
    const topic = rows.get('topic', args.topicId)
    const book = rows.get('rulebook', rulebookId)
    const { dueOn, steps } = firstDue(args.kind, args.receivedAt, book ?? lawBook)
    const receivedOn = cityDayOf(args.receivedAt)
    return [
      {
        entity: 'ticket',
        row: {
          ...args,
          ...{ version: 0, protocol: null, status: 'new', linkedContacts: [], rerouted: 0, reopened: 0 },
          ...{ assigneeId: null, assigneeName: null, answeredAt: null, closedFor: null, reference: null },
          ...{ metAt: null, unsent: false },
          dueOn,
          clock: { suspensions: [], extensions: [], steps },
          team: topic ? routeOf({ kind: args.kind, receivedOn }, topic, book?.routing ?? []) : firstLevel,
        },
      },
    ]
  },
  dependsOn: (args) => [args.contactId, args.citizenId],
  creates: (args) => [args.id],
})

/** What is done with a request: `id` is that of the line it leaves in the request's history. */
const actionCommand = <Name extends TicketActionName, Shape extends z.core.$ZodShape>(
  action: Name,
  schema: z.ZodObject<Shape>,
  roles: readonly Role[],
) =>
  defineCommand({
    name: `ticket.${action}` as const,
    args: schema.extend({ id: Id, ticketId: Id }),
    roles,
    effect(rows, raw, author) {
      const { id, ticketId, ...rest } = raw as { id: Id; ticketId: Id }
      const ticket = rows.get('ticket', ticketId)
      if (!ticket) return []
      const asked = { do: action, ...rest } as HeldAction
      const itself = asked.do === 'assign' && asked.assigneeId === author.user.id
      const step = actOn(ticket, asked, {
        book: rows.get('rulebook', rulebookId) ?? lawBook,
        ...{ at: author.at, roles: author.user.roles },
        assigneeName: itself ? author.user.name : null,
      })
      if (!step.ok) return []
      return [
        { entity: 'ticket', row: step.ticket },
        {
          entity: 'ticket-entry',
          row: {
            ...{ id, version: 0, ticketId, at: author.at, what: step.deed },
            ...{ authorId: author.user.id, authorName: author.user.name, delivery: null },
          },
        },
      ]
    },
    dependsOn(raw) {
      const { ticketId, contactId, citizenId } = raw as {
        ticketId: Id
        contactId?: Id
        citizenId?: Id | null
      }
      return [ticketId, contactId ?? null, citizenId ?? null]
    },
    creates: () => [],
  })

/** One in the outbox of an older desk does not say how that knew the request. */
const heldToo = <Shape extends { from: z.ZodType }>(schema: z.ZodObject<Shape>) =>
  schema.extend({ from: schema.shape.from.optional() })

export const moveTicket = actionCommand('move', ticketActions.move, anyDeskRole)
export const noteTicket = actionCommand('note', ticketActions.note, anyDeskRole)
export const tellTicket = actionCommand('tell', ticketActions.tell, anyDeskRole)
export const handOverTicket = actionCommand('hand-over', heldToo(ticketActions['hand-over']), anyDeskRole)
export const assignTicket = actionCommand('assign', heldToo(ticketActions.assign), anyDeskRole)
export const suspendTicket = actionCommand('suspend', ticketActions.suspend, clockRoles)
export const resumeTicket = actionCommand('resume', ticketActions.resume, clockRoles)
export const extendTicket = actionCommand('extend', heldToo(ticketActions.extend), clockRoles)
export const linkTicket = actionCommand('link', ticketActions.link, anyDeskRole)
export const identifyTicket = actionCommand('identify', ticketActions.identify, anyDeskRole)
export const classifyTicket = actionCommand('classify', heldToo(ticketActions.classify), anyDeskRole)
