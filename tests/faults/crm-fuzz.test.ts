import { expect, test } from 'vitest'
import { startCrm } from '../support/crm.ts'
import { fuzz } from '../support/fuzz.ts'
import { fuzzCity } from '../support/fuzz-city.ts'
import { startPostgres } from '../support/postgres.ts'

test('twenty thousand requests that a stranger makes of the OpenAPI document find no 500', async () => {
  const postgres = await startPostgres()
  const crm = await startCrm({ databaseUrl: await postgres.createDatabase() })
  try {
    const city = await fuzzCity(crm, 12)
    const seed = Number(process.env.ASCOLTO_FUZZ_SEED ?? Date.now() % 2 ** 31)
    const forms = await fuzz({ ...city.forms, count: 5_000, seed, atOnce: 16 })
    const result = await fuzz({ ...city, count: 20_000, seed, atOnce: 16 })
    console.log(
      `seed ${seed}:`,
      result.statuses,
      `${result.reached.size} of ${city.api.operations.length} reached`,
    )
    const pushed = await city.pushCommands(2000, seed)
    expect({ seed, unplanned: pushed.unplanned }).toEqual({ seed, unplanned: [] })
    expect(pushed.applied).toBeGreaterThan(10)
    const causes = crm
      .logs()
      .split('\n')
      .filter((line) => /unexpectedly|command failed/.test(line))
    expect({ seed, failures: [...result.failures, ...forms.failures], causes: causes.slice(0, 5) }).toEqual({
      seed,
      failures: [],
      causes: [],
    })
    expect(result.requests).toBeGreaterThanOrEqual(20_000)
    expect(result.statuses[429] ?? 0).toBe(0)
    expect((await fetch(`${crm.url}/ready`)).status).toBe(200)
  } finally {
    await crm.stop()
    await postgres.stop()
  }
})
