import { expect, it } from 'vitest'
import { callsInARow, growthPerCall } from '../support/calls-in-a-row/calls-in-a-row.ts'

const calls = 200

it(`leaves nothing behind in the page or in the host after ${calls} calls in a row`, {
  timeout: 1_500_000,
}, async () => {
  const growth = growthPerCall(await callsInARow(calls), calls)
  console.log(`grown a call: ${JSON.stringify(growth)}`)
  // Less than one a call: an idle desk itself has some fifty nodes more at one moment than at another.
  for (const what of [growth.nodes, growth.pageTimers, growth.hostTimers]) expect(what).toBeLessThan(0.5)
  expect(growth.listeners).toBeLessThan(1)
})
