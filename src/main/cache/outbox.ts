import type { Logger } from 'pino'
import { z } from 'zod'
import type { CommandAuthor } from '#contract/commands/command.ts'
import {
  CommandEnvelope,
  CommandRequest,
  type CommandResult,
  commands,
  creationsOf,
  dependenciesOf,
} from '#contract/commands/registry.ts'
import { OutboxEntry, type SystemTruth, undecidedSince } from '#contract/desk.ts'
import { Role } from '#contract/domain/agent.ts'
import { Id, Instant, newId } from '#contract/domain/ids.ts'
import { Fault, FaultData } from '#contract/errors.ts'
import type { Stream } from './model.ts'
import type { ProjectedCommand } from './projection.ts'
import { fromJson } from './rows.ts'
import type { Sqlite } from './sqlite.ts'

type StreamRow = { stream_id: string; user_id: string; registered: number; replaces: string | null }
type CommandRow = {
  seq: number
  stream_id: string
  n: number
  id: string
  name: string
  args: string
  author: string
  at: string
  contact_id: string | null
  state: string
  fault: string | null
}
/** `shown`: the state as an operator is told it. */
type ShownRow = CommandRow & { shown: string }

/** What every list of commands selects; written out, so that a column added later changes no reader. */
const columns = 'seq, stream_id, n, id, name, args, author, at, contact_id, state, fault'

const Author = z.object({
  user: z.object({ id: Id, name: z.string(), roles: z.array(Role) }),
  at: Instant,
})

/** Of a stream that was replaced only the unfinished commands go along, so that whose a command is stands in itself. */
const authorId = "CASE WHEN json_valid(author) THEN json_extract(author, '$.user.id') END"

/** A command as it lies on this disk, readable by this program. */
export type OutboxCommand = ProjectedCommand & { id: Id }

/** Commands and streams in `outbox.db`. Accepting and settling commit before they return. */
export interface Outbox {
  /** `alongside` runs in the same transaction. `within`: the contact in which those were issued that do not name one themselves. */
  accept(
    author: CommandAuthor,
    requests: readonly CommandRequest[],
    alongside?: () => void,
    within?: Id,
  ): OutboxCommand[]
  /** Pending and sent ones: those whose effect may have to be shown. */
  live(): OutboxCommand[]
  entries(userId: Id | null): OutboxEntry[]
  opens(contactId: Id): boolean
  counts(userId: Id | null): SystemTruth['outbox']
  dismiss(userId: Id, commandId: Id): void
  stream(userId: Id): Stream
  streams(): Stream[]
  markRegistered(streamId: Id): void
  /** `unknown`: the CRM does not know the stream that is replaced as one of this device. */
  replaceStream(streamId: Id, replacement: Id, predecessor: 'known' | 'unknown'): Stream
  /** How many unfinished commands of a stream have a number up to `n`. */
  unfinishedUpTo(streamId: Id, n: number): number
  /** `over`: the `seq` of those that were found unreadable and given up, their dependants with them. */
  unsent(streamId: Id, limit: number): { envelopes: CommandEnvelope[]; over: number[] }
  /** Answers the `seq` of those that will have no effect. */
  settle(streamId: Id, results: readonly CommandResult[]): number[]
  fail(streamId: Id, n: number, result: CommandResult): number[]
  /** Drop what the CRM has answered and the cache durably holds, and of which nothing is to be read; answers whether there was any. */
  prune(streamId: Id, appliedN: number): boolean
}

