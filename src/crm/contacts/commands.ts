import { sql } from 'kysely'
import type { Contact } from '#contract/domain/contact.ts'
import type { Id, Instant } from '#contract/domain/ids.ts'
import { Fault } from '#contract/errors.ts'
import { survivingCitizen } from '../citizens/write.ts'
import { requireTopic } from '../reference/topics.ts'
import { type Places, statement } from '../store/query.ts'
import type { Trx } from '../store/store.ts'
import { appendWithCitizens, intoLog } from '../sync/changes.ts'
import type { CommandContext, Handler } from '../sync/handler.ts'

/** Refuses a command that names a contact that does not exist; says when it began. */
export async function requireContact(trx: Trx, id: string | null): Promise<{ startedAt: Instant } | null> {
  if (id === null) return null
  const found = await trx
    .selectFrom('contacts')
    .select('started_at as startedAt')
    .where('id', '=', id)
    .executeTakeFirst()
  if (!found) throw new Fault('not-found', 'contact-gone')
  return found
}

/** A contact is its operator's to change, while it is open. */
async function lockOwnOpenContact({ trx, author }: CommandContext, id: string) {
  const contact = await trx
    .selectFrom('contacts')
    .select(['operator_id', 'citizen_id', 'ended_at'])
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  if (!contact) throw new Fault('not-found', 'contact-gone')
  if (contact.operator_id !== author.id) throw new Fault('forbidden', 'role-missing')
  if (contact.ended_at !== null) throw new Fault('conflict', 'contact-closed')
  return contact
}

type Opened = Pick<
  Contact,
  'id' | 'channel' | 'direction' | 'queue' | 'callerNumber' | 'answeredAt' | 'practice'
> & {
  operatorId: Id
  citizenId: Id | null
  startedAt: Instant
}

/** The contact, unless there is one of that id, with what the change log says of it. */
const opening = statement((contact: Places<Opened>, db) => {
  const opened = db
    .insertInto('contacts')
    .values({
      id: contact.id,
      channel: contact.channel,
      direction: contact.direction,
      queue: contact.queue,
      operator_id: contact.operatorId,
      citizen_id: contact.citizenId,
      caller_number: contact.callerNumber,
      started_at: contact.startedAt,
      answered_at: contact.answeredAt,
      practice: contact.practice,
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .returning(['id', 'version', 'citizen_id'])
  return sql<{ id: Id }>`
    with opened as (${opened}), told as (${intoLog(
      sql`select 'contact', id::text, version from opened`,
      sql`array(select citizen_id from opened)`,
    )}) select id from opened`
})

export const openContact: Handler<'contact.open'> = async (context, args) => {
  const { trx, author } = context
  const citizenId = await survivingCitizen(trx, args.citizenId)
  const opened = await opening.run(trx, { ...args, operatorId: author.id, citizenId })
  if (opened.length > 0) return
  const values = {
    channel: args.channel,
    direction: args.direction,
    queue: args.queue,
    citizen_id: citizenId,
    caller_number: args.callerNumber,
    started_at: args.startedAt,
    answered_at: args.answeredAt,
    practice: args.practice,
  }
  await lockOwnOpenContact(context, args.id)
  const row = await trx
    .updateTable('contacts')
    .set((eb) => ({ ...values, version: eb('version', '+', 1) }))
    .where('id', '=', args.id)
    .returning('version')
    .executeTakeFirstOrThrow()
  await appendWithCitizens(trx, { entity: 'contact', id: args.id, version: row.version }, citizenId)
}

export const identifyContact: Handler<'contact.identify'> = async (context, args) => {
  const { trx } = context
  const before = await lockOwnOpenContact(context, args.contactId)
  const citizenId = await survivingCitizen(trx, args.citizenId)
  const { version } = await trx
    .updateTable('contacts')
    .set((eb) => ({
      citizen_id: citizenId,
      identification: args.identification,
      version: eb('version', '+', 1),
    }))
    .where('id', '=', args.contactId)
    .returning('version')
    .executeTakeFirstOrThrow()
  const change = { entity: 'contact' as const, id: args.contactId, version }
  await appendWithCitizens(trx, change, before.citizen_id, citizenId)
}

export const closeContact: Handler<'contact.close'> = async (context, args) => {
  const { trx } = context
  const before = await lockOwnOpenContact(context, args.contactId)
  const citizenId = await survivingCitizen(trx, args.citizenId)
  const onBehalfOf = await survivingCitizen(trx, args.onBehalfOf)
  if (args.topicId !== null) await requireTopic(trx, args.topicId)
  const { version } = await trx
    .updateTable('contacts')
    .set((eb) => ({
      // Told in another push, by a clock of which less or more may have been known.
      ended_at: sql<string>`greatest(${args.endedAt}::timestamptz, started_at, answered_at)`,
      topic_id: args.topicId,
      outcome: args.outcome,
      citizen_id: citizenId,
      identification: args.identification,
      tried_before: args.triedBefore,
      tried_detail: args.triedDetail,
      on_behalf_of: onBehalfOf,
      line_score: args.lineScore,
      note: args.note,
      version: eb('version', '+', 1),
    }))
    .where('id', '=', args.contactId)
    .returning('version')
    .executeTakeFirstOrThrow()
  const change = { entity: 'contact' as const, id: args.contactId, version }
  await appendWithCitizens(trx, change, before.citizen_id, citizenId, onBehalfOf)
}
