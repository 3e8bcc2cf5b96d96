import { firstDue, lawBook } from '../domain/reply-term.ts'
import { Ticket } from '../domain/ticket.ts'
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
    return [
      {
        entity: 'ticket',
        row: {
          ...args,
          version: 0,
          protocol: null,
          status: 'new',
          dueOn: firstDue(args.kind, args.receivedAt, lawBook).dueOn,
          team: topic?.team ?? 'first-level',
        },
      },
    ]
  },
  dependsOn: (args) => [args.contactId, args.citizenId],
  creates: (args) => [args.id],
})
