import { sql } from 'kysely'
import { Topic } from '#contract/domain/reference.ts'
import { Fault } from '#contract/errors.ts'
import type { Reader } from '../store/query.ts'
import { readReference } from './rows.ts'

/** The topic, or a refusal. */
export async function requireTopic(db: Reader, id: string): Promise<Topic> {
  const [row] = await readReference(db, 'topic', sql`d.id = ${id}`)
  if (!row) throw new Fault('invalid', 'input-invalid', { params: { field: 'topicId' } })
  return Topic.parse(row)
}