export function openOutbox(db: Sqlite, log: Logger, now: () => Date): Outbox {
  const streamOf = db.query<StreamRow>(
    'SELECT stream_id, user_id, registered, replaces FROM stream WHERE user_id = ?',
  )
  const streamById = db.query<StreamRow>(
    'SELECT stream_id, user_id, registered, replaces FROM stream WHERE stream_id = ?',
  )
  const allStreams = db.query<StreamRow>(
    'SELECT stream_id, user_id, registered, replaces FROM stream ORDER BY rowid',
  )
  const addStream = db.query(
    'INSERT INTO stream (stream_id, user_id, registered, next_n) VALUES (?, ?, 0, 1)',
  )
  const registered = db.query('UPDATE stream SET registered = 1, replaces = NULL WHERE stream_id = ?')
  const renameStream = db.query(
    'UPDATE stream SET stream_id = ?, registered = 0, next_n = ?, replaces = ? WHERE stream_id = ?',
  )
  const nextN = db.query<{ n: number }>(
    `SELECT max(next_n, coalesce((SELECT max(n) + 1 FROM command WHERE command.stream_id = stream.stream_id), 1)) AS n
     FROM stream WHERE stream_id = ?`,
  )
  /** Before commands are deleted: numbers are never given twice. */
  const keepN = db.query('UPDATE stream SET next_n = ? WHERE stream_id = ?')
  const addCommand = db.query(
    `INSERT INTO command (seq, stream_id, n, id, name, args, author, at, contact_id, state)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending')`,
  )
  const highest = db.query<{ seq: number }>('SELECT coalesce(max(seq), 0) AS seq FROM command')
  const live = db.query<CommandRow>(
    `SELECT ${columns} FROM command WHERE state IN ('pending', 'sent') ORDER BY seq`,
  )
  const opening = db.query<{ n: number }>(
    `SELECT n FROM command WHERE name = 'contact.open' AND contact_id = ? LIMIT 1`,
  )
  const one = db.query<CommandRow>(`SELECT ${columns} FROM command WHERE stream_id = ? AND n = ?`)
  /** Applied, and something is to be known of it: it stays until that was read. */
  const shownState = `CASE WHEN state = 'sent' AND fault IS NOT NULL THEN 'noted' ELSE state END`
  const shown = `SELECT ${columns}, ${shownState} AS shown FROM command`
  const all = db.query<ShownRow>(`${shown} ORDER BY seq`)
  const allOf = db.query<ShownRow>(`${shown} WHERE ${authorId} = ? ORDER BY seq`)
  const pending = db.query<CommandRow>(
    `SELECT ${columns} FROM command WHERE state = 'pending' AND stream_id = ? ORDER BY n LIMIT ?`,
  )
  const pendingAfter = db.query<CommandRow>(
    `SELECT ${columns} FROM command WHERE state = 'pending' AND seq > ? ORDER BY seq`,
  )
  const unfinished = db.query<{ n: number }>(
    `SELECT n FROM command WHERE stream_id = ? AND state IN ('pending', 'sent') ORDER BY n`,
  )
  const renumber = db.query(
    `UPDATE command SET stream_id = ?, n = ?, state = 'pending' WHERE stream_id = ? AND n = ?`,
  )
  const byPlace = db.query<{ seq: number; state: string }>(
    'SELECT seq, state FROM command WHERE stream_id = ? AND n = ? AND id = ?',
  )
  const setState = db.query('UPDATE command SET state = ?, fault = ? WHERE stream_id = ? AND n = ?')
  const counts = db.query<{ state: string; mine: number; count: number }>(
    `SELECT ${shownState} AS state, coalesce(${authorId} = ?, 0) AS mine, count(1) AS count FROM command GROUP BY 1, 2`,
  )
  const placeOf = db.query<{ stream_id: string; n: number; state: string }>(
    `SELECT stream_id, n, ${shownState} AS state FROM command WHERE id = ? AND ${authorId} = ?`,
  )
  const old = db.query<{ stream_id: string; n: number }>(
    `SELECT stream_id, n FROM command WHERE ${shownState} IN ('refused', 'failed', 'noted') AND at < ?`,
  )
  const drop = db.query('DELETE FROM command WHERE stream_id = ? AND n = ?')
  const oneAnswered = db.query<{ n: number }>(
    `SELECT n FROM command WHERE state = 'sent' AND fault IS NULL AND stream_id = ? AND n <= ? LIMIT 1`,
  )
  const dropAnswered = db.query(
    `DELETE FROM command WHERE state = 'sent' AND fault IS NULL AND stream_id = ? AND n <= ?`,
  )

  const ensureStream = (userId: Id): Stream => {
    const found = streamOf.get(userId)
    if (found) return streamFrom(found)
    const streamId = newId()
    addStream.run(streamId, userId)
    return { streamId, userId, registered: false, replaces: null }
  }

  const readable = (row: CommandRow): OutboxCommand | undefined => {
    const request = CommandRequest.safeParse({ name: row.name, args: fromJson(row.args) })
    const author = Author.safeParse(fromJson(row.author))
    if (request.success && author.success)
      return {
        seq: row.seq,
        streamId: row.stream_id,
        n: row.n,
        id: row.id,
        request: request.data,
        author: author.data,
      }
    log.error({ commandId: row.id, name: row.name }, 'command in the outbox cannot be shown')
    return undefined
  }

  const readableAll = (rows: readonly CommandRow[]) => rows.map(readable).filter((row) => row !== undefined)

  const end = (
    { streamId, n }: { streamId: Id; n: number },
    state: 'refused' | 'failed',
    fault: FaultData | null,
  ) => void setState.run(state, JSON.stringify(fault ?? unexplained), streamId, n)

  const keepNumbers = (streamId: Id) => {
    const next = nextN.get(streamId)
    if (next) keepN.run(next.n, streamId)
  }
  /** What was refused and nobody has decided about for so long, its author gone or not. */
  const age = () => {
    const over = old.all(undecidedSince(now()))
    for (const streamId of new Set(over.map((row) => row.stream_id))) keepNumbers(streamId)
    for (const { stream_id, n } of over) drop.run(stream_id, n)
  }
  db.transaction(age)
  let lastSeq = highest.get()?.seq ?? 0

  /** Fails a command and, since they can come to nothing, those behind it that need what it would have made. */
  const failWith = (failed: CommandRow, fault: FaultData | null): number[] => {
    end({ streamId: failed.stream_id, n: failed.n }, 'failed', fault)
    const over = [failed.seq]
    const missing = new Set<Id>(wouldCreate(failed, readable(failed)))
    for (const row of readableAll(pendingAfter.all(failed.seq))) {
      if (!dependenciesOf(row.request).some((id) => missing.has(id))) continue
      for (const id of creationsOf(row.request)) missing.add(id)
      end(row, 'failed', fault)
      over.push(row.seq)
    }
    return over
  }

  return {
    accept(author, requests, alongside, within) {
      const checked = requests.map((request) => checkedRequest(request))
      return db.transaction(() => {
        age()
        const { streamId } = ensureStream(author.user.id)
        const next = nextN.get(streamId)?.n ?? 1
        const user = { id: author.user.id, name: author.user.name, roles: author.user.roles }
        const authorJson = JSON.stringify({ user, at: author.at })
        const accepted = checked.map((request, i): OutboxCommand => {
          const n = next + i
          const id = newId()
          lastSeq += 1
          addCommand.run(
            lastSeq,
            streamId,
            n,
            id,
            request.name,
            JSON.stringify(request.args),
            authorJson,
            author.at,
            contactOf(request) ?? within ?? null,
          )
          return { seq: lastSeq, streamId, n, id, request, author: { user, at: author.at } }
        })
        alongside?.()
        return accepted
      })
    },

    live: () => readableAll(live.all()),
    opens: (contactId) => opening.get(contactId) !== undefined,

    entries(userId) {
      const entries: OutboxEntry[] = []
      for (const row of userId === null ? all.all() : allOf.all(userId)) {
        const command = readable(row)
        if (!command) continue
        const entry = OutboxEntry.safeParse({
          commandId: row.id,
          request: command.request,
          at: row.at,
          contactId: row.contact_id,
          authorName: command.author.user.name,
          state: row.shown,
          fault: row.fault === null ? null : (fromJson(row.fault) ?? unexplained),
        })
        if (entry.success) entries.push(entry.data)
        else log.error({ commandId: row.id }, 'entry of the outbox cannot be shown')
      }
      return entries
    },

    counts(userId) {
      const found = { pending: 0, refused: 0, others: 0, othersRefused: 0 }
      for (const { state, mine, count } of counts.all(userId)) {
        if (state === 'sent') continue
        const [waits, refused] = mine
          ? (['pending', 'refused'] as const)
          : (['others', 'othersRefused'] as const)
        found[state === 'pending' ? waits : refused] += count
      }
      return found
    },

    dismiss(userId, commandId) {
      db.transaction(() => {
        const place = placeOf.get(commandId, userId)
        if (!place) throw new Fault('not-found', 'record-not-found')
        // Its rows may not have come yet: it goes with them.
        if (place.state === 'noted') return void setState.run('sent', null, place.stream_id, place.n)
        if (place.state !== 'refused' && place.state !== 'failed')
          throw new Fault('conflict', 'input-invalid')
        keepNumbers(place.stream_id)
        drop.run(place.stream_id, place.n)
      })
    },

    stream: (userId) => db.transaction(() => ensureStream(userId)),
    streams: () => allStreams.all().map(streamFrom),
    markRegistered: (streamId) => void registered.run(streamId),

    /**
     * Commands keep their ids: the CRM may have applied some under the stream that is replaced, and answers an id
     * that it knows with what became of it then. Refused and failed ones stay where they ended.
     */
    replaceStream(streamId, replacement, predecessor) {
      return db.transaction(() => {
        const old = streamById.get(streamId)
        if (!old) throw new Fault('not-found', 'record-not-found')
        const rows = unfinished.all(streamId)
        // The one that the CRM knows stays the predecessor until the replacement is registered.
        const known = old.registered ? streamId : old.replaces
        const replaces = predecessor === 'known' ? known : null
        renameStream.run(replacement, rows.length + 1, replaces, streamId)
        for (const [i, { n }] of rows.entries()) renumber.run(replacement, i + 1, streamId, n)
        return { streamId: replacement, userId: old.user_id, registered: false, replaces }
      })
    },

    unfinishedUpTo: (streamId, upTo) => unfinished.all(streamId).filter(({ n }) => n <= upTo).length,

    unsent(streamId, limit) {
      const envelopes: CommandEnvelope[] = []
      const over: number[] = []
      for (const row of pending.all(streamId, limit)) {
        if (over.includes(row.seq)) continue
        const { n, id, at, name } = row
        const args = fromJson(row.args)
        const envelope = CommandEnvelope.safeParse({ n, id, at, name, args })
        if (envelope.success && args !== undefined) {
          envelopes.push(envelope.data)
          continue
        }
        // Of another version of the program, or damaged: those behind it must not wait for it.
        log.error({ commandId: id, name }, 'a command cannot be read and is given up')
        const fault = new Fault('invalid', 'input-invalid').toData()
        over.push(...db.transaction(() => failWith(row, fault)))
      }
      return { envelopes, over }
    },

    settle(streamId, results) {
      return db.transaction(() => {
        const over: number[] = []
        for (const result of results) {
          const found = byPlace.get(streamId, result.n, result.id)
          if (found?.state !== 'pending') continue
          if (result.status === 'applied') {
            const { fault } = result
            setState.run('sent', fault && JSON.stringify(fault), streamId, result.n)
          } else {
            end({ streamId, n: result.n }, result.status, result.fault)
            over.push(found.seq)
          }
        }
        return over
      })
    },

    fail(streamId, n, result) {
      return db.transaction(() => {
        const failed = one.get(streamId, n)
        return failed?.id === result.id && failed.state === 'pending' ? failWith(failed, result.fault) : []
      })
    },

    prune(streamId, appliedN) {
      if (!oneAnswered.get(streamId, appliedN)) return false
      db.transaction(() => {
        keepNumbers(streamId)
        dropAnswered.run(streamId, appliedN)
      })
      return true
    },
  }
}

