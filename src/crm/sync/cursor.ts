import { z } from 'zod'
import { entities } from '#contract/domain/entities.ts'

const Position = {
  /** Feed epoch and scope that the position has a meaning in. */
  epoch: z.uuid(),
  scope: z.string().max(32),
  /** The log is read after this entry. */
  xid: z.string().regex(/^\d{1,20}$/),
  seq: z.number().int().nonnegative(),
}

/** Where a desk is: among the rows of its first pull, or in the log. Opaque to it. */
export const Cursor = z.discriminatedUnion('phase', [
  z.object({
    phase: z.literal('rows'),
    entity: z.enum(entities),
    after: z.string().max(64).nullable(),
    ...Position,
  }),
  z.object({ phase: z.literal('log'), ...Position }),
])
export type Cursor = z.infer<typeof Cursor>

export const writeCursor = (cursor: Cursor): string =>
  Buffer.from(JSON.stringify(cursor)).toString('base64url')

/** Null for what this program did not write. */
export function readCursor(text: string): Cursor | null {
  try {
    return Cursor.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')))
  } catch {
    return null
  }
}
