import { sql } from 'kysely'
import type { Sql } from '../store/query.ts'

/** Persons on legal hold, and who turned out to be one of them, also one whose record is there no more. Asked once for a whole statement. */
const held = sql`
  with recursive held as (
    select citizen_id as id from legal_holds
    union select o.id from held h cross join lateral (
      select c.id from citizens c where c.merged_into = h.id
      union all select m.merged_id from citizen_merges m where m.citizen_id = h.id and m.undone_at is null) o
  ) select id from held`

/** `person` is nobody's, or of somebody who may be forgotten. */
export const freeOfHold = (person: Sql): Sql => sql`(${person} is null or ${person} not in (${held}))`

const oneOf = (column: string, list: 'mine' | 'calls' | 'requests'): Sql =>
  sql`${sql.ref(column)} = any((select ids from ${sql.table(list)})::uuid[])`

/**
 * The persons on hold, and what hangs on them: their contacts, and the requests and appointments that name them or a contact of theirs, also the requests that did; one from before the
 * caller was known names nobody. By arrays, so that few persons are looked up by index and not all rows of the city are read.
 */
const hanging = sql`
  with mine as (select array(${held}) as ids),
    calls as (select array(
      select k.id from contacts k where ${oneOf('k.citizen_id', 'mine')}
      union select k.id from contacts k where ${oneOf('k.on_behalf_of', 'mine')}) as ids),
    requests as (select array(
      select t.id from tickets t where ${oneOf('t.citizen_id', 'mine')}
      union select t.id from tickets t where ${oneOf('t.contact_id', 'calls')}
      union select e.ticket_id from ticket_entries e
        where e.did = 'identified' and e.body->>'fromId' = any((select ids from mine)::text[])
      union select l.ticket_id from ticket_contacts l where ${oneOf('l.contact_id', 'calls')}) as ids),
    visits as (select array(
      select a.id from appointments a where ${oneOf('a.citizen_id', 'mine')}
      union select a.id from appointments a where ${oneOf('a.contact_id', 'calls')}) as ids)`

const freeAmong = (id: Sql, list: 'requests' | 'visits'): Sql =>
  sql`(${id} is null or ${id} not in (${hanging} select unnest(ids) from ${sql.table(list)}))`

/** `id` is of no request, or of one that may be forgotten. */
export const requestFreeOfHold = (id: Sql): Sql => freeAmong(id, 'requests')
/** The same of an appointment. */
export const visitFreeOfHold = (id: Sql): Sql => freeAmong(id, 'visits')

/** Rows that hang on persons on hold, whoever a line of the audit named when it was written; parts of requests have no person there. */
const heldRows = sql`
  ${hanging}
  select unnest(ids)::text from requests
  union all select e.id::text from ticket_entries e where ${oneOf('e.ticket_id', 'requests')}
  union all select f.id::text from ticket_attachments f where ${oneOf('f.ticket_id', 'requests')}
  union all select unnest(ids)::text from visits
  union all select unnest(ids)::text from calls`

/** On lines `m` of the audit. */
export const auditFreeOfHold: Sql = sql`${freeOfHold(sql`m.citizen_id`)} and m.row_id not in (${heldRows})`

/** The person, whoever they turned out to be, and who turned out to be them. */
export const familyOf = (survivor: string): Sql => sql`
  with recursive family as (
    select id from citizens where id = ${survivor}
    union select c.id from citizens c join family f on c.merged_into = f.id
  ) select id from family`
