import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seedCity } from '../../src/crm/seed/seed.ts'
import { openStore } from '../../src/crm/store/store.ts'
import { build } from '../../tools/build.ts'
import { electronMissing, installedElectron } from '../../tools/electron-binary.ts'
import { signInQuickly } from '../support/quick-password.ts'
import { inTestRun, openNewStore } from '../support/store-templates.ts'

/** The desk as it is built, and one synthetic city for all specs, each of which begins from a copy. */
export default async function globalSetup(): Promise<() => void> {
  if (installedElectron() === null) console.log(`Project electron is skipped: ${electronMissing}.`)
  const folder = mkdtempSync(join(tmpdir(), 'ascolto-seed-'))
  await Promise.all([build(console.log), seed(join(folder, 'crm'))])
  process.env.ASCOLTO_TEST_SEED = join(folder, 'crm')
  return () => rmSync(folder, { recursive: true, force: true })
}

async function seed(dataDir: string): Promise<void> {
  const store = await (inTestRun() ? openNewStore(dataDir) : openStore({ dataDir }))
  await seedCity(store, { citizens: 400 })
  await signInQuickly(store.db)
  await store.close()
}
