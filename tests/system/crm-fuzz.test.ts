import { readdir } from 'node:fs/promises'
import { Validator } from '@seriousme/openapi-schema-validator'
import { sql } from 'kysely'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { crmPrefix } from '#contract/crm.ts'
import { ownerFile, sweepAttachments } from '../../src/crm/tickets/attachments.ts'
import { type CrmUnderTest, startCrm } from '../support/crm.ts'
import { fuzz } from '../support/fuzz.ts'
import { fuzzCity } from '../support/fuzz-city.ts'

let crm: CrmUnderTest
beforeEach(async () => {
  crm = await startCrm()
})
afterEach(() => crm.stop())

/** No half file is left; and of what was refused once it was written the sweep leaves nothing. */
async function expectOnlyKnownFiles({ store: { db }, files }: CrmUnderTest): Promise<void> {
  const onDisk = async () =>
    (await readdir(files, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile() && entry.name !== ownerFile)
      .map(({ name }) => name)
      .toSorted()
  // A draft has a second id at its end.
  expect((await onDisk()).filter((name) => name.split('.').length > 2)).toEqual([])
  const later = () => new Date(Date.now() + 7_200_000)
  await sweepAttachments({ db, files, now: later, log: pino({ enabled: false }) })
  const { rows } = await sql<{ name: string }>`
    select id::text || '.' || left(sha256, 16) as name from ticket_attachments`.execute(db)
  expect(await onDisk()).toEqual(rows.map(({ name }) => name).toSorted())
}

test('the OpenAPI document is one, says a public validator', async () => {
  const document = await (await fetch(`${crm.url}${crmPrefix}/openapi.json`)).json()
  const validator = new Validator()
  const { valid, errors } = await validator.validate(document)
  expect(errors ?? []).toEqual([])
  expect([valid, validator.version]).toEqual([true, '3.1'])
})

test('whatever is sent to what the document describes, nothing is answered with a 500', async () => {
  const city = await fuzzCity(crm, 6)
  const seed = Number(process.env.ASCOLTO_FUZZ_SEED ?? Date.now() % 2 ** 31)
  // First: later those who ask have been signed out by each other.
  const forms = await fuzz({ ...city.forms, count: 500, seed, endBy: performance.now() + 15_000 })
  const result = await fuzz({ ...city, count: 2_000, seed, endBy: performance.now() + 40_000 })
  const pushed = await city.pushCommands(300, seed)
  expect({ seed, unplanned: pushed.unplanned }).toEqual({ seed, unplanned: [] })
  // By the seed 8 to 22 of 300: the others name what is not there.
  expect(pushed.applied).toBeGreaterThan(3)
  // Unexpected failures are in the log with their cause.
  const causes = crm
    .logs()
    .split('\n')
    .filter((line) => /unexpectedly|command failed/.test(line))
  expect({ seed, failures: [...result.failures, ...forms.failures], causes: causes.slice(0, 5) }).toEqual({
    seed,
    failures: [],
    causes: [],
  })
  expect(result.requests).toBeGreaterThan(300)
  expect(result.statuses[429] ?? 0).toBe(0)
  // By the seed some fifteen of five hundred are taken.
  expect(forms.statuses[200] ?? 0).toBeGreaterThan(0)
  await expectOnlyKnownFiles(crm)
  // A fuzzer that is only ever refused proves nothing. By the seed it gets through to 33 to 41 of 66: the others need what exists but rarely.
  expect(result.reached.size).toBeGreaterThan(city.api.operations.length / 3)
}, 120_000)
