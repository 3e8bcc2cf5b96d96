import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { defaultLine } from '#contract/domain/line.ts'
import { type Crm, openCrm } from '../../src/crm/crm.ts'
import { loadRetention } from '../../src/crm/retention/terms.ts'
import type { Store } from '../../src/crm/store/store.ts'
import { defaultRealm } from '../../src/practice/line.ts'
import { openPractice, type Practice, practiceSecret } from './practice.ts'
import { openSeededStore } from './store-templates.ts'

export type TestCity = {
  practice: Practice
  url: string
  store: Store
  /** The CRM stops answering; its database stays. */
  down(): Promise<void>
  /** Back at the same address. */
  up(): Promise<void>
  close(): Promise<void>
}

/** The practice line and a seeded CRM in this process, the CRM handing out the line's credentials. */
export async function openTestCity(): Promise<TestCity> {
  const folder = await mkdtemp(join(tmpdir(), 'ascolto-city-'))
  const practice = await openPractice()
  const store = await openSeededStore(folder)
  const retention = await loadRetention()
  const open = (port: number): Promise<Crm> =>
    openCrm({
      store,
      log: pino({ level: 'silent' }),
      host: '127.0.0.1',
      port,
      directory: 'working-set',
      retention,
      attachments: { files: join(folder, 'attachments') },
      phone: {
        sipSecret: practiceSecret,
        realm: defaultRealm,
        sipUrl: practice.line.sipUrl,
        queueUrl: practice.line.queueUrl,
        line: defaultLine,
      },
    })
  let crm: Crm | null = await open(0)
  const { url } = crm
  const down = async () => {
    await crm?.close()
    crm = null
  }
  return {
    practice,
    url,
    store,
    down,
    async up() {
      crm ??= await open(Number(new URL(url).port))
    },
    async close() {
      await down()
      await store.close()
      await practice.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
