import { createHash } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import type { Logger } from 'pino'
import { type Id, newId } from '#contract/domain/ids.ts'
import {
  attachmentLimit,
  mostAttachments,
  type TicketEntry,
  withOwnEnding,
} from '#contract/domain/ticket-entry.ts'
import { Fault } from '#contract/errors.ts'
import { readEpoch } from '../store/epoch.ts'
import type { Db } from '../store/store.ts'
import { inNamedTransaction } from '../store/transaction.ts'
import { announceChanges } from '../sync/changes.ts'
import { doneAs, lockTicket, record } from './act.ts'
import { plainName, typeOfContent } from './content-type.ts'
import { readEntries } from './rows.ts'
import type { Scanner } from './scanner.ts'

export type AttachmentDeps = {
  db: Db
  /** Folder of the files; the same for all processes on one database. */
  files: string
  scanner: Scanner
  log: Logger
  now(): Date
}

const refused = (why: 'empty' | 'size' | 'type' | 'infected') =>
  new Fault('invalid', 'attachment-refused', { params: { why } })

/** A file's place: named by its id and contents, so that nothing that comes later under the same id writes over it. */
const placeOf = (files: string, id: Id, sha256: string): string =>
  join(files, id.slice(-2), `${id}.${sha256.slice(0, 16)}`)

/**
 * Adds a file to a request, as entry `id` of its history. First its contents are checked and scanned, then they are on the disk, then the
 * database knows them: a file that it does not know is an orphan, which the sweep removes. The same id again does nothing twice.
 */
export async function attach(
  deps: AttachmentDeps,
  asked: { ticketId: Id; id: Id; userId: Id; name: string; content: Buffer },
): Promise<TicketEntry> {
  const { db, files, scanner, now } = deps
  const { ticketId, id, userId, content } = asked
  if (content.byteLength === 0) throw refused('empty')
  if (content.byteLength > attachmentLimit) throw refused('size')
  const type = typeOfContent(content)
  if (type === null) throw refused('type')
  const scanned = await scanner.scan(content)
  if (!scanned.clean) {
    deps.log.warn({ ticketId, found: scanned.found }, 'an infected file was refused')
    throw refused('infected')
  }

  const sha256 = createHash('sha256').update(content).digest('hex')
  const place = placeOf(files, id, sha256)
  await write(place, content)
  const at = now().toISOString()
  await inNamedTransaction(db, async (trx) => {
    await lockTicket(trx, ticketId)
    if (await doneAs(trx, id, ticketId)) {
      const known = await trx
        .selectFrom('ticket_attachments')
        .select('sha256')
        .where('id', '=', id)
        .executeTakeFirst()
      if (known?.sha256 !== sha256) throw new Fault('conflict', 'input-invalid', { params: { field: 'id' } })
      return
    }
    const { rows } = await sql<{ count: number }>`
      select count(*) as count from ticket_attachments where ticket_id = ${ticketId}`.execute(trx)
    if ((rows[0]?.count ?? 0) >= mostAttachments) throw new Fault('conflict', 'attachments-too-many')
    const attachment = { id, name: plainName(asked.name, type), type, size: content.byteLength }
    await record({ trx, author: { id: userId } }, { id, ticketId, at, deed: { did: 'attached', attachment } })
    await trx
      .insertInto('ticket_attachments')
      .values({ ...attachment, ticket_id: ticketId, entry_id: id, sha256, added_by: userId })
      .execute()
  })
  await announceChanges(db)
  const [entry] = await readEntries(db, sql`e.id = ${id}`)
  if (!entry) throw new Fault('not-found', 'record-not-found')
  return entry
}

/** The contents as they were taken, or a fault: a file that was changed on the disk is not handed out. */
export async function readAttachment(
  { db, files, log }: AttachmentDeps,
  { ticketId, id }: { ticketId: Id; id: Id },
): Promise<File> {
  const row = await db
    .selectFrom('ticket_attachments')
    .select(['name', 'type', 'sha256'])
    .where('id', '=', id)
    .where('ticket_id', '=', ticketId)
    .executeTakeFirst()
  if (!row) throw new Fault('not-found', 'record-not-found')
  const content = await readFile(placeOf(files, id, row.sha256)).catch((error: NodeJS.ErrnoException) => {
    log.error({ attachmentId: id, code: error.code }, 'the file of an attachment cannot be read')
    throw new Fault('not-found', 'record-not-found', { cause: error })
  })
  if (createHash('sha256').update(content).digest('hex') !== row.sha256) {
    log.error({ attachmentId: id }, 'the file of an attachment is not what was taken')
    throw new Fault('internal', 'unexpected')
  }
  return new File([new Uint8Array(content)], withOwnEnding(row.name, row.type), { type: row.type })
}

/** On the medium when it returns. */
async function write(place: string, content: Buffer): Promise<void> {
  await mkdir(join(place, '..'), { recursive: true, mode: 0o700 })
  const draft = `${place}.${newId()}`
  const file = await open(draft, 'wx', 0o600)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(draft, place)
  // The name, too: the database must not know a file that a loss of power takes back.
  const folder = await open(join(place, '..'))
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** In the folder of the files: whose they are. */
export const ownerFile = 'database'

/**
 * Whether the files are of this database: of the one whose id lies there, or of nobody yet. Another database, or this one restored to an
 * earlier moment, knows nothing of files that are somebody's all the same.
 */
async function owns({ db, files, log }: Pick<AttachmentDeps, 'db' | 'files' | 'log'>): Promise<boolean> {
  const epoch = await readEpoch(db)
  const place = join(files, ownerFile)
  const owner = await readFile(place, 'utf8').catch(() => null)
  if (owner === null) {
    await mkdir(files, { recursive: true, mode: 0o700 })
    await writeFile(place, epoch, { mode: 0o600 })
    return true
  }
  if (owner.trim() === epoch) return true
  log.warn(
    { file: place },
    'the folder of attachments is another database’s, or of this one before it was restored: no file is removed from it until that file is',
  )
  return false
}

const orphanMs = 3_600_000

/**
 * Removes files that the database does not know: what was refused after it was written, and what retention has let go. Answers how many;
 * none in a folder that is not this database's.
 */
export async function sweepAttachments(
  deps: Pick<AttachmentDeps, 'db' | 'files' | 'now' | 'log'>,
): Promise<number> {
  const { db, files, now } = deps
  if (!(await owns(deps))) return 0
  let removed = 0
  for (const folder of await readdir(files).catch(() => [])) {
    const names = await readdir(join(files, folder)).catch(() => [])
    const ids = names.map((name) => name.slice(0, 36))
    const { rows } = await sql<{ name: string }>`
      select id::text || '.' || left(sha256, 16) as name from ticket_attachments where id::text = any(${ids}::text[])`.execute(
      db,
    )
    const known = new Set(rows.map(({ name }) => name))
    for (const name of names.filter((one) => !known.has(one))) {
      const path = join(files, folder, name)
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }))
      if (mtimeMs > now().getTime() - orphanMs) continue
      await rm(path, { force: true })
      removed += 1
    }
  }
  return removed
}
