import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seedCity } from '../../src/crm/seed/seed.ts'
import { openStore } from '../../src/crm/store/store.ts'
import { electronMissing, installedElectron } from '../../tools/electron-binary.ts'
import { signInQuickly } from '../support/quick-password.ts'

/** One synthetic city for all specs, each of which begins from a copy. */
export default async function globalSetup(): Promise<() => void> {
  if (installedElectron() === null) console.log(`Project electron is skipped: ${electronMissing}.`)
  const folder = mkdtempSync(join(tmpdir(), 'ascolto-seed-'))
  const store = await openStore({ dataDir: join(folder, 'crm') })
  await seedCity(store, { citizens: 400 })
  await signInQuickly(store.db)
  await store.close()
  process.env.ASCOLTO_TEST_SEED = join(folder, 'crm')
  return () => rmSync(folder, { recursive: true, force: true })
}
