import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { parseJsonText, stillExample } from '#contract/json-text.ts'

export const cityRetention = fileURLToPath(new URL('../../../resources/city/retention.json', import.meta.url))

/** Null: kept for ever. */
const days = z.number().int().min(1).max(36_500).nullable()

/** How many days contents are kept, by kind of record. */
export const RetentionTerms = z.strictObject({
  /** Since they began. */
  contacts: days,
  /** Since they were closed. */
  tickets: days,
  /** Since they were to take place. */
  appointments: days,
  /** Persons whom the desks entered, since then, of whom nothing else is left. */
  citizens: days,
  /** Who looked at whom. */
  reads: days,
  /** What rows were before and after; that they changed, when and by whom stays. */
  audit: days,
  /** Of the change feed: a desk that was away for longer begins anew. */
  changeLog: z.number().int().min(1).max(3650),
})
export type RetentionTerms = z.infer<typeof RetentionTerms>

const RetentionFile = z.strictObject({
  example: z.boolean(),
  note: z.string().min(1),
  retention: RetentionTerms,
})

/** Of a city that has not said how long it keeps anything: only the change feed is cut, which names ids. */
export const keepEverything: RetentionTerms = {
  contacts: null,
  tickets: null,
  appointments: null,
  citizens: null,
  reads: null,
  audit: null,
  changeLog: 30,
}

/** Throws a `FileProblem` that names the line for one that does not parse; `own`: also for one that a city has still to look at. */
export async function loadRetention(
  file: string = cityRetention,
  { own = false } = {},
): Promise<RetentionTerms> {
  const text = await readFile(file, 'utf8')
  const { example, retention } = parseJsonText(basename(file), text, RetentionFile)
  if (own && example) throw stillExample(basename(file), text)
  return retention
}
