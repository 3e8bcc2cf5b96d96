import { sql } from 'kysely'
import type { Trx } from '../store/store.ts'

/** The seats of every slot, with those who have one already on theirs. */
export async function insertSeats(
  trx: Trx,
  taken: readonly { slot_id: string; seat: number; appointment_id: string }[],
): Promise<void> {
  await sql`
    insert into slot_seats (slot_id, seat, office_id, agenda, starts_at, appointment_id)
      select s.id, g.seat, s.office_id, s.agenda, s.starts_at, x.appointment_id
      from slots s cross join lateral generate_series(1, s.capacity) g (seat)
      left join jsonb_to_recordset(${JSON.stringify(taken)}::jsonb) as x(slot_id uuid, seat integer, appointment_id uuid)
        on x.slot_id = s.id and x.seat = g.seat`.execute(trx)
}
