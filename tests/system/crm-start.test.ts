import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import { pino } from 'pino'
import { afterEach, expect, it } from 'vitest'
import { type HttpServer, openHttp } from '../../src/crm/http/server.ts'
import { openStore, type Store } from '../../src/crm/store/store.ts'

let store: Store | null = null
let http: HttpServer | null = null
let dataDir = ''
afterEach(async () => {
  await http?.close()
  await store?.close()
  http = null
  store = null
  await rm(dataDir, { recursive: true, force: true })
})

it('asks a desk that comes before the API is whole to come again, and serves it afterwards', async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'ascolto-crm-'))
  store = await openStore({ dataDir })
  await sql`select 1`.execute(store.db)
  http = await openHttp({
    host: '127.0.0.1',
    port: 0,
    log: pino({ level: 'silent' }),
    db: store.db,
    busyAfterMs: 0,
  })
  const early = await fetch(`${http.url}/ready`)
  expect(early.status).toBe(503)
  expect(early.headers.get('retry-after')).toBe('1')
  const socket = connect(Number(new URL(http.url).port), '127.0.0.1')
  socket.write('POST /api/v1/anything HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}')
  const [answer] = await once(socket, 'data')
  expect(String(answer)).toContain('503')
  socket.destroy()
  await http.start()
  expect((await fetch(`${http.url}/ready`)).status).toBe(200)
})

it('does not offer the example city’s accounts beyond this computer', async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'ascolto-crm-'))
  const serve = (...args: string[]) =>
    spawnSync(
      process.execPath,
      [
        'src/crm/main.ts',
        'serve',
        '--port',
        '0',
        '--data',
        dataDir,
        '--sip-url',
        'wss://pbx.example.org/sip',
        ...args,
      ],
      {
        cwd: fileURLToPath(new URL('../..', import.meta.url)),
        encoding: 'utf8',
        env: { ...process.env, DATABASE_URL: '', ASCOLTO_SIP_SECRET: 'x'.repeat(40) },
      },
    )
  const refused = serve('--public-url', 'https://crm.example.org')
  expect([refused.status, refused.stdout]).toEqual([2, ''])
  expect(refused.stderr).toContain('whose password is public')
})
