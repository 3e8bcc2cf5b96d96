import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { sql } from 'kysely'
import { ImportedCitizen } from '#contract/commands/citizen.ts'
import { type CitizenDetails, hearAnew, sameDetail } from '#contract/domain/citizen-join.ts'
import { type Id, newId } from '#contract/domain/ids.ts'
import { comparedDetails } from '#contract/domain/likeness.ts'
import { insertRows } from '../store/insert-rows.ts'
import type { Db, Trx } from '../store/store.ts'
import { inTrial } from '../store/transaction.ts'
import { announceChanges } from '../sync/changes.ts'
import { isAlikeToSomebody, lookAlone, sharingWithEntered } from './search.ts'
import { columnsOf, lockSurvivor, saveCitizen } from './write.ts'

export type ImportCount = Record<'created' | 'changed' | 'unchanged' | 'wrong', number>

export type ImportOptions = {
  /** Lines of JSON, each an `ImportedCitizen`. */
  file: string
  dryRun: boolean
  /** What is wrong with a line, without what stands in it. */
  onProblem(line: number, problem: string): void
  /** After each transaction. */
  onProgress?: (lines: number) => void
}

/** Lines of one transaction. */
const batchLines = 500
/** Of one person: what is longer is none. */
const longestLine = 65_536

type Line = { at: number; record: ImportedCitizen }

/**
 * Takes in what the registry says of its residents. By its key a person is known again: what the registry says anew is changed, and nothing that a
 * desk has corrected meanwhile. So a file may be read again, whole, whenever it broke off. A line that is wrong is told and left out.
 */
export async function importCitizens(db: Db, options: ImportOptions): Promise<ImportCount> {
  const { file, dryRun, onProblem, onProgress } = options
  const count: ImportCount = { created: 0, changed: 0, unchanged: 0, wrong: 0 }
  const wrong = (at: number, problem: string) => {
    count.wrong += 1
    onProblem(at, problem)
  }
  let batch = new Map<string, Line>()
  let lines = 0
  const write = async () => {
    if (batch.size === 0) return
    const done = await inTrial(
      db,
      (trx) => writeLines(trx, [...batch.values()]),
      () => !dryRun,
    )
    batch = new Map()
    for (const kind of ['created', 'changed', 'unchanged'] as const) count[kind] += done[kind]
    if (!dryRun && done.created + done.changed > 0) await announceChanges(db)
    onProgress?.(lines)
  }
  const input = createReadStream(file)
  try {
    for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      lines += 1
      const plain = lines === 1 ? text.replace(/^\uFEFF/, '') : text
      if (plain.trim() === '') continue
      const record = readLine(plain)
      if (typeof record === 'string') wrong(lines, record)
      else if (batch.has(record.key)) wrong(lines, `key: as in line ${batch.get(record.key)?.at}`)
      else batch.set(record.key, { at: lines, record })
      if (batch.size >= batchLines) await write()
    }
    await write()
  } finally {
    input.destroy()
  }
  return count
}

function readLine(text: string): ImportedCitizen | string {
  if (text.length > longestLine) return 'longer than a person can be'
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'not valid JSON'
  }
  const result = ImportedCitizen.safeParse(value)
  if (result.success) return result.data
  return result.error.issues.map(({ path, message }) => [...path, message].map(String).join(': ')).join('; ')
}

async function writeLines(trx: Trx, lines: readonly Line[]) {
  // Two that import the same file would both find nobody.
  await sql`select pg_advisory_xact_lock(hashtextextended('citizens import', 0))`.execute(trx)
  const keys = lines.map(({ record }) => record.key)
  const { rows } = await sql<{ key: string; citizenId: Id; record: Record<string, unknown> }>`
    select key, citizen_id as "citizenId", record from citizen_imports where key = any(${keys}::text[])`.execute(
    trx,
  )
  const known = new Map(rows.map((row) => [row.key, row]))
  // Who has left before they were ever here, or was forgotten since, does not come in.
  const fresh = lines.filter(({ record }) => !known.has(record.key) && !record.left)
  const created = await create(trx, fresh)
  const renewed: Person[] = []
  let changed = 0
  for (const { record } of lines) {
    const before = known.get(record.key)
    if (before && (await change(trx, before, record, renewed))) changed += 1
  }
  await markAlike(trx, created, renewed)
  return { created: fresh.length, changed, unchanged: lines.length - fresh.length - changed }
}

