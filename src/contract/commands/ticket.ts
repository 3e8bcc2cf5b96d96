import { Temporal } from 'temporal-polyfill'
import { cityZone } from '../domain/ids.ts'
import { Ticket } from '../domain/ticket.ts'
import { anyDeskRole, defineCommand } from './command.ts'

/** Thirty calendar days, the day of receipt not counted (L. 241/1990 art. 2); the CRM moves a due date that falls on a holiday. */
const provisionalDueDate = (receivedAt: string): string =>
  Temporal.Instant.from(receivedAt).toZonedDateTimeISO(cityZone).toPlainDate().add({ days: 30 }).toString()

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
          dueOn: provisionalDueDate(args.receivedAt),
          team: topic?.team ?? 'first-level',
        },
      },
    ]
  },
  dependsOn: (args) => [args.contactId, args.citizenId],
  creates: (args) => [args.id],
})
