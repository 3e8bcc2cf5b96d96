import { sql } from 'kysely'
import type { Sql } from '../store/query.ts'

/**
 * That closure `c` takes the time of appointment `a`, which it does until it is taken back. One that had begun before the closure had somebody at the
 * counter, unless the closure was known by then.
 */
export const isClosed: Sql = sql`(a.office_id = c.office_id and a.starts_at < least(c.ends_at, c.withdrawn_at)
  and a.ends_at > c.starts_at and c.starts_at < coalesce(c.withdrawn_at, c.ends_at)
  and a.starts_at >= least(c.starts_at, c.made_at)
  and (c.agendas is null or exists (
    select 1 from slot_seats q where q.appointment_id = a.id and q.agenda = any(c.agendas))))`
