import { join } from 'node:path'
import type { ChangeNotice } from '#contract/desk.ts'
import { outboxMigrations } from './migrations/outbox.ts'
import { openMirror } from './mirror.ts'
import type { Cache, CacheOptions } from './model.ts'
import { envelopeOf, openOutbox } from './outbox.ts'
import { openSettings } from './settings.ts'
import { openSqlite } from './sqlite.ts'
import { openSyncStore } from './sync-store.ts'
import { openWork } from './work.ts'

export type { Cache, CacheOptions, Stream } from './model.ts'

export function openCache(options: CacheOptions): Cache {
  const { log, now } = options
  const outboxDb = openSqlite({
    path: join(options.dir, 'outbox.db'),
    key: options.key,
    synchronous: 'full',
    migrations: outboxMigrations,
    corrupt: 'outbox-corrupt',
    log,
  })
  const outbox = openOutbox(outboxDb, log)
  const listeners = new Set<(notice: ChangeNotice) => void>()
  const notify = (entities: Iterable<ChangeNotice['entities'][number]>) => {
    const notice: ChangeNotice = { entities: [...new Set(entities)] }
    if (notice.entities.length === 0) return
    for (const listener of listeners) {
      try {
        listener(notice)
      } catch (error) {
        log.error({ err: error }, 'a listener to changes failed')
      }
    }
  }
  const mirror = openMirror({ dir: options.dir, key: options.key, log, now, pending: () => outbox.live() })

  const accept: Cache['accept'] = (author, requests) => {
    const accepted = outbox.accept(author, requests)
    notify([...mirror.add(accepted), 'outbox'])
    return accepted.map(envelopeOf)
  }

  return {
    state: () => mirror.state(),
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    ...mirror.queries,
    accept,
    entries: () => outbox.entries(),
    dismiss(commandId) {
      outbox.dismiss(commandId)
      notify(['outbox'])
    },
    counts: () => outbox.counts(),
    work: openWork(outboxDb, {
      now,
      log,
      changed: () => notify(['work']),
      closeWith(author, requests, remove) {
        const accepted = outbox.accept(author, requests, remove)
        notify([...mirror.add(accepted), 'outbox', 'work'])
      },
    }),
    settings: openSettings(outboxDb, log),
    sync: openSyncStore(outbox, mirror, notify, log),
    close() {
      mirror.close()
      outboxDb.close()
    },
  }
}
