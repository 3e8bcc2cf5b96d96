import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { electronMissing, installedElectron } from '../../tools/electron-binary.ts'
import { seedData } from '../support/city.ts'

/** One synthetic city for all specs, each of which begins from a copy. */
export default async function globalSetup(): Promise<() => void> {
  if (installedElectron() === null) console.log(`Project electron is skipped: ${electronMissing}.`)
  const folder = mkdtempSync(join(tmpdir(), 'ascolto-seed-'))
  await seedData(join(folder, 'crm'))
  process.env.ASCOLTO_TEST_SEED = join(folder, 'crm')
  return () => rmSync(folder, { recursive: true, force: true })
}
