import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rename, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { openPglite } from '../../src/crm/store/pglite.ts'
import { openStore, type Store, type StoreOptions } from '../../src/crm/store/store.ts'
import { signInQuickly } from './quick-password.ts'

const variable = 'ASCOLTO_TEST_TEMPLATES'

/** Vitest's global setup: the folder of this run's templates, where it is not one part of a longer run that has made it. */
export default function setup(): () => void {
  if (inTestRun()) return () => {}
  const folder = mkdtempSync(join(tmpdir(), 'ascolto-templates-'))
  process.env[variable] = folder
  return () => rmSync(folder, { recursive: true, force: true })
}

/** Persons in the city of `openSeededStore` and `copySeeded`. */
export const seededCitizens = 60

/** A new PGlite store in `dataDir`. To make a database and migrate it takes seconds, so each but the first of a run is a copy. */
export async function openNewStore(dataDir: string): Promise<Store> {
  await cp(await newStore(), dataDir, { recursive: true })
  return openStore({ dataDir })
}

/** As `openNewStore`, with the synthetic city in it. */
export async function openSeededStore(dataDir: string): Promise<Store> {
  await copySeeded(dataDir)
  return openStore({ dataDir })
}

/** The synthetic city in a data folder that nobody has opened yet. */
export async function copySeeded(dataDir: string): Promise<void> {
  await cp(await seededStore(), dataDir, { recursive: true })
}

/** A PGlite database with nothing in it, in `dataDir`, for a migration to begin with. */
export async function openBarePglite(dataDir: string): Promise<Store> {
  await cp(join(await bare(), 'pglite'), dataDir, { recursive: true })
  return openPglite(dataDir)
}

/** As a CRM finds its data folder where nothing but the engine has been set up yet, which takes it five seconds. */
export async function copyBare(dataDir: string): Promise<void> {
  await cp(await bare(), dataDir, { recursive: true })
}

const bare = () => madeOnce('bare', async (folder) => (await openPglite(join(folder, 'pglite'))).close())

const newStore = () => madeOnce('empty', (dataDir) => fillTemplate({ dataDir }, 'empty'))

const seededStore = () =>
  madeOnce('city', async (dataDir) => {
    await cp(await newStore(), dataDir, { recursive: true })
    await fillTemplate({ dataDir }, 'city')
  })

/** What a template has: the newest schema, and the synthetic city in it. */
export type Filling = 'empty' | 'city'

export async function fillTemplate(database: StoreOptions, filling: Filling): Promise<void> {
  const store = await openStore(database)
  try {
    if (filling === 'city') {
      // Only who makes it needs what invents people.
      const { seedCity } = await import('../../src/crm/seed/seed.ts')
      await seedCity(store, { citizens: seededCitizens })
      await signInQuickly(store.db)
    }
    // Each copy is a CRM of its own, with an epoch that it claims when it opens.
    await store.db.deleteFrom('feed_epoch').execute()
  } finally {
    await store.close()
  }
}

/**
 * The folder of this run that is called `name`, made by `make` when it is not there. Of test processes that want the same one at the same time
 * one makes it, and the others wait: they all want it at the start, when the cores have enough to do.
 */
export async function madeOnce(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = process.env[variable]
  if (!folder) throw new Error(`${variable} is not set: the test project lacks its global setup`)
  const kept = join(folder, name)
  const lock = join(folder, `${name}.making`)
  while (!existsSync(kept)) {
    const isOurs = await mkdir(lock).then(
      () => true,
      (error) => {
        if (error.code === 'EEXIST') return false
        throw error
      },
    )
    if (!isOurs) {
      await delay(50)
      continue
    }
    try {
      if (existsSync(kept)) break
      const made = await mkdtemp(join(folder, 'making-'))
      await make(made)
      await rename(made, kept)
    } finally {
      await rmdir(lock)
    }
  }
  return kept
}

export const inTestRun = () => process.env[variable] !== undefined
