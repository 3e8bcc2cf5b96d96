import { join } from 'node:path'
import type { ChangeNotice } from '#contract/desk.ts'
import { openCallRecords } from './call-records.ts'
import { openHome } from './home.ts'
import { outboxMigrations } from './migrations/outbox.ts'
import { openMirror } from './mirror.ts'
import type { Cache, CacheOptions } from './model.ts'
import { envelopeOf, type OutboxCommand, openOutbox } from './outbox.ts'
import { openSettings } from './settings.ts'
import { openSqlite } from './sqlite.ts'
import { openSyncStore } from './sync-store.ts'
import { openTicketDrafts } from './ticket-drafts.ts'
import { openWaitingFiles } from './waiting-files.ts'
import { openWork } from './work.ts'

export type { HomeStore } from './home.ts'
export type { Cache, CacheOptions, CitizenStory, KeptVisit, Stream } from './model.ts'

/** Tables of `outbox.db` that hold what somebody did, typed or chose. */
const kept = [
  ...['command', 'stream', 'work', 'call_record', 'live_call', 'ticket_draft'],
  ...['waiting_file', 'waiting_part'],
]

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
  const outbox = openOutbox(outboxDb, log, now)
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

  let behind = false
  /** The outbox has them. What fails from here on is logged and made up for at the next chance, never told as a refusal. */
  const show = (accepted: OutboxCommand[], also: ChangeNotice['entities']) => {
    let moved: Iterable<ChangeNotice['entities'][number]> = []
    try {
      moved = behind ? mirror.rederive() : mirror.add(accepted)
      behind = false
    } catch (error) {
      behind = true
      log.error(
        { code: error instanceof Error && 'code' in error ? error.code : null },
        'accepted, not shown yet',
      )
    }
    notify([...moved, 'outbox', ...also])
  }
  const work = openWork(outboxDb, {
    now,
    log,
    changed: () => notify(['work']),
    closeWith: (author, requests, remove) => show(outbox.accept(author, requests, remove), ['work']),
  })
  const ticketDrafts = openTicketDrafts(outboxDb, {
    now,
    log,
    holds: (ticketId) => mirror.state().state !== 'ready' || mirror.queries.ticket(ticketId) !== null,
    acceptWith: (author, requests, alongside) => show(outbox.accept(author, requests, alongside), []),
  })
  const waitingFiles = openWaitingFiles(outboxDb, now, () => notify(['outbox']))
  /** Of what waits here for the CRM, commands and files. */
  const counts: Cache['counts'] = (userId) => {
    const [commands, files] = [outbox.counts(userId), waitingFiles.counts(userId)]
    return {
      pending: commands.pending + files.pending,
      refused: commands.refused + files.refused,
      others: commands.others + files.others,
      othersRefused: commands.othersRefused + files.othersRefused,
    }
  }
  const records = openCallRecords(outboxDb, log, now)
  const accept: Cache['accept'] = (author, requests, draft) => {
    const keepDraft = draft && (() => void work.save(draft.contactId, draft.revision, draft.draft))
    const accepted = outbox.accept(author, requests, keepDraft, draft?.contactId)
    show(accepted, [])
    return accepted.map(envelopeOf)
  }

  return {
    state: () => mirror.state(),
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    rebuild() {
      mirror.rebuild()
      notify(['*'])
    },
    ...mirror.queries,
    accept,
    entries: (userId) => outbox.entries(userId),
    opens: (contactId) => outbox.opens(contactId),
    dismiss(userId, commandId) {
      outbox.dismiss(userId, commandId)
      notify(['outbox'])
    },
    counts,
    work,
    ticketDrafts,
    waitingFiles,
    calls: {
      ...records,
      add(userId, record) {
        records.add(userId, record)
        notify(['calls'])
      },
    },
    settings: openSettings(outboxDb, log),
    home: openHome(outboxDb),
    wipe() {
      const unanswered = counts(null).others
      outboxDb.transaction(() => {
        for (const table of kept) outboxDb.query(`DELETE FROM ${table}`).run()
      })
      // What was deleted must not be readable in free pages or in the log of the file.
      outboxDb.query('VACUUM').run()
      outboxDb.query('PRAGMA wal_checkpoint(TRUNCATE)').get()
      mirror.empty()
      notify(['*'])
      return unanswered
    },
    sync: openSyncStore(outbox, mirror, notify, log),
    close() {
      mirror.close()
      outboxDb.close()
    },
  }
}
