import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault } from '#contract/errors.ts'
import type { KeyStore } from '../host/host.ts'
import { writeNewFile } from '../new-file.ts'
import type { ElectronShell } from './shell.ts'

/**
 * A key store on the operating system's own, through Electron's safeStorage. Throws `unsupported: key-missing` where there is none:
 * Linux's `basic_text` backend encrypts with a password that everybody knows.
 */
export function openSafeStorage(safeStorage: ElectronShell['safeStorage'], dataDir: string): KeyStore {
  const backend = safeStorage.getSelectedStorageBackend?.() ?? 'system'
  if (!safeStorage.isEncryptionAvailable() || backend === 'basic_text' || backend === 'unknown')
    throw new Fault('unsupported', 'key-missing', { params: { backend } })

  const seal = (bytes: Uint8Array) => safeStorage.encryptString(Buffer.from(bytes).toString('base64'))
  const unseal = (sealed: Uint8Array) => {
    try {
      return Buffer.from(safeStorage.decryptString(Buffer.from(sealed)), 'base64')
    } catch (cause) {
      throw new Fault('invalid', 'key-missing', { cause })
    }
  }
  const path = join(dataDir, 'desk.key.sealed')

  return {
    databaseKey: async () => {
      const sealed = await readFile(path).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return null
        throw error
      })
      if (sealed === null) {
        const made = randomBytes(32)
        await writeNewFile(path, seal(made))
        return made.toString('hex')
      }
      const key = unseal(sealed)
      if (key.length !== 32) throw new Fault('invalid', 'key-missing')
      return key.toString('hex')
    },
    seal: async (plain) => seal(plain),
    unseal: async (sealed) => unseal(sealed),
  }
}