type Person = { id: Id; details: CitizenDetails }

async function create(trx: Trx, lines: readonly Line[]): Promise<Person[]> {
  if (lines.length === 0) return []
  const persons = lines.map(({ record: { key, ...said } }) => {
    const { left: _, ...details } = said
    return { key, said, details: { ...unsaid, ...details } as CitizenDetails, id: newId() }
  })
  await insertRows(
    trx,
    'citizens',
    [
      ...(['id', 'version', 'given_name', 'family_name', 'birth_date', 'fiscal_code', 'language'] as const),
      ...(['email', 'street', 'municipality', 'municipio', 'other_languages', 'other_emails'] as const),
      ...(['other_addresses', 'needs_duplicate_check', 'origin'] as const),
    ],
    persons.map(({ id, details }) => ({
      ...{ id, version: 1, needs_duplicate_check: false, origin: originOf(false) },
      ...columnsOf(details),
      other_addresses: details.otherAddresses,
    })),
  )
  await insertRows(
    trx,
    'citizen_phones',
    ['citizen_id', 'position', 'number', 'kind'],
    persons.flatMap(({ id, details }) =>
      details.phones.map((phone, position) => ({ citizen_id: id, position, ...phone })),
    ),
  )
  await insertRows(
    trx,
    'citizen_imports',
    ['key', 'citizen_id', 'record'],
    persons.map(({ key, id, said }) => ({ key, citizen_id: id, record: said })),
  )
  await insertRows(
    trx,
    'change_log',
    ['entity', 'id', 'version'],
    persons.map(({ id }) => ({ entity: 'citizen', id, version: 1 })),
  )
  return persons
}

/** Whom the registry has no more retention takes as it takes those whom desks entered. */
const originOf = (left: boolean) => (left ? 'desk' : 'registry')

const unsaid = {
  ...{ birthDate: null, fiscalCode: null, language: 'it', email: null, address: null },
  ...{ otherLanguages: [], otherEmails: [], otherAddresses: [], phones: [], identities: [] },
}

/** The registry has nobody twice; but whom it brings a desk may have entered before. `renewed`: who was there, and is not what they were. */
async function markAlike(trx: Trx, created: readonly Person[], renewed: readonly Person[]): Promise<void> {
  if (created.length + renewed.length === 0) return
  await lookAlone(trx)
  const alike: Id[] = []
  const compare = async (persons: readonly Person[], among: 'all' | 'entered') => {
    for (const { id, details } of persons)
      if (await isAlikeToSomebody(trx, { ...details, id }, among)) alike.push(id)
  }
  const sharing = await sharingWithEntered(
    trx,
    created.map(({ id }) => id),
  )
  await compare(
    created.filter(({ id }) => sharing.has(id)),
    'entered',
  )
  await compare(renewed, 'all')
  if (alike.length === 0) return
  await trx.updateTable('citizens').set({ needs_duplicate_check: true }).where('id', 'in', alike).execute()
}

/** Of somebody who turned out to be another that other is changed. Who has to be compared then is added to `renewed`. */
async function change(
  trx: Trx,
  { key, citizenId, record: before }: { key: string; citizenId: Id; record: Record<string, unknown> },
  { key: _, ...said }: ImportedCitizen,
  renewed: Person[],
): Promise<boolean> {
  const news = Object.entries(said).filter(([field, value]) => !sameDetail(before[field], value))
  if (news.length === 0) return false
  const { left, ...details } = Object.fromEntries(news) as Partial<CitizenDetails> & { left?: boolean }
  if (left !== undefined)
    await trx
      .updateTable('citizens')
      .set({ origin: originOf(left) })
      .where('id', '=', citizenId)
      .execute()
  if (Object.keys(details).length > 0) {
    const citizen = await lockSurvivor(trx, citizenId)
    const heard = hearAnew(citizen, before as Partial<CitizenDetails>, details)
    await saveCitizen(trx, citizen.id, heard)
    if (!citizen.needsDuplicateCheck && comparedDetails.some((field) => field in heard))
      renewed.push({ id: citizen.id, details: { ...citizen, ...heard } })
  }
  await trx
    .updateTable('citizen_imports')
    .set({ record: JSON.stringify({ ...before, ...said }) })
    .where('key', '=', key)
    .execute()
  return true
}
