import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault } from '#contract/errors.ts'
import type { KeyStore } from '../host/host.ts'
import { writeNewFile } from '../new-file.ts'

const format = 1
const nonceBytes = 12
const tagBytes = 16

/** A key store on a file that only its owner may read. Rejects with a `Fault` when others may, or when it holds no key. */
export async function openKeyFile(dataDir: string): Promise<KeyStore> {
  const path = join(dataDir, 'desk.key')
  let root = await readKey(path)
  if (root === null) {
    root = randomBytes(32)
    await writeNewFile(path, `${root.toString('hex')}\n`)
  }
  const key = root
  const derive = (use: string) => Buffer.from(hkdfSync('sha256', key, '', `ascolto ${use}`, 32))
  const sealing = derive('seal')

  return {
    databaseKey: async () => derive('database').toString('hex'),
    seal: async (plain) => {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', sealing, nonce)
      const text = Buffer.concat([cipher.update(plain), cipher.final()])
      return Buffer.concat([Buffer.from([format]), nonce, cipher.getAuthTag(), text])
    },
    unseal: async (sealed) => {
      const bytes = Buffer.from(sealed)
      const nonce = bytes.subarray(1, 1 + nonceBytes)
      const tag = bytes.subarray(1 + nonceBytes, 1 + nonceBytes + tagBytes)
      if (bytes[0] !== format || tag.length !== tagBytes) throw new Fault('invalid', 'key-missing')
      try {
        const decipher = createDecipheriv('aes-256-gcm', sealing, nonce, { authTagLength: tagBytes })
        decipher.setAuthTag(tag)
        return Buffer.concat([decipher.update(bytes.subarray(1 + nonceBytes + tagBytes)), decipher.final()])
      } catch (cause) {
        throw new Fault('invalid', 'key-missing', { cause })
      }
    },
  }
}

async function readKey(path: string): Promise<Buffer | null> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (text === null) return null
  await assertOwnersOnly(path)
  if (!/^[0-9a-f]{64}\n?$/.test(text)) throw new Fault('invalid', 'key-missing', { params: { file: path } })
  return Buffer.from(text.trim(), 'hex')
}

/** Rejects when anyone but this user may read or write the file. Windows has no such bits; there the profile folder is the fence. */
export async function assertOwnersOnly(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const { mode, uid } = await stat(path)
  if ((mode & 0o077) !== 0 || uid !== process.getuid?.())
    throw new Fault('forbidden', 'configuration-invalid', { params: { file: path } })
}
