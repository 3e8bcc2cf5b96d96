import { sql } from 'kysely'
import type { Contact } from '#contract/domain/contact.ts'
import type { Reader, Sql } from '../store/query.ts'

/**
 * Contacts `k` that satisfy `where`; `tail` orders and limits. Each one's operator is looked up: for a handful of contacts a join goes over all users, in a
 * plan that is made once.
 */
export const selectContacts = (where: Sql, tail: Sql = sql``) => sql<Contact>`
    select k.id, k.version, k.channel, k.direction, k.queue, k.operator_id as "operatorId",
      (select u.name from users u where u.id = k.operator_id) as "operatorName",
      k.citizen_id as "citizenId", k.caller_number as "callerNumber", k.started_at as "startedAt",
      k.answered_at as "answeredAt", k.ended_at as "endedAt", k.topic_id as "topicId", k.outcome, k.identification,
      k.tried_before as "triedBefore", k.tried_detail as "triedDetail", k.on_behalf_of as "onBehalfOf",
      k.line_score as "lineScore", k.note, k.practice
    from contacts k where ${where} ${tail}`

export async function readContacts(db: Reader, where: Sql, tail?: Sql): Promise<Contact[]> {
  const { rows } = await selectContacts(where, tail).execute(db)
  return rows
}
