import { sql } from 'kysely'
import type { z } from 'zod'
import type { LegalHold, RetentionSchedule } from '#contract/crm-audit.ts'
import { Fault } from '#contract/errors.ts'
import { familyOf } from '../citizens/holds.ts'
import { survivorOf } from '../citizens/rows.ts'
import { survivingCitizen } from '../citizens/write.ts'
import { os, requireUser } from '../http/context.ts'
import type { Db } from '../store/store.ts'
import { inTransaction } from '../store/transaction.ts'
import type { Retention } from './jobs.ts'
import { countDue, counted } from './purge.ts'
import type { RetentionTerms } from './terms.ts'

type Hold = z.infer<typeof LegalHold>
type Count = {
  day: string
  kind: 'contact' | 'ticket' | 'appointment'
  topic: string
  channel: string
  outcome: string
  count: number
}

export type RetentionDeps = {
  db: Db
  /** Null: this CRM takes nothing. */
  retention: (Pick<Retention, 'nextRunAt'> & { terms: RetentionTerms }) | null
  /** What becomes of addresses and texts that were sent. */
  templates: { settings: { keepDays: number } }
}

export function retentionRouter({ db, retention, templates }: RetentionDeps) {
  const readHolds = async (): Promise<Hold[]> => {
    const { rows } = await sql<Hold>`
      select h.citizen_id as "citizenId", h.reason, u.name as "setBy", h.set_at as "setAt"
      from legal_holds h join users u on u.id = h.set_by order by h.set_at desc limit 1000`.execute(db)
    return rows
  }
  const messages = { kind: 'messages' as const, days: templates.settings.keepDays, due: null }
  return {
    schedule: os.retention.schedule.handler(async (): Promise<RetentionSchedule> => {
      if (!retention) return { nextRunAt: null, kinds: [messages] }
      const { terms } = retention
      const nextRunAt = retention.nextRunAt()
      const due = await countDue(db, terms, nextRunAt)
      const kind = (one: keyof typeof due) => ({ kind: one, days: terms[one], due: due[one] })
      return {
        nextRunAt: nextRunAt.toISOString(),
        kinds: [
          ...(['contacts', 'tickets', 'appointments', 'citizens'] as const).map(kind),
          messages,
          ...(['reads', 'audit'] as const).map(kind),
          { kind: 'changeLog', days: terms.changeLog, due: null },
        ],
      }
    }),

    holds: os.retention.holds.handler(async () => ({ holds: await readHolds() })),

    hold: os.retention.hold.handler(async ({ context, input }) => {
      const user = await requireUser(context)
      const held = await inTransaction(db, async (trx) => {
        const id = await survivingCitizen(trx, input.id)
        await sql`
          insert into legal_holds (citizen_id, reason, set_by) values (${id}, ${input.reason}, ${user.id})
          on conflict (citizen_id) do update
            set reason = excluded.reason, set_by = excluded.set_by, set_at = clock_timestamp()`.execute(trx)
        return id
      })
      const hold = (await readHolds()).find(({ citizenId }) => citizenId === held)
      if (!hold) throw new Fault('not-found', 'record-not-found')
      return hold
    }),

    release: os.retention.release.handler(async ({ input }) => {
      await inTransaction(db, async (trx) => {
        const survivor = await survivorOf(trx, input.id)
        if (survivor === null) return
        await sql`delete from legal_holds where citizen_id in (${familyOf(survivor)})`.execute(trx)
      })
      return {}
    }),

    statistics: os.retention.statistics.handler(async ({ input }) => {
      const within = sql`day between ${input.from} and ${input.to}`
      const { rows } = await sql<Count>`
        select day, kind, topic, channel, outcome, sum(count)::bigint as count from (
          select day, kind, topic, channel, outcome, count from statistics where ${within}
          union all select r.*, 1 from (${counted.contact}) r where ${within}
          union all select r.*, 1 from (${counted.ticket}) r where ${within}
          union all select r.*, 1 from (${counted.appointment}) r where ${within}
        ) s group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5`.execute(db)
      return { counts: rows }
    }),
  }
}
