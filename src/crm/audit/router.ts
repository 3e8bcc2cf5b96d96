import { sql } from 'kysely'
import type { AuditEntry } from '#contract/crm-audit.ts'
import { auditor } from '../citizens/router.ts'
import { os, requireUser } from '../http/context.ts'
import type { Db } from '../store/store.ts'

export const auditRouter = ({ db, now }: { db: Db; now(): Date }) => ({
  list: os.audit.list.handler(async ({ context, input }) => {
    const user = await requireUser(context)
    const conditions = [
      sql`true`,
      ...(input.before === undefined ? [] : [sql`e.id < ${input.before}`]),
      ...(input.userId === undefined ? [] : [sql`e.user_id = ${input.userId}`]),
      ...(input.by === 'everybody'
        ? []
        : [sql`e.user_id in (select id from users where roles && array['supervisor', 'administrator'])`]),
      ...(input.rowId === undefined
        ? []
        : [sql`e.id in (select entry_id from audit_changes where row_id = ${input.rowId})`]),
      ...(input.citizenId === undefined
        ? []
        : [sql`e.id in (select entry_id from audit_changes where citizen_id = ${input.citizenId})`]),
    ]
    const { rows } = await sql<AuditEntry>`
      select e.id, e.at, e.operation, e.user_id as "userId", u.name as "userName", e.device_id as "deviceId",
        e.command_id as "commandId", e.request_id as "requestId",
        coalesce((select jsonb_agg(jsonb_build_object('what', c.what, 'rowId', c.row_id, 'did', c.did, 'before', c.before,
          'after', c.after, 'purgedAt', to_char(c.purged_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) order by c.id)
          from (select * from audit_changes where entry_id = e.id order by id limit 500) c), '[]') as changes
      from audit_entries e left join users u on u.id = e.user_id
      where ${sql.join(conditions, sql` and `)} order by e.id desc limit ${input.limit}`.execute(db)
    // What persons were before and after is told too, and so it is a read of each of them.
    const { rows: told } = await sql<{ id: string }>`
      select c.id from citizens c where c.id in (
        select citizen_id from audit_changes where entry_id = any(${rows.map(({ id }) => id)}::bigint[])
          and (before is not null or after is not null))`.execute(db)
    await auditor({ db, now })(user.id, told, { kind: 'search' })
    return { entries: rows }
  }),
})
