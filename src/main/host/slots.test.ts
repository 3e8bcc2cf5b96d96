import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { endLine, rowLine, sample } from '../../../tests/support/sample-rows.ts'
import { type Cache, openCache } from '../cache/cache.ts'
import type { Parts } from './parts.ts'
import { Slots } from './slots.ts'

const log = pino({ level: 'silent' })
const now = () => new Date('2026-11-24T10:00:00Z')
const away = { state: () => ({ state: 'away' as const }) } as unknown as Parts['sync']

let dir: string
let cache: Cache
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ascolto-slots-'))
  cache = openCache({ dir, key: 'a1'.repeat(32), log, now })
})
afterEach(() => {
  cache.close()
  rmSync(dir, { recursive: true })
})

it('a week is of the office’s own clock while the CRM is away, and so is the first free place', async () => {
  const outpost = sample.office({ id: 'ponta-delgada', zone: 'Atlantic/Azores' })
  // By its clock half past eleven on a Sunday, midnight, and both again a week later; in the city it is Monday in all four.
  const starts = [
    '2026-11-30T00:30:00.000Z',
    '2026-11-30T01:00:00.000Z',
    '2026-12-07T00:30:00.000Z',
    '2026-12-07T01:00:00.000Z',
  ]
  cache.sync.applyPage([
    ...[rowLine('service', sample.service()), rowLine('office', outpost)],
    ...starts.map((startsAt) => rowLine('slot', sample.slot({ officeId: outpost.id, startsAt }))),
    endLine('c1'),
  ])
  const slots = new Slots({ cache, log, now, sync: away, client: {} as Parts['client'] })
  const wish = { serviceIds: ['identity-card'], recoveryOf: null }
  const week = await slots.week({ ...wish, officeId: outpost.id, monday: '2026-11-30' })
  expect(week).toMatchObject({ from: 'cache', offers: [{ startsAt: starts[1] }, { startsAt: starts[2] }] })
  const after = '2026-11-30T00:45:00.000Z'
  const { offers } = await slots.next({ ...wish, officeIds: [outpost.id], after, near: null, limit: 1 })
  expect(offers.map(({ startsAt }) => startsAt)).toEqual([starts[1]])
})

it('the nearest places are those before and after, while the CRM is away too', async () => {
  const starts = ['07:00', '07:30', '08:00', '08:30', '09:00'].map((time) => `2026-12-02T${time}:00.000Z`)
  cache.sync.applyPage([
    ...[rowLine('service', sample.service()), rowLine('office', sample.office())],
    ...starts.map((startsAt) => rowLine('slot', sample.slot({ startsAt }))),
    endLine('c1'),
  ])
  const slots = new Slots({ cache, log, now, sync: away, client: {} as Parts['client'] })
  const around = async (near: string, limit: number) => {
    const wish = { serviceIds: ['identity-card'], recoveryOf: null, officeIds: null, after: null }
    const { offers } = await slots.next({ ...wish, near, limit })
    return offers.map(({ startsAt }) => startsAt)
  }
  expect(await around(starts[3] ?? '', 3)).toEqual(starts.slice(2, 5))
  expect(await around(starts[4] ?? '', 3)).toEqual(starts.slice(2, 5))
  // Of what is over: from now on.
  expect(await around('2026-11-23T08:00:00.000Z', 2)).toEqual(starts.slice(0, 2))
})
