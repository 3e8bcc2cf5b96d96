import { Validator } from '@seriousme/openapi-schema-validator'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { crmPrefix } from '#contract/crm.ts'
import { type CrmUnderTest, startCrm } from '../support/crm.ts'
import { fuzz } from '../support/fuzz.ts'
import { fuzzCity } from '../support/fuzz-city.ts'

let crm: CrmUnderTest
beforeAll(async () => {
  crm = await startCrm()
})
afterAll(() => crm.stop())

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
  expect({ seed, failures: result.failures, causes: causes.slice(0, 5) }).toEqual({
    seed,
    failures: [],
    causes: [],
  })
  expect(result.requests).toBeGreaterThan(300)
  expect(result.statuses[429] ?? 0).toBe(0)
  // A fuzzer that is only ever refused proves nothing. By the seed it gets through to 33 to 41 of 66: the others need what exists but rarely.
  expect(result.reached.size).toBeGreaterThan(city.api.operations.length / 3)
}, 90_000)
