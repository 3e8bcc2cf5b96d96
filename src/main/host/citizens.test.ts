import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { call } from '@orpc/server'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Citizen } from '#contract/domain/citizen.ts'
import { endLine, operator, rowLine, sample } from '../../../tests/support/sample-rows.ts'
import { type Cache, openCache } from '../cache/cache.ts'
import { citizensService } from './citizens.ts'

const now = () => new Date('2026-11-24T09:00:00.000Z')
const log = pino({ level: 'silent' })

let dir: string
let cache: Cache
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ascolto-citizens-'))
  cache = openCache({ dir, key: 'ab'.repeat(32), log, now })
})
afterEach(() => {
  cache.close()
  rmSync(dir, { recursive: true, force: true })
})

/** Namesakes, as many as asked for. */
const marias = (count: number) =>
  Array.from({ length: count }, () => sample.citizen({ givenName: 'Maria', familyName: 'Rossi' }))

function searching(there: { citizens: Citizen[]; more: boolean } | null) {
  const parts = {
    ...{ cache, log, now, session: { user: () => operator.user } },
    client: { search: async () => there },
    sync: { nudge: () => {}, state: () => ({ state: there ? 'reachable' : 'away' }) },
  }
  const service = citizensService(parts as unknown as Parameters<typeof citizensService>[0], () => {})
  return call(service.search, { text: 'Maria Rossi' })
}

it('says that there are more than it shows, whoever of the two knows them', async () => {
  const rows = marias(21)
  cache.sync.applyPage([...rows.slice(1).map((row) => rowLine('citizen', row)), endLine('1')])
  expect(await searching(null)).toMatchObject({ citizens: { length: 20 }, complete: false, more: false })
  expect(await searching({ citizens: rows.slice(1), more: false })).toMatchObject({ more: false })
  expect(await searching({ citizens: rows.slice(1), more: true })).toMatchObject({
    ...{ citizens: { length: 20 }, complete: true, more: true },
  })
  cache.sync.applyPage([...rows.slice(0, 1).map((row) => rowLine('citizen', row)), endLine('2')])
  expect(await searching(null)).toMatchObject({ citizens: { length: 20 }, complete: false, more: true })
})
