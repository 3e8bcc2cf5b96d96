import { sql } from 'kysely'
import type { Merge } from '#contract/crm-citizens.ts'
import type { Id } from '#contract/domain/ids.ts'
import type { Reader } from '../store/query.ts'

/** With whom a person was joined, on either side, newest first. */
export async function mergesOf(db: Reader, id: Id): Promise<Merge[]> {
  const { rows } = await sql<Merge>`
    select m.id, m.citizen_id as "keptId", m.merged_id as "mergedId", c.given_name || ' ' || c.family_name as name,
      m.made_at as at, u.name as "byName", m.undone_at as "undoneAt", m.record is null as final
    from citizen_merges m join citizens c on c.id = m.merged_id join users u on u.id = m.made_by
    where m.citizen_id = ${id} or m.merged_id = ${id} order by m.made_at desc, m.id limit 200`.execute(db)
  return rows
}
