import type { Logger } from 'pino'
import type { HeardLine } from '#contract/crm.ts'
import type { ChangeNotice } from '#contract/desk.ts'
import { EntityName, entitySchemas } from '#contract/domain/entities.ts'
import { type Id, newId } from '#contract/domain/ids.ts'
import { Fault } from '#contract/errors.ts'
import type { Mirror, Page } from './mirror.ts'
import type { SyncStore } from './model.ts'
import type { Outbox } from './outbox.ts'
import type { ServerRow } from './projection.ts'

/** Moves the two files together: first the one that must not lose, then what is derived from it. */
export function openSyncStore(
  outbox: Outbox,
  mirror: Mirror,
  notify: (entities: Iterable<ChangeNotice['entities'][number]>) => void,
  log: Logger,
): SyncStore {
  const replaceStream = (streamId: Id, predecessor: 'known' | 'unknown') => {
    // Before the outbox, so that no crash between the two files can show a carried effect again.
    const replacement = newId()
    mirror.carry(replacement, outbox.unfinishedUpTo(streamId, mirror.appliedN(streamId)))
    const stream = outbox.replaceStream(streamId, replacement, predecessor)
    notify([...mirror.rederive(), 'outbox'])
    return stream
  }

  return {
    stream: (userId) => outbox.stream(userId),
    streams: () => outbox.streams(),
    markRegistered: (streamId) => outbox.markRegistered(streamId),
    replaceStream: (streamId) => replaceStream(streamId, 'known'),
    orphanStream: (streamId) => replaceStream(streamId, 'unknown'),
    unsent(streamId, limit) {
      const { envelopes, over } = outbox.unsent(streamId, limit)
      if (over.length > 0) notify([...mirror.drop(over), 'outbox'])
      return envelopes
    },
    settle(streamId, results) {
      const over = outbox.settle(streamId, results)
      outbox.prune(streamId, mirror.appliedN(streamId))
      notify([...mirror.drop(over), 'outbox'])
    },
    fail(streamId, n, result) {
      notify([...mirror.drop(outbox.fail(streamId, n, result)), 'outbox'])
    },
    cursor: () => mirror.cursor(),
    applyPage(lines) {
      const end = lines.at(-1)
      if (end?.type !== 'end') throw new Fault('invalid', 'input-invalid')
      if (end.restart || mirror.isOutgrown()) {
        mirror.restart()
        notify(['*'])
        return 'anew'
      }
      const page = pageOf(lines, end, log)
      const before = mirror.state().state
      const entities = mirror.apply(page)
      const pruned = [...page.applied.keys()].map((id) => outbox.prune(id, mirror.appliedN(id)))
      const outboxToo = pruned.includes(true) ? (['outbox'] as const) : []
      // The last page of a first filling may bring no row, and still everything may be asked from now on.
      notify(mirror.state().state === before ? [...entities, ...outboxToo] : ['*'])
      return 'applied'
    },
    restart() {
      mirror.restart()
      notify(['*'])
    },
  }
}

/**
 * The page's lines, rows checked against their schema. A row that fits none, or of an entity that has none (of a newer CRM), is left out and
 * logged, so that it does not stop the feed.
 */
function pageOf(lines: readonly HeardLine[], end: HeardLine & { type: 'end' }, log: Logger): Page {
  const rows: ServerRow[] = []
  const applied = new Map<Id, number>()
  const unknown = new Set<string>()
  let incomplete = false
  for (const line of lines) {
    if (line.type === 'end') continue
    if (line.type === 'applied') {
      applied.set(line.streamId, line.n)
      continue
    }
    const entity = EntityName.safeParse(line.entity).data
    if (!entity) {
      unknown.add(line.entity)
      if (line.type === 'row') incomplete = true
    } else if (line.type === 'gone') rows.push({ entity, id: line.id, row: null })
    else {
      const row = entitySchemas[entity].safeParse(line.row)
      // The schema was picked by the entity: the pair belongs together.
      if (row.success) rows.push({ entity, id: line.id, row: row.data } as ServerRow)
      else {
        incomplete = true
        log.error(
          { entity, issues: row.error.issues.map((issue) => issue.path.join('.')) },
          'row of the feed left out',
        )
      }
    }
  }
  if (unknown.size > 0)
    log.warn({ entities: [...unknown] }, 'the feed tells of what this program does not know')
  return { rows, applied, cursor: end.cursor, more: end.more, incomplete }
}
