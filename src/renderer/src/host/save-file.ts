import { type Attachment, withOwnEnding } from '#contract/domain/ticket-entry.ts'
import { download } from '../ui/download.ts'
import type { DeskClient } from './connection.ts'

const decode = (base64: string) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))

/** `type`: of what the CRM has checked; one that waits here is what its name says. */
export async function saveFile(
  desk: DeskClient,
  ticketId: string,
  { id, name, type }: Pick<Attachment, 'id' | 'name'> & { type: Attachment['type'] | null },
): Promise<void> {
  const parts: Uint8Array<ArrayBuffer>[] = []
  for (let from = 0; ; ) {
    const { base64, size } = await desk.tickets.attachment({ ticketId, id, from })
    const part = decode(base64)
    parts.push(part)
    from += part.byteLength
    if (part.byteLength === 0 || from >= size) break
  }
  download(type ? withOwnEnding(name, type) : name, new Blob(parts, type ? { type } : {}))
}
