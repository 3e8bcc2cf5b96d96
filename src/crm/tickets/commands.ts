import { sql } from 'kysely'
import { Temporal } from 'temporal-polyfill'
import type { CommandArgs } from '#contract/commands/registry.ts'
import { cityDayOf } from '#contract/domain/calendar.ts'
import { cityZone, type Id } from '#contract/domain/ids.ts'
import { firstDue } from '#contract/domain/reply-term.ts'
import { routeOf } from '#contract/domain/rulebook.ts'
import type { HeldAction, TicketActionName } from '#contract/domain/ticket-act.ts'
import { survivingCitizen } from '../citizens/write.ts'
import { requireContact } from '../contacts/commands.ts'
import { requireTopic } from '../reference/topics.ts'
import type { Trx } from '../store/store.ts'
import { appendChange, appendCitizens } from '../sync/changes.ts'
import type { Handler } from '../sync/handler.ts'
import { act } from './act.ts'
import { readRulebook } from './rules.ts'

/** The year's next number. The counter's row stays locked until the transaction ends, and goes back with it: no gaps. */
async function nextProtocolNumber(trx: Trx, year: number): Promise<number> {
  const { last_number } = await trx
    .insertInto('ticket_protocols')
    .values({ year, last_number: 1 })
    .onConflict((conflict) =>
      conflict.column('year').doUpdateSet({ last_number: sql`ticket_protocols.last_number + 1` }),
    )
    .returning('last_number')
    .executeTakeFirstOrThrow()
  return last_number
}

/** Enters a request, to whom the city's rules send it and with the term they give it. */
export async function open(trx: Trx, now: Date, args: CommandArgs['ticket.open']): Promise<void> {
  const topic = await requireTopic(trx, args.topicId)
  const citizenId = await survivingCitizen(trx, args.citizenId)
  const contact = await requireContact(trx, args.contactId)
  const book = await readRulebook(trx)
  // Nothing is received before the contact in which it was made began, nor in the future.
  const asked = [args.receivedAt, ...(contact ? [contact.startedAt] : [])].map((at) => Date.parse(at))
  const receivedAt = new Date(Math.min(Math.max(...asked), now.getTime())).toISOString()
  const { dueOn, steps } = firstDue(args.kind, receivedAt, book)
  const team = routeOf({ kind: args.kind, receivedOn: cityDayOf(receivedAt) }, topic, book.routing)
  // The register is of the day the CRM enters the request, also when a desk received it earlier, off line.
  const { year } = Temporal.Instant.fromEpochMilliseconds(now.getTime()).toZonedDateTimeISO(cityZone)
  const { version } = await trx
    .insertInto('tickets')
    .values({
      id: args.id,
      protocol_year: year,
      protocol_number: await nextProtocolNumber(trx, year),
      kind: args.kind,
      topic_id: args.topicId,
      text: args.text,
      citizen_id: citizenId,
      contact_id: args.contactId,
      received_at: receivedAt,
      due_on: dueOn,
      steps: JSON.stringify(steps),
      team,
    })
    .returning('version')
    .executeTakeFirstOrThrow()
  await appendChange(trx, 'ticket', args.id, version)
  await appendCitizens(trx, citizenId)
}

export const openTicket: Handler<'ticket.open'> = ({ trx, now }, args) => open(trx, now, args)

/** The handler of one action: its command's arguments are the action's, with the ids beside. */
export const actions =
  <N extends TicketActionName>(name: N): Handler<`ticket.${N}`> =>
  (context, args) => {
    const { id, ticketId, ...rest } = args as { id: Id; ticketId: Id }
    return act(context, { id, ticketId, action: { do: name, ...rest } as HeldAction })
  }
