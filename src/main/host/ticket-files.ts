import type { Id } from '#contract/domain/ids.ts'
import { Fault } from '#contract/errors.ts'
import type { Parts } from './parts.ts'

const mostAtOnce = 3
const patienceMs = 5 * 60_000

type Part = { ticketId: Id; id: Id; name: string; size: number; from: number; base64: string }
type Upload = { ticketId: Id; name: string; size: number; parts: Buffer[]; got: number; touched: number }

/** Files on their way to the CRM, in parts; in memory only, and not for long. */
export class Uploads {
  readonly #now: () => Date
  readonly #uploads = new Map<string, Upload>()

  constructor(now: () => Date) {
    this.#now = now
  }

  /** The whole contents once the last part is there, else null. Parts that do not follow each other are `invalid`. */
  add(userId: Id, part: Part): Buffer | null {
    const at = this.#now().getTime()
    for (const [key, { touched }] of this.#uploads) if (touched < at - patienceMs) this.#uploads.delete(key)
    const key = `${userId} ${part.id}`
    const known = part.from === 0 ? undefined : this.#uploads.get(key)
    if (!known && part.from !== 0) throw this.#refused(key)
    if (!known && !this.#uploads.has(key) && this.#uploads.size >= mostAtOnce)
      throw new Fault('too-many', 'rate-limited')
    const upload = known ?? {
      ...{ ticketId: part.ticketId, name: part.name, size: part.size, parts: [], got: 0, touched: at },
    }
    const bytes = Buffer.from(part.base64, 'base64')
    const same = upload.ticketId === part.ticketId && upload.name === part.name && upload.size === part.size
    if (
      !same ||
      part.from !== upload.got ||
      bytes.byteLength === 0 ||
      upload.got + bytes.byteLength > upload.size
    )
      throw this.#refused(key)
    upload.parts.push(bytes)
    upload.got += bytes.byteLength
    upload.touched = at
    if (upload.got < upload.size) {
      this.#uploads.set(key, upload)
      return null
    }
    this.#uploads.delete(key)
    return Buffer.concat(upload.parts)
  }

  #refused(key: string): Fault {
    this.#uploads.delete(key)
    return new Fault('invalid', 'input-invalid', { params: { field: 'from' } })
  }
}

const keptMs = 60_000

/** Files from the CRM, or of those that wait for it here, handed to a window in parts: asked for once, and forgotten after a minute. */
export class FileReads {
  readonly #parts: Pick<Parts, 'cache' | 'client' | 'now'>
  #last: { key: string; content: Promise<Buffer>; at: number } | null = null

  constructor(parts: Pick<Parts, 'cache' | 'client' | 'now'>) {
    this.#parts = parts
  }

  async read(userId: Id, { ticketId, id, from }: { ticketId: Id; id: Id; from: number }): Promise<Buffer> {
    const key = `${userId} ${ticketId} ${id}`
    const at = this.#parts.now().getTime()
    const known = this.#last
    if (known && from > 0 && known.key === key && known.at > at - keptMs) return known.content
    const content = this.#whole(userId, ticketId, id)
    this.#last = { key, content, at }
    content.catch(() => {
      if (this.#last?.content === content) this.#last = null
    })
    return content
  }

  async #whole(userId: Id, ticketId: Id, id: Id): Promise<Buffer> {
    const { cache, client } = this.#parts
    return (await cache.waitingFiles.content(userId, id)) ?? client.attachment(ticketId, id)
  }
}
