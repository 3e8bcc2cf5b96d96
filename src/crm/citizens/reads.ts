import type { ReadReason } from '#contract/commands/citizen.ts'
import type { Reader } from '../store/query.ts'

export type Reads = {
  userId: string
  citizenIds: readonly string[]
  reason: ReadReason
  at: string
  source: 'cache' | 'crm'
}

/** Writes to the journal that somebody looked at these persons. The journal can only grow. */
export async function recordReads(db: Reader, reads: Reads): Promise<void> {
  if (reads.citizenIds.length === 0) return
  await db
    .insertInto('reads')
    .values(
      reads.citizenIds.map((citizenId) => ({
        citizen_id: citizenId,
        user_id: reads.userId,
        at: reads.at,
        reason_kind: reads.reason.kind,
        reason_id: reads.reason.kind === 'search' ? null : reads.reason.id,
        source: reads.source,
      })),
    )
    .execute()
}
