import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, afterEach, expect, it } from 'vitest'
import { newId } from '#contract/domain/ids.ts'
import { Fault } from '#contract/errors.ts'
import { type Cache, openCache } from '../cache/cache.ts'
import { Callers } from './caller.ts'
import { Latest } from './latest.ts'
import type { MediaBridge } from './media.ts'
import type { Parts } from './parts.ts'
import { SystemBoard } from './system.ts'

const log = pino({ level: 'silent' })
const now = () => new Date()
const dir = mkdtempSync(join(tmpdir(), 'ascolto-damage-'))
let cache: Cache | null = null
afterEach(() => cache?.close())
afterAll(() => rmSync(dir, { recursive: true, force: true }))

/** A real cache one of whose queries fails as on a damaged disk. */
const damaged = (query: 'callers' | 'counts'): Cache => {
  cache = openCache({ dir, key: 'ab'.repeat(32), log, now })
  const broken = () => {
    throw Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR' })
  }
  return Object.assign(Object.create(cache) as Cache, { [query]: broken })
}

it('shows a ringing call although the cache cannot say who calls', async () => {
  const client = { callerContext: () => Promise.reject(new Fault('unavailable', 'crm-away')) }
  const parts = {
    cache: damaged('callers'),
    client,
    log,
    now,
    sync: { state: () => ({ state: 'away' }) },
    session: {},
  } as unknown as Parts
  const callers = new Callers(parts)
  const callId = newId()
  callers.begin(callId, { number: '0255510143', e164: '+390255510143', displayName: null }, null)
  for await (const view of callers.watch(callId, undefined)) {
    expect(view.stories).toEqual([])
    if (view.crm === 'away') break
  }
})

it('goes on telling the state of the system after a count failed', async () => {
  const listeners: (() => void)[] = []
  const listen = (_event: unknown, listener?: () => void) => {
    listeners.push(listener ?? (_event as () => void))
    return () => {}
  }
  const part = {
    registration: () => null,
    figures: () => null,
    on: listen,
    onState: listen,
    state: () => null,
  }
  const session = { latest: new Latest({ phase: 'signed-out', fault: null }) }
  const parts = { phone: part, sync: part, session, log } as unknown as Parts
  cache = openCache({ dir, key: 'ab'.repeat(32), log, now })
  const board = new SystemBoard({ ...parts, cache }, {
    onNotice: () => () => {},
  } as unknown as MediaBridge)
  let failures = 0
  cache.counts = () => {
    failures++
    throw new Error('disk I/O error')
  }
  for (const listener of listeners) listener()
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
  expect(failures).toBe(1)
  board.close()
})
