import { sql } from 'kysely'
import { Temporal } from 'temporal-polyfill'
import type { ReadReason } from '#contract/commands/citizen.ts'
import type { CitizenRead } from '#contract/crm-audit.ts'
import { cityZone, type Id, type Instant } from '#contract/domain/ids.ts'
import { Fault } from '#contract/errors.ts'
import { type Places, type Reader, type Sql, statement } from '../store/query.ts'

type Look = { userId: string; reason: ReadReason; at: string; source: 'cache' | 'crm' }
export type Reads = Look & { citizenIds: readonly string[] }

/** Writes to the journal that somebody looked at these persons. The journal can only grow. */
export async function recordReads(db: Reader, { citizenIds, ...look }: Reads): Promise<void> {
  if (citizenIds.length === 0) return
  await looks.run(db, { ...lineOf(look), citizenIds })
}

/** What the journal says of a look, beside at whom. */
export type LineOfRead = {
  userId: Id
  at: Instant
  reasonKind: ReadReason['kind']
  reasonId: Id | null
  source: Look['source']
}

export const lineOf = ({ userId, at, reason, source }: Look): LineOfRead => ({
  ...{ userId, at, source },
  ...{ reasonKind: reason.kind, reasonId: reason.kind === 'search' ? null : reason.id },
})

/** `persons`: what has their ids, as `id`. */
export const intoJournal = (line: Places<LineOfRead>, persons: Sql): Sql => sql`
    insert into reads (citizen_id, user_id, at, reason_kind, reason_id, source)
    select id, ${line.userId}::uuid, ${line.at}::timestamptz, ${line.reasonKind}::text, ${line.reasonId}::uuid, ${line.source}::text
    from ${persons}`

const looks = statement((values: Places<LineOfRead & { citizenIds: readonly Id[] }>) =>
  intoJournal(values, sql`unnest(${values.citizenIds}::uuid[]) x(id)`),
)

type AskedReason = { reasonKind: 'call' | 'ticket' | 'search'; reasonId?: string | undefined }

export function toReason({ reasonKind, reasonId }: AskedReason): ReadReason {
  if (reasonKind === 'search') return { kind: 'search' }
  if (reasonId === undefined) throw new Fault('invalid', 'input-invalid', { params: { field: 'reasonId' } })
  return { kind: reasonKind, id: reasonId }
}

/** Of a line of `reads`. A desk writes down why it looked before the CRM has heard of the call, so the reason is checked when somebody asks. */
const reasonKnown = sql<boolean>`
  reads.reason_id is null or case reads.reason_kind
    when 'call' then exists (select 1 from contacts k where k.id = reads.reason_id)
    else exists (select 1 from tickets t where t.id = reads.reason_id) end
  or exists (select 1 from audit_changes m where m.row_id = reads.reason_id::text
    and m.what = case reads.reason_kind when 'call' then 'contacts' else 'tickets' end)`

/**
 * Under which ids a person was looked at, and when: under their own and those of who turned out to be them at any time; under that of whoever they
 * were one with for as long as they were, for who looked at the one looked at both.
 */
const idsOf = (citizenId: Id): Sql => sql`
  with recursive they (id, is_them, since, until) as (
    select ${citizenId}::uuid, true, '-infinity'::timestamptz, 'infinity'::timestamptz
    union
    select o.id, o.is_them, case when o.is_them then t.since else greatest(t.since, o.made_at) end,
      case when o.is_them then t.until else least(t.until, o.undone_at) end
    from they t cross join lateral (
      select m.merged_id as id, t.is_them and m.undone_at is null as is_them, m.made_at, m.undone_at
      from citizen_merges m where m.citizen_id = t.id
      union all
      select m.citizen_id, false, m.made_at, m.undone_at from citizen_merges m where m.merged_id = t.id
    ) o
    where o.is_them or greatest(t.since, o.made_at) < least(t.until, o.undone_at)
  ) select id, since, until from they`

/** `named`: what its reason names, as the person knows it: the protocol number of a request, when a contact began. Null where it is there no more. */
type NamedRead = CitizenRead & { named: { protocol: string } | { startedAt: Instant } | null }

/** Who looked at a person, newest first: the latest so many, or all. */
export async function readsOf(db: Reader, citizenId: Id, latest: number | 'all'): Promise<NamedRead[]> {
  const rows = await db
    .selectFrom('reads')
    .innerJoin('users', 'users.id', 'reads.user_id')
    .select(['reads.at', 'users.name', 'reads.reason_kind', 'reads.reason_id', 'reads.source'])
    .select(reasonKnown.as('reasonKnown'))
    .select([
      sql<string | null>`(select t.protocol from tickets t
        where t.id = reads.reason_id and reads.reason_kind = 'ticket')`.as('protocol'),
      sql<Instant | null>`(select k.started_at from contacts k
        where k.id = reads.reason_id and reads.reason_kind = 'call')`.as('startedAt'),
    ])
    .where(
      sql<boolean>`reads.id in (
        select r.id from (${idsOf(citizenId)}) t join reads r on r.citizen_id = t.id and r.at >= t.since and r.at < t.until)`,
    )
    .orderBy('reads.at', 'desc')
    .orderBy('reads.id', 'desc')
    .$if(latest !== 'all', (query) => query.limit(Number(latest)))
    .execute()
  return rows.map((row) => ({
    at: row.at,
    userName: row.name,
    reason: toReason({ reasonKind: row.reason_kind, reasonId: row.reason_id ?? undefined }),
    reasonKnown: row.reasonKnown,
    from: row.source,
    named:
      row.protocol !== null
        ? { protocol: row.protocol }
        : row.startedAt !== null
          ? { startedAt: row.startedAt }
          : null,
  }))
}

const reportWords = {
  it: {
    head: ['Quando', 'Chi', 'Motivo', 'Riferimento'],
    call: 'Contatto',
    ticket: 'Richiesta',
    search: 'Ricerca',
    began: 'del',
    gone: 'non più conservato',
    unknown: 'non risulta',
  },
  en: {
    head: ['When', 'Who', 'Reason', 'Reference'],
    call: 'Contact',
    ticket: 'Request',
    search: 'Search',
    began: 'of',
    gone: 'not kept any more',
    unknown: 'not on record',
  },
}

/** CSV (RFC 4180) in the city's time; a cell is never a formula to whoever opens it in a spreadsheet. */
export function readsReport(reads: readonly NamedRead[], language: 'it' | 'en'): File {
  const words = reportWords[language]
  const when = (at: Instant) =>
    Temporal.Instant.from(at)
      .toZonedDateTimeISO(cityZone)
      .toPlainDateTime()
      .toString({ smallestUnit: 'minute' })
      .replace('T', ' ')
  const cell = (text: string) => `"${text.replace(/^[=+\-@\t\r]/, "'$&").replaceAll('"', '""')}"`
  const reference = ({ reason, reasonKnown, named }: NamedRead): string => {
    if (reason.kind === 'search') return ''
    if (named) return 'protocol' in named ? named.protocol : `${words.began} ${when(named.startedAt)}`
    // Who asks cannot be told more than the number by which the journal names it.
    return reasonKnown ? words.gone : `${reason.id} (${words.unknown})`
  }
  const lines = reads.map((read) => [when(read.at), read.userName, words[read.reason.kind], reference(read)])
  const text = [words.head, ...lines].map((line) => `${line.map(cell).join(',')}\r\n`).join('')
  return new File([`\uFEFF${text}`], 'accessi.csv', { type: 'text/csv' })
}
