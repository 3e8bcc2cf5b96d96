import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createORPCClient } from '@orpc/client'
import type { ContractRouterClient } from '@orpc/contract'
import { OpenAPILink } from '@orpc/openapi-client/fetch'
import { crmContract, crmPrefix, deviceHeader, FeedLine, feedPath } from '#contract/crm.ts'
import { defaultLine } from '#contract/domain/line.ts'
import { problemReading, withPlainProblem } from '#contract/problem.ts'
import { type MessagingOptions, openCrm } from '../../src/crm/crm.ts'
import { openLog } from '../../src/crm/http/log.ts'
import type { OutsideOptions } from '../../src/crm/identity/outside.ts'
import { openStore, type Store } from '../../src/crm/store/store.ts'
import type { DirectoryPolicy } from '../../src/crm/sync/scope.ts'
import { startProgram } from '../../tools/process.ts'
import { programFile } from '../../tools/programs.ts'
import { startPostgres } from './postgres.ts'
import { copySeeded, openNewStore, seededCitizens } from './store-templates.ts'

export const testSipSecret = 'a secret that only the tests know'
const root = fileURLToPath(new URL('../..', import.meta.url))

export type CrmUnderTest = {
  url: string
  /** Direct access to its database: for what the API does not show. */
  store: Store
  /** Folder of the requests' files. */
  files: string
  /** What it logged, at its most talkative. */
  logs(): string
  stop(): Promise<void>
}

/**
 * The CRM in this process, on a PostgreSQL database or on PGlite in a folder that goes with it. `ASCOLTO_TEST_ENGINE=postgres`: whoever
 * names no database gets one of a PostgreSQL of its own, so that all these tests run on either.
 */
export async function startCrm(
  options: {
    databaseUrl?: string
    directory?: DirectoryPolicy
    now?: () => Date
    messages?: MessagingOptions
    metricsToken?: string
    outside?: OutsideOptions
    /** Instead of how many wait for its database. */
    waiting?: () => number
  } = {},
): Promise<CrmUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'ascolto-crm-'))
  const own =
    options.databaseUrl === undefined && process.env.ASCOLTO_TEST_ENGINE === 'postgres'
      ? await startPostgres()
      : null
  const databaseUrl = own ? await own.createDatabase() : options.databaseUrl
  const store = await (databaseUrl === undefined ? openNewStore(folder) : openStore({ databaseUrl }))
  const logged: string[] = []
  const log = openLog({ write: (line: string) => logged.push(line) }, 'debug')
  const crm = await openCrm({
    store: { ...store, waiting: options.waiting ?? store.waiting },
    log,
    host: '127.0.0.1',
    port: 0,
    directory: options.directory ?? 'working-set',
    attachments: { files: join(folder, 'attachments') },
    phone: {
      sipSecret: testSipSecret,
      realm: 'ascolto',
      sipUrl: 'ws://127.0.0.1:5066',
      queueUrl: 'ws://127.0.0.1:5067',
      line: defaultLine,
    },
    ...(options.now ? { now: options.now } : {}),
    ...(options.messages ? { messages: options.messages } : {}),
    metricsToken: options.metricsToken,
    outside: options.outside,
  })
  return {
    url: crm.url,
    store,
    files: join(folder, 'attachments'),
    logs: () => logged.join(''),
    async stop() {
      await crm.close()
      await store.close()
      await own?.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export type CrmProcess = {
  url: string
  stop(): Promise<void>
  /** Tells it to stop and waits, however long it takes; with its exit code. */
  end(): Promise<number | null>
  kill(): Promise<void>
}

/** The CRM as its own program, which can be killed, with the synthetic city in it; again with the same `dataDir` and `port`, it goes on. */
export async function startCrmProcess(options: {
  dataDir: string
  port?: number
  databaseUrl?: string
  args?: string[]
  env?: Record<string, string>
  log?: (text: string) => void
}): Promise<CrmProcess> {
  if (options.databaseUrl === undefined && !existsSync(options.dataDir)) await copySeeded(options.dataDir)
  const program = await startProgram(
    [
      programFile('crm'),
      ...['serve', '--port', String(options.port ?? 0), '--data', options.dataDir],
      ...['--sip-url', 'ws://127.0.0.1:5066', '--citizens', String(seededCitizens)],
      ...(options.args ?? []),
    ],
    {
      cwd: root,
      env: { ASCOLTO_SIP_SECRET: testSipSecret, DATABASE_URL: options.databaseUrl ?? '', ...options.env },
      ...(options.log ? { log: options.log } : {}),
    },
  )
  return {
    url: program.ready.url ?? '',
    stop: () => program.stop(),
    end() {
      program.child.kill('SIGTERM')
      return program.ended
    },
    async kill() {
      program.child.kill('SIGKILL')
      await program.ended
    },
  }
}

export type CrmApi = ContractRouterClient<typeof crmContract>

/** The contract's client, as another program would use it; `device`: a desk's own credential beside its user's. */
export const crmApi = (url: string, authorization: string, device?: string): CrmApi =>
  createORPCClient(
    new OpenAPILink(crmContract, {
      url: `${url}${crmPrefix}`,
      headers: () => ({ authorization, ...(device && { [deviceHeader]: device }) }),
      fetch: async (request, init) => withPlainProblem(await fetch(request, init)),
      ...problemReading,
    }),
  )

/** One page of the change feed, checked against the contract. */
export async function pullPage(
  url: string,
  authorization: string,
  query: { device: string; cursor?: string | undefined; limit?: number },
  deviceCredential?: string,
): Promise<FeedLine[]> {
  const address = new URL(feedPath, url)
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) address.searchParams.set(name, String(value))
  }
  const response = await fetch(address, {
    headers: { authorization, ...(deviceCredential && { [deviceHeader]: deviceCredential }) },
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`feed: ${response.status} ${text}`)
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => FeedLine.parse(JSON.parse(line)))
}
