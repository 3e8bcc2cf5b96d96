import { sql } from 'kysely'
import { Temporal } from 'temporal-polyfill'
import { cityZone } from '#contract/domain/ids.ts'
import { firstDue, lawBook } from '#contract/domain/reply-term.ts'
import { requireCitizen } from '../citizens/commands.ts'
import { requireContact } from '../contacts/commands.ts'
import { requireTopic } from '../reference/topics.ts'
import type { Trx } from '../store/store.ts'
import { appendChange, appendCitizens } from '../sync/changes.ts'
import type { Handler } from '../sync/handler.ts'

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

export const openTicket: Handler<'ticket.open'> = async ({ trx, now }, args) => {
  const topic = await requireTopic(trx, args.topicId)
  await requireCitizen(trx, args.citizenId)
  await requireContact(trx, args.contactId)
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
      citizen_id: args.citizenId,
      contact_id: args.contactId,
      received_at: args.receivedAt,
      due_on: firstDue(args.kind, args.receivedAt, lawBook).dueOn,
      team: topic.team,
    })
    .returning('version')
    .executeTakeFirstOrThrow()
  await appendChange(trx, 'ticket', args.id, version)
  await appendCitizens(trx, args.citizenId)
}
