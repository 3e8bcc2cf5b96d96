import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Id } from '#contract/domain/ids.ts'
import { isId } from '#contract/domain/ids.ts'
import { LineRecord, type LineRecordSummary, type LineView } from '#contract/domain/line-record.ts'
import { Fault } from '#contract/errors.ts'
import { writeNewFile } from '../new-file.ts'
import { Signal } from './latest.ts'
import type { Parts } from './parts.ts'
import { desk } from './rpc.ts'

type Lines = { lines: LineView[] }

/** The newest view of each line. */
export function mergeLines(waiting: Lines, next: Lines): Lines {
  const told = new Set(next.lines.map((line) => line.callId))
  return { lines: [...waiting.lines.filter((line) => !told.has(line.callId)).slice(-16), ...next.lines] }
}

export class LineBoard {
  readonly #signal = new Signal<Lines>(mergeLines)
  readonly #phone: Parts['phone']
  readonly #stop: () => void

  constructor(phone: Parts['phone']) {
    this.#phone = phone
    this.#stop = phone.on('line', (view) => this.#signal.emit({ lines: [view] }))
  }

  watch(signal: AbortSignal | undefined): AsyncIteratorObject<Lines, undefined, unknown> {
    return this.#signal.watch(signal, { lines: this.#phone.lines() })
  }

  close(): void {
    this.#stop()
    this.#signal.close()
  }
}

const maxRecords = 20
const maxAgeMs = 30 * 24 * 3_600_000

/** Records of bad lines as files that somebody can take to who looks after the network: few, and none for long. */
export class LineRecords {
  readonly #folder: string
  readonly #now: () => Date

  constructor(folder: string, now: () => Date) {
    this.#folder = folder
    this.#now = now
  }

  /** Resolves with the file's path once it is on disk. */
  async write(record: LineRecord): Promise<string> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    // What is not of the schema is not written.
    const text = JSON.stringify(LineRecord.parse(record))
    const path = this.#path(record.id)
    await writeNewFile(path, text)
    await this.prune()
    return path
  }

  /** Rejects with `not-found: record-not-found`. */
  async read(recordId: Id): Promise<LineRecord> {
    const text = await readFile(this.#path(recordId), 'utf8').catch(() => null)
    const parsed = text === null ? null : LineRecord.safeParse(parse(text))
    if (!parsed?.success) throw new Fault('not-found', 'record-not-found')
    return parsed.data
  }

  /** Newest first; files that are no records are passed over. */
  async list(): Promise<LineRecordSummary[]> {
    const records = await Promise.all(
      (await this.#ids()).map((recordId) => this.read(recordId).catch(() => null)),
    )
    return records
      .filter((record) => record !== null)
      .map(({ id, madeAt, startedAt, endedAt, practice, score, verdict }) => ({
        id,
        madeAt,
        startedAt,
        endedAt,
        practice,
        score,
        blame: verdict.blame,
      }))
      .toSorted((a, b) => (a.madeAt < b.madeAt ? 1 : -1))
  }

  /** Takes away what is too old or too much. */
  async prune(): Promise<void> {
    const oldest = this.#now().getTime() - maxAgeMs
    const kept = await this.list()
    const goes = kept.filter(({ madeAt }, at) => at >= maxRecords || Date.parse(madeAt) < oldest)
    for (const { id } of goes) await rm(this.#path(id), { force: true })
  }

  async #ids(): Promise<Id[]> {
    const files = await readdir(this.#folder).catch(() => [])
    return files
      .filter((file) => file.endsWith('.json'))
      .map((file) => file.slice(0, -5))
      .filter(isId)
  }

  #path(recordId: Id): string {
    return join(this.#folder, `${recordId}.json`)
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

export const lineService = (
  board: LineBoard,
  records: LineRecords,
  { phone, session }: Pick<Parts, 'phone' | 'session'>,
) => ({
  watch: desk.line.watch.handler(({ signal }) => board.watch(signal)),
  keep: desk.line.keep.handler(async ({ input }) => {
    session.user()
    const record = phone.lineRecord(input.callId)
    if (!record) throw new Fault('not-found', 'record-not-found')
    return { recordId: record.id, path: await records.write(record) }
  }),
  kept: desk.line.kept.handler(async () => {
    session.user()
    await records.prune()
    return { records: await records.list() }
  }),
  read: desk.line.read.handler(({ input }) => {
    session.user()
    return records.read(input.recordId)
  }),
})
