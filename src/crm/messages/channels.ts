import { sql } from 'kysely'
import { MessageChannel } from '#contract/domain/message.ts'
import type { Db } from '../store/store.ts'
import { inTransaction } from '../store/transaction.ts'
import { announceChanges, appendChange } from '../sync/changes.ts'
import type { Sends } from './ports.ts'

/** Tells the desks whose messages leave this CRM; what they know already is not written. Processes on one database are configured alike. */
export async function tellChannels(db: Db, sends: Sends): Promise<void> {
  const changed = await inTransaction(db, async (trx) => {
    const rows = MessageChannel.options.map((id) => ({ id, body: { leaves: sends(id) } }))
    const { rows: written } = await sql<{ id: MessageChannel; version: number }>`
      insert into message_channels as c (id, body)
        select x.id, x.body from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as x(id text, body jsonb)
      on conflict (id) do update set body = excluded.body, version = c.version + 1 where c.body <> excluded.body
      returning id, version`.execute(trx)
    for (const { id, version } of written) await appendChange(trx, 'channel', id, version)
    return written.length > 0
  })
  if (changed) await announceChanges(db)
}
