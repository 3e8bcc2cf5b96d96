import { sql } from 'kysely'
import type { Logger } from 'pino'
import { cityZone, type Id } from '#contract/domain/ids.ts'
import type { ClosingRule, TermBook } from '#contract/domain/reply-term.ts'
import type { Db, Trx } from '../store/store.ts'
import { inTransaction } from '../store/transaction.ts'
import { announceChanges } from '../sync/changes.ts'
import { closeByItself } from './act.ts'
import { readRulebook } from './rules.ts'

const everyMs = 3_600_000
/** Not while desks come back after a restart. */
const firstAfterMs = 5 * 60_000
/** Of one transaction: so few that nobody who works on one of them waits for long. */
const batch = 50

/** Closes by itself, in whichever process comes first, what was answered and left alone: an open request is kept for ever. */
export function openClosing(db: Db, log: Logger, now: () => Date): { close(): Promise<void> } {
  const closing = new AbortController()
  let running: Promise<unknown> = Promise.resolve()
  const run = () => {
    running = closeAnswered(db, now(), closing.signal).catch((error: unknown) => {
      log.error({ err: error }, 'answered requests could not be closed')
    })
  }
  const first = setTimeout(run, firstAfterMs).unref()
  const timer = setInterval(run, everyMs).unref()
  return {
    async close() {
      clearTimeout(first)
      clearInterval(timer)
      closing.abort()
      await running
    },
  }
}

/** Those whose answer went out, and with which nothing was done since, for as long as the rules say; says how many. */
export async function closeAnswered(
  db: Db,
  now: Date,
  signal: AbortSignal = new AbortController().signal,
): Promise<number> {
  const book = await readRulebook(db)
  let closed = 0
  for (const rule of book.terms.closing ?? []) {
    for (let count = batch; count === batch && !signal.aborted; closed += count)
      count = await inTransaction(db, (trx) => closeSome(trx, rule, { book, now }))
  }
  if (closed > 0) await announceChanges(db)
  return closed
}

async function closeSome(
  trx: Trx,
  { days, validFrom, validTo }: ClosingRule,
  around: { book: TermBook; now: Date },
): Promise<number> {
  const before = sql`${new Date(around.now.getTime() - days * 86_400_000).toISOString()}::timestamptz`
  await sql`select set_config('ascolto.actor', '{"operation":"ticket-closing"}', true)`.execute(trx)
  const { rows } = await sql<{ id: Id }>`
    select t.id from tickets t
    where t.status in ('answered', 'resolved') and t.met_at < ${before}
      and (t.met_at at time zone ${sql.lit(cityZone)})::date
        between coalesce(${validFrom}::date, '-infinity') and coalesce(${validTo}::date, 'infinity')
      and not exists (select 1 from ticket_entries e where e.ticket_id = t.id and e.at >= ${before})
    order by t.met_at, t.id limit ${batch} for update of t skip locked`.execute(trx)
  for (const { id } of rows) await closeByItself(trx, id, around)
  return rows.length
}
