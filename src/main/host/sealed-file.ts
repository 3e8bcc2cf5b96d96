import { randomUUID } from 'node:crypto'
import { open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { z } from 'zod'

/** What the shell keeps secret for us: Electron's safeStorage, or a key file that only its owner may read. */
export interface KeyStore {
  /** 64 hex digits, made at the first need. */
  databaseKey(): Promise<string>
  seal(plain: Uint8Array): Promise<Uint8Array>
  /** Rejects with `invalid: key-missing` when it was sealed by another user or machine. */
  unseal(sealed: Uint8Array): Promise<Uint8Array>
}

/** One value in a file that only this user on this machine can read. Writes are whole, in order, and on disk when they resolve. */
export class SealedFile<Schema extends z.ZodType> {
  readonly #path: string
  readonly #schema: Schema
  readonly #keys: KeyStore
  #writing: Promise<void> = Promise.resolve()

  constructor(path: string, schema: Schema, keys: KeyStore) {
    this.#path = path
    this.#schema = schema
    this.#keys = keys
  }

  /** Null when there is none. Rejects with the key store's fault when it cannot be unsealed, or when it is not of the schema. */
  async read(): Promise<z.output<Schema> | null> {
    let sealed: Uint8Array
    try {
      sealed = await readFile(this.#path)
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
      throw error
    }
    const plain = await this.#keys.unseal(sealed)
    return this.#schema.parse(JSON.parse(new TextDecoder().decode(plain)))
  }

  write(value: z.output<Schema>): Promise<void> {
    return this.#inOrder(async () => {
      const sealed = await this.#keys.seal(new TextEncoder().encode(JSON.stringify(value)))
      const draft = `${this.#path}.${randomUUID()}`
      try {
        const file = await open(draft, 'wx', 0o600)
        try {
          await file.writeFile(sealed)
          await file.sync()
        } finally {
          await file.close()
        }
        await rename(draft, this.#path)
      } catch (error) {
        await rm(draft, { force: true }).catch(() => undefined)
        throw error
      }
      const folder = await open(dirname(this.#path), 'r')
      // The rename itself must survive a power cut. Windows cannot sync a folder and orders this by itself.
      await folder.sync().catch(() => undefined)
      await folder.close()
    })
  }

  remove(): Promise<void> {
    return this.#inOrder(() => rm(this.#path, { force: true }))
  }

  #inOrder(work: () => Promise<void>): Promise<void> {
    const next = this.#writing.then(work)
    this.#writing = next.catch(() => undefined)
    return next
  }
}
