import { expect, it } from 'vitest'
import { callsInARow, growthPerCall } from '../support/calls-in-a-row/calls-in-a-row.ts'

it.each([12, 200])(
  'leaves nothing behind in the page or in the host after %i calls in a row',
  {
    timeout: 1_500_000,
  },
  async (calls) => {
    const growth = growthPerCall(await callsInARow(calls), calls)
    console.log(`grown a call: ${JSON.stringify(growth)}`)
    // Less than one a call: an idle desk itself has a few more at one moment than at another.
    for (const what of [growth.nodes, growth.pageTimers, growth.hostTimers]) expect(what).toBeLessThan(0.5)
    expect(growth.listeners).toBeLessThan(1)
  },
)
