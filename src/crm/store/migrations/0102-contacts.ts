import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Database } from '../schema.ts'

/** Contacts of every channel, on whose behalf, how the line was, and what was tried before. */
export const contactsOfEveryChannel: Migration = { up }

async function up(db: Kysely<Database>): Promise<void> {
  await sql`
    alter table contacts
      drop constraint contacts_channel_check,
      add constraint contacts_channel_check check (channel in
        ('phone', 'web-form', 'email', 'chat', 'whatsapp', 'counter', 'letter')),
      drop constraint contacts_tried_before_check,
      add constraint contacts_tried_before_check check (cardinality(tried_before) <= 4 and tried_before <@
        array['office', 'website', 'web-search', 'call', 'whatsapp', 'newsstand', 'fascicolo', 'nothing']),
      add column tried_detail text not null default '' check (length(tried_detail) <= 200),
      add column on_behalf_of uuid references citizens,
      add column line_score double precision check (line_score between 1 and 5)`.execute(db)
  await sql`create index contacts_on_behalf on contacts (on_behalf_of) where on_behalf_of is not null`.execute(
    db,
  )
}
