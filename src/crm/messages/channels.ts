import { sql } from 'kysely'
import { MessageChannel } from '#contract/domain/message.ts'
import type { Db } from '../store/store.ts'
import { inTransaction } from '../store/transaction.ts'
import { announceChanges, appendChange } from '../sync/changes.ts'
import type { Sends } from './ports.ts'

/** Tells the desks whose messages leave this CRM; what they know already is not written. Processes on one database are configured alike. */
export async function tellChannels(db: Db, sends: Sends): Promise<void> {
  const changed = await inTransaction(db, async (trx) => {
    let changed = false
    for (const channel of MessageChannel.options) {
      const { rows } = await sql<{ version: number }>`
        insert into message_channels as c (id, body) values (${channel}, jsonb_build_object('leaves', ${sends(channel)}::boolean))
        on conflict (id) do update set body = excluded.body, version = c.version + 1 where c.body <> excluded.body
        returning version`.execute(trx)
      const [row] = rows
      if (!row) continue
      await appendChange(trx, 'channel', channel, row.version)
      changed = true
    }
    return changed
  })
  if (changed) await announceChanges(db)
}
