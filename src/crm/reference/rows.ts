import { sql } from 'kysely'
import type { Reader, Sql } from '../store/query.ts'

export const referenceTables = {
  topic: 'topics',
  service: 'services',
  office: 'offices',
  article: 'articles',
  team: 'teams',
  rulebook: 'rulebooks',
  channel: 'message_channels',
} as const

export type ReferenceEntity = keyof typeof referenceTables

/** Of documents `d` those that are offered for something new. */
export const notEnded: Sql = sql`not coalesce((d.body->>'ended')::boolean, false)`

/** Documents `d` of one kind that satisfy `where`, as the contract writes them; `tail` orders and limits. */
export async function readReference(
  db: Reader,
  entity: ReferenceEntity,
  where: Sql,
  tail: Sql = sql``,
): Promise<{ id: string; version: number }[]> {
  const { rows } = await sql<{ id: string; version: number; body: Record<string, unknown> }>`
    select d.id, d.version, d.body from ${sql.table(referenceTables[entity])} d where ${where} ${tail}`.execute(
    db,
  )
  return rows.map(({ body, id, version }) => ({ ...body, id, version }))
}
