import { sql } from 'kysely'
import { anyDeskRole } from '#contract/commands/command.ts'
import { askedFor, auditor, listReason, personsOf } from '../citizens/router.ts'
import { os, requireUser } from '../http/context.ts'
import { belongsTo } from '../store/query.ts'
import type { Db } from '../store/store.ts'
import { readTickets } from './rows.ts'

export function ticketsRouter(deps: { db: Db; now(): Date }) {
  const { db } = deps
  const audit = auditor(deps)
  return {
    list: os.tickets.list.handler(async ({ context, input }) => {
      const user = await requireUser(context, anyDeskRole)
      const where = belongsTo('t', input)
      const tickets = await readTickets(db, where, sql`order by t.received_at desc, t.id limit 500`)
      await audit(user.id, personsOf([...tickets, askedFor(input)]), listReason(input))
      return { tickets }
    }),
  }
}