export const envelopeOf = (command: OutboxCommand): CommandEnvelope => ({
  n: command.n,
  id: command.id,
  at: command.author.at,
  name: command.request.name,
  args: command.request.args,
})

/** What a command would have made. Of one that cannot be read: what every command that makes something calls `id`, and its contact. */
function wouldCreate(row: CommandRow, command: OutboxCommand | undefined): readonly Id[] {
  if (command) return creationsOf(command.request)
  const made = z.object({ id: Id }).safeParse(fromJson(row.args))
  return [
    ...(made.success ? [made.data.id] : []),
    ...(row.name === 'contact.open' && row.contact_id !== null ? [row.contact_id] : []),
  ]
}

const unexplained = FaultData.parse({ kind: 'internal', code: 'unexpected' })

const streamFrom = (row: StreamRow): Stream => ({
  streamId: row.stream_id,
  userId: row.user_id,
  registered: row.registered === 1,
  replaces: row.replaces,
})

/** What is accepted must be readable again: checked before it is on disk. */
function checkedRequest(request: CommandRequest): CommandRequest {
  const args = commands[request.name].args.safeParse(request.args)
  if (!args.success) throw new Fault('invalid', 'input-invalid', { cause: args.error })
  return { name: request.name, args: args.data } as CommandRequest
}

function contactOf(request: CommandRequest): Id | null {
  if (request.name === 'contact.open') return request.args.id
  if (request.name === 'citizen.read')
    return request.args.reason.kind === 'call' ? request.args.reason.id : null
  return 'contactId' in request.args ? request.args.contactId : null
}
