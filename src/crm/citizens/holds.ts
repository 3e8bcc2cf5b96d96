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

const ofHeld = (column: string): Sql => sql`${sql.ref(column)} = any((select ids from mine)::uuid[])`
const ofRequests = (column: string): Sql => sql`${sql.ref(column)} = any((select ids from requests)::uuid[])`

/**
 * Rows that hang on persons on hold, whoever a line of the audit named when it was written; parts of requests have no person there. By
 * arrays, so that few persons are looked up by index and not all rows of the city are read.
 */
const heldRows = sql`
  with mine as (select array(${held}) as ids),
    requests as (select array(select t.id from tickets t where ${ofHeld('t.citizen_id')}) as ids)
  select unnest(ids)::text from requests
  union all select e.id::text from ticket_entries e where ${ofRequests('e.ticket_id')}
  union all select f.id::text from ticket_attachments f where ${ofRequests('f.ticket_id')}
  union all select a.id::text from appointments a where ${ofHeld('a.citizen_id')}
  union all select k.id::text from contacts k where ${ofHeld('k.citizen_id')}
  union all select k.id::text from contacts k where ${ofHeld('k.on_behalf_of')}`

/** On lines `m` of the audit. */
export const auditFreeOfHold: Sql = sql`${freeOfHold(sql`m.citizen_id`)} and m.row_id not in (${heldRows})`

/** The person, whoever they turned out to be, and who turned out to be them. */
export const familyOf = (survivor: string): Sql => sql`
  with recursive family as (
    select id from citizens where id = ${survivor}
    union select c.id from citizens c join family f on c.merged_into = f.id
  ) select id from family`
