import { createHash } from 'node:crypto'
import type { Logger } from 'pino'
import { z } from 'zod'
import { type Entity, type EntityRows, entitySchemas } from '#contract/domain/entities.ts'

/** How the projection reads and writes the rows of one entity, whatever columns its queries need. */
export interface EntityTable<E extends Entity> {
  get(id: string): EntityRows[E] | undefined
  put(row: EntityRows[E]): void
  remove(id: string): void
  clear(): void
}

export type EntityTables = { [E in Entity]: EntityTable<E> }

/** What is stored of a row beside its columns: all of it, as JSON. */
export type Stored = { row: string }

/** What a text of JSON says; undefined when it is none, as on a damaged page. */
export function fromJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Reads stored rows back. One that no longer fits its schema is left out and logged: it must not hide the others. */
export function rowReader<E extends Entity>(entity: E, log: Logger) {
  const schema = entitySchemas[entity]
  const read = (stored: Stored | undefined): EntityRows[E] | undefined => {
    if (!stored) return undefined
    const parsed = schema.safeParse(fromJson(stored.row))
    // One schema of the union: its output is the entity's row.
    if (parsed.success) return parsed.data as EntityRows[E]
    log.error({ entity, issues: parsed.error.issues.map((issue) => issue.path.join('.')) }, 'unreadable row')
    return undefined
  }
  return {
    one: read,
    many: (stored: readonly Stored[]): EntityRows[E][] => stored.map(read).filter((row) => row !== undefined),
  }
}

/** Differs between programs that read rows differently. */
export function schemasMark(): string {
  const shapes = Object.entries(entitySchemas).map(([entity, schema]) => [
    entity,
    z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }),
  ])
  return createHash('sha256').update(JSON.stringify(shapes)).digest('hex')
}

export const epoch = (instant: string): number => Date.parse(instant)
