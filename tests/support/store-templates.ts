import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { cp, mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seedCity } from '../../src/crm/seed/seed.ts'
import { openStore, type Store } from '../../src/crm/store/store.ts'

const variable = 'ASCOLTO_TEST_TEMPLATES'

/** Vitest's global setup: the folder of this run's templates. */
export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'ascolto-templates-'))
  process.env[variable] = folder
  return () => rmSync(folder, { recursive: true, force: true })
}

/** A new PGlite store in `dataDir`. To make a database and migrate it takes seconds, so each but the first of a run is a copy. */
export async function openNewStore(dataDir: string): Promise<Store> {
  await cp(await template('empty', async () => {}), dataDir, { recursive: true })
  return openStore({ dataDir })
}

/** As `openNewStore`, with the synthetic city in it. */
export async function openSeededStore(dataDir: string, citizens: number): Promise<Store> {
  await copySeeded(dataDir, citizens)
  return openStore({ dataDir })
}

/** The synthetic city in a data folder that nobody has opened yet. */
export async function copySeeded(dataDir: string, citizens: number): Promise<void> {
  const seeded = await template(`city-${citizens}`, async (store) => {
    await seedCity(store, { citizens })
  })
  await cp(seeded, dataDir, { recursive: true })
}

/** Test processes that make the same one at the same time make it twice; the first that is done is kept. */
async function template(name: string, fill: (store: Store) => Promise<void>): Promise<string> {
  const folder = process.env[variable]
  if (!folder) throw new Error(`${variable} is not set: the test project lacks its global setup`)
  const kept = join(folder, name)
  if (existsSync(kept)) return kept
  const made = await mkdtemp(join(folder, 'making-'))
  const store = await openStore({ dataDir: made })
  await fill(store)
  // Each copy is a CRM of its own, with an epoch that it claims when it opens.
  await store.db.deleteFrom('feed_epoch').execute()
  await store.close()
  try {
    await rename(made, kept)
  } catch (error) {
    if (!existsSync(kept)) throw error
    await rm(made, { recursive: true })
  }
  return kept
}
