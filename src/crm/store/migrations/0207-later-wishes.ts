import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

/**
 * Which `sequence` an appointment got with the last wish, a move or a yes, and by which desk's command, if it was one. That nobody confirmed it in
 * time, or came, is nobody's wish. So a wish that arrives late is known to be older than what somebody was told since.
 */
export const laterWishes: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  await sql`
    alter table appointments add column wished_sequence integer not null default 0, add column wished_by uuid`.execute(
    db,
  )
  await sql`
    create function note_wish() returns trigger language plpgsql as $$
      begin
        new.wished_sequence := new.sequence;
        new.wished_by := (nullif(current_setting('ascolto.actor', true), '')::jsonb->>'command')::uuid;
        return new;
      end $$`.execute(db)
  await sql`
    create trigger appointments_wish before update of office_id, starts_at, state on appointments for each row
      when (old.sequence <> new.sequence and (old.office_id <> new.office_id or old.starts_at <> new.starts_at
        or (old.state <> new.state and new.state = 'confirmed')))
      execute function note_wish()`.execute(db)
}
