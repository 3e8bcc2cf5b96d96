import { sql } from 'kysely'
import { Temporal } from 'temporal-polyfill'
import type { ReadReason } from '#contract/commands/citizen.ts'
import { cityZone, type Id, type Instant } from '#contract/domain/ids.ts'
import { Fault } from '#contract/errors.ts'
import { prepared, type Reader, type Sql } from '../store/query.ts'

type Look = { userId: string; reason: ReadReason; at: string; source: 'cache' | 'crm' }
export type Reads = Look & { citizenIds: readonly string[] }

/** Writes to the journal that somebody looked at these persons. The journal can only grow. */
export async function recordReads(db: Reader, { citizenIds, ...look }: Reads): Promise<void> {
  if (citizenIds.length === 0) return
  await sql`${intoJournal(look, sql`unnest(${[...citizenIds]}::uuid[]) x(id)`)} ${prepared}`.execute(db)
}

/** `persons`: what has their ids, as `id`. */
export const intoJournal = ({ userId, reason, at, source }: Look, persons: Sql): Sql => sql`
    insert into reads (citizen_id, user_id, at, reason_kind, reason_id, source)
    select id, ${userId}::uuid, ${at}::timestamptz, ${reason.kind}::text, ${reason.kind === 'search' ? null : reason.id}::uuid, ${source}::text
    from ${persons}`

type AskedReason = { reasonKind: 'call' | 'ticket' | 'search'; reasonId?: string | undefined }

export function toReason({ reasonKind, reasonId }: AskedReason): ReadReason {
  if (reasonKind === 'search') return { kind: 'search' }
  if (reasonId === undefined) throw new Fault('invalid', 'input-invalid', { params: { field: 'reasonId' } })
  return { kind: reasonKind, id: reasonId }
}

type Read = { at: Instant; userName: string; reason: ReadReason; from: 'cache' | 'crm' }

/** Who looked at a person, or at somebody who turned out to be them, newest first: the latest so many, or all. */
export async function readsOf(db: Reader, citizenId: Id, latest: number | 'all'): Promise<Read[]> {
  const rows = await db
    .selectFrom('reads')
    .innerJoin('users', 'users.id', 'reads.user_id')
    .select(['reads.at', 'users.name', 'reads.reason_kind', 'reads.reason_id', 'reads.source'])
    .where(
      'reads.citizen_id',
      'in',
      sql<string>`(with recursive they as (
        select ${citizenId}::uuid as id union select c.id from citizens c join they t on c.merged_into = t.id
      ) select id from they)`,
    )
    .orderBy('reads.at', 'desc')
    .orderBy('reads.id', 'desc')
    .$if(latest !== 'all', (query) => query.limit(Number(latest)))
    .execute()
  return rows.map((row) => ({
    at: row.at,
    userName: row.name,
    reason: toReason({ reasonKind: row.reason_kind, reasonId: row.reason_id ?? undefined }),
    from: row.source,
  }))
}

const reportWords = {
  it: {
    head: ['Quando', 'Chi', 'Motivo', 'Riferimento'],
    call: 'Contatto',
    ticket: 'Richiesta',
    search: 'Ricerca',
  },
  en: { head: ['When', 'Who', 'Reason', 'Reference'], call: 'Contact', ticket: 'Request', search: 'Search' },
}

/** CSV (RFC 4180) in the city's time; a cell is never a formula to whoever opens it in a spreadsheet. */
export function readsReport(reads: readonly Read[], language: 'it' | 'en'): File {
  const words = reportWords[language]
  const when = (at: Instant) =>
    Temporal.Instant.from(at)
      .toZonedDateTimeISO(cityZone)
      .toPlainDateTime()
      .toString({ smallestUnit: 'minute' })
  const cell = (text: string) => `"${text.replace(/^[=+\-@\t\r]/, "'$&").replaceAll('"', '""')}"`
  const lines = reads.map(({ at, userName, reason }) => [
    ...[when(at).replace('T', ' '), userName, words[reason.kind]],
    reason.kind === 'search' ? '' : reason.id,
  ])
  const text = [words.head, ...lines].map((line) => `${line.map(cell).join(',')}\r\n`).join('')
  return new File([`\uFEFF${text}`], 'accessi.csv', { type: 'text/csv' })
}
