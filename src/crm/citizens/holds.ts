import { sql } from 'kysely'
import type { Sql } from '../store/query.ts'

/** Persons on legal hold, and who turned out to be one of them. Asked once for a whole statement. */
const held = sql`
  with recursive held as (
    select citizen_id as id from legal_holds
    union select c.id from citizens c join held h on c.merged_into = h.id
  ) select id from held`

/** `person` is nobody's, or of somebody who may be forgotten. */
export const freeOfHold = (person: Sql): Sql => sql`(${person} is null or ${person} not in (${held}))`

/** Rows that hang on persons on hold, whoever a line of the audit named when it was written; theirs have no person. */
const heldRows = sql`
  with mine as (${held}), requests as (select t.id from tickets t where t.citizen_id in (select id from mine))
  select id::text from requests
  union all select e.id::text from ticket_entries e where e.ticket_id in (select id from requests)
  union all select a.id::text from ticket_attachments a where a.ticket_id in (select id from requests)
  union all select a.id::text from appointments a where a.citizen_id in (select id from mine)
  union all select k.id::text from contacts k
    where k.citizen_id in (select id from mine) or k.on_behalf_of in (select id from mine)`

/** On lines `m` of the audit. */
export const auditFreeOfHold: Sql = sql`${freeOfHold(sql`m.citizen_id`)} and m.row_id not in (${heldRows})`

/** The person, whoever they turned out to be, and who turned out to be them. */
export const familyOf = (survivor: string): Sql => sql`
  with recursive family as (
    select id from citizens where id = ${survivor}
    union select c.id from citizens c join family f on c.merged_into = f.id
  ) select id from family`
