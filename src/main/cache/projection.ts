import type { CommandAuthor, LocalRows } from '#contract/commands/command.ts'
import { type CommandRequest, localEffect } from '#contract/commands/registry.ts'
import type { Entity, EntityRows } from '#contract/domain/entities.ts'
import type { Id } from '#contract/domain/ids.ts'
import type { EntityTables } from './rows.ts'
import type { Sqlite } from './sqlite.ts'

/** A command whose effect is shown although the CRM's rows do not carry it yet. `seq`: the order in which this desk accepted it. */
export type ProjectedCommand = {
  seq: number
  streamId: Id
  n: number
  request: CommandRequest
  author: CommandAuthor
}

/** What the CRM says of one row; null: it is gone. */
export type ServerRow = { [E in Entity]: { entity: E; id: string; row: EntityRows[E] | null } }[Entity]

/** Everything here happens inside the caller's transaction on `cache.db`, and answers which entities it touched. */
export interface Projection {
  /** From nothing: every altered row back to what the CRM said, then all commands over them. */
  rebuild(commands: readonly ProjectedCommand[]): Set<Entity>
  add(commands: readonly ProjectedCommand[]): Set<Entity>
  /** New rows of the CRM, and commands that are to be shown no more (carried by the rows, or refused). */
  advance(rows: readonly ServerRow[], done: readonly number[]): Set<Entity>
  /** What is shown now. */
  commands(): ProjectedCommand[]
  /** Forget all rows of the CRM; the commands stay and are shown over nothing. */
  clear(): Set<Entity>
}

type Key = `${Entity} ${string}`
const keyOf = (entity: Entity, id: string): Key => `${entity} ${id}`

/** A replayed command with the rows it read or wrote, so that a change of one of them finds those to be replayed. */
type Replayed = { command: ProjectedCommand; touched: Set<Key>; wrote: Set<Key> }

/**
 * The aggregates' tables hold what is shown. Before a command alters a row, what the CRM said of it goes to `shadow`;
 * undoing is putting that back. When rows of the CRM arrive or commands end, exactly the commands that meet those rows,
 * and those that meet them in turn, are undone and replayed in their order: no effect is ever applied to its own result.
 */
export function openProjection(db: Sqlite, tables: EntityTables): Projection {
  const replayed = new Map<number, Replayed>()
  const meeting = new Map<Key, Set<number>>()
  const shadowed = new Set<Key>()

  const addShadow = db.query('INSERT INTO shadow (entity, id, row) VALUES (?, ?, ?)')
  const oneShadow = db.query<{ row: string | null }>('SELECT row FROM shadow WHERE entity = ? AND id = ?')
  const allShadows = db.query<{ entity: Entity; id: string; row: string | null }>(
    'SELECT entity, id, row FROM shadow',
  )
  const removeShadow = db.query('DELETE FROM shadow WHERE entity = ? AND id = ?')
  const clearShadows = db.query('DELETE FROM shadow')

  const table = <E extends Entity>(entity: E): EntityTables[E] => tables[entity]

  const putBack = (entity: Entity, id: string, row: string | null) => {
    if (row === null) table(entity).remove(id)
    // Written by `replay` below from a row of this very entity.
    else table(entity).put(JSON.parse(row) as never)
  }

  const replay = (command: ProjectedCommand, entities: Set<Entity>) => {
    const touched = new Set<Key>()
    const wrote = new Set<Key>()
    const rows: LocalRows = {
      get<E extends Entity>(entity: E, id: string): EntityRows[E] | undefined {
        touched.add(keyOf(entity, id))
        return tables[entity].get(id)
      },
    }
    for (const { entity, row } of localEffect(rows, command.request, command.author)) {
      const key = keyOf(entity, row.id)
      touched.add(key)
      wrote.add(key)
      entities.add(entity)
      if (!shadowed.has(key)) {
        const before = table(entity).get(row.id)
        addShadow.run(entity, row.id, before === undefined ? null : JSON.stringify(before))
        shadowed.add(key)
      }
      table(entity).put(row as never)
    }
    replayed.set(command.seq, { command, touched, wrote })
    for (const key of touched) {
      const commands = meeting.get(key) ?? new Set()
      meeting.set(key, commands.add(command.seq))
    }
  }

  const withdraw = (seq: number) => {
    for (const key of replayed.get(seq)?.touched ?? []) {
      const commands = meeting.get(key)
      commands?.delete(seq)
      if (commands?.size === 0) meeting.delete(key)
    }
    replayed.delete(seq)
  }

  const inOrder = (commands: Iterable<ProjectedCommand>) => [...commands].sort((a, b) => a.seq - b.seq)

  /** All commands that meet one of `keys`, or meet a row that one of those wrote, and so on. */
  const affected = (keys: Iterable<Key>, seqs: Iterable<number>): Map<number, Replayed> => {
    const found = new Map<number, Replayed>()
    const openKeys = [...keys]
    const openSeqs = [...seqs]
    while (openKeys.length > 0 || openSeqs.length > 0) {
      const seq = openSeqs.pop()
      if (seq === undefined) {
        const key = openKeys.pop()
        if (key !== undefined) openSeqs.push(...(meeting.get(key) ?? []))
        continue
      }
      const command = replayed.get(seq)
      if (!command || found.has(seq)) continue
      found.set(seq, command)
      openKeys.push(...command.wrote)
    }
    return found
  }

  /** Takes commands back: every row that they wrote is again what the CRM said, but for those that it says anew. */
  const undo = (commands: ReadonlyMap<number, Replayed>, anew: ReadonlySet<Key>, entities: Set<Entity>) => {
    const written = new Set<Key>()
    for (const [seq, { wrote }] of commands) {
      withdraw(seq)
      for (const key of wrote) written.add(key)
    }
    for (const key of written) {
      const space = key.indexOf(' ')
      const entity = key.slice(0, space) as Entity
      const id = key.slice(space + 1)
      if (!anew.has(key)) putBack(entity, id, oneShadow.get(entity, id)?.row ?? null)
      removeShadow.run(entity, id)
      shadowed.delete(key)
      entities.add(entity)
    }
  }

  /**
   * Rows that a command replayed now meets, and did not before, and that a later command, not replayed now, met already: a row that was
   * missing has come, and the command alters more than it did. The later ones have to be replayed after it.
   */
  const overtaken = (again: readonly ProjectedCommand[]): Set<Key> => {
    const now = new Set(again.map(({ seq }) => seq))
    const keys = new Set<Key>()
    for (const { seq } of again)
      for (const key of replayed.get(seq)?.touched ?? [])
        for (const other of meeting.get(key) ?? []) if (other > seq && !now.has(other)) keys.add(key)
    return keys
  }

  const forget = () => {
    replayed.clear()
    meeting.clear()
    shadowed.clear()
    clearShadows.run()
  }

  return {
    rebuild(commands) {
      const entities = new Set<Entity>()
      for (const { entity, id, row } of allShadows.all()) {
        putBack(entity, id, row)
        entities.add(entity)
      }
      forget()
      for (const command of inOrder(commands)) replay(command, entities)
      return entities
    },

    add(commands) {
      const entities = new Set<Entity>()
      for (const command of inOrder(commands)) replay(command, entities)
      return entities
    },

    advance(rows, done) {
      const entities = new Set<Entity>()
      const arrived = new Set(rows.map(({ entity, id }) => keyOf(entity, id)))
      const over = new Set(done)
      let met = affected(arrived, done)
      undo(met, arrived, entities)
      for (const { entity, id, row } of rows) {
        if (row === null) table(entity).remove(id)
        else table(entity).put(row as never)
        entities.add(entity)
      }
      for (;;) {
        const again = [...met.values()].map(({ command }) => command).filter(({ seq }) => !over.has(seq))
        for (const command of inOrder(again)) replay(command, entities)
        const late = overtaken(again)
        if (late.size === 0) return entities
        met = affected(
          late,
          again.map(({ seq }) => seq),
        )
        undo(met, new Set(), entities)
      }
    },

    commands: () => [...replayed.values()].map(({ command }) => command),

    clear() {
      const commands = [...replayed.values()].map(({ command }) => command)
      const entities = new Set<Entity>()
      for (const entity of Object.keys(tables) as Entity[]) {
        table(entity).clear()
        entities.add(entity)
      }
      forget()
      for (const command of inOrder(commands)) replay(command, entities)
      return entities
    },
  }
}
