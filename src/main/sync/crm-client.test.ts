import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { newId } from '#contract/domain/ids.ts'
import { openCrmClient } from './crm-client.ts'

const minute = 60_000
const asked = {
  ...{ id: newId(), serviceIds: ['identity-card'], officeId: 'via-larga-12' },
  ...{ startsAt: '2026-12-02T09:00:00.000Z', recoveryOf: null },
}
const slotId = newId()

/** How far the clock of the one that answers is before this one. */
let ahead = 0
/** What it said, by its clock. */
let said = ''
const server = createServer((request, answer) => {
  const clock = Date.now() + ahead
  said = new Date(clock + 5 * minute).toISOString()
  answer.setHeader('Date', new Date(clock).toUTCString())
  answer.setHeader('Content-Type', 'application/json')
  const { id, officeId, startsAt } = asked
  const place = {
    id,
    officeId,
    startsAt,
    endsAt: '2026-12-02T09:15:00.000Z',
    slotId,
    slotIds: [slotId],
    counter: 1,
  }
  answer.end(JSON.stringify({ heldUntil: said, ...(request.method === 'PUT' && place) }))
})
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
afterAll(() => new Promise((resolve) => server.close(resolve)))

it.each([-7 * minute, 3 * minute])(
  'says by this desk’s clock until when seats are kept, the CRM’s being %i ms before it',
  async (by) => {
    ahead = by
    const { port } = server.address() as AddressInfo
    const client = openCrmClient({
      ...{ url: `http://127.0.0.1:${port}`, accessToken: async () => 'token' },
      ...{ log: pino({ level: 'silent' }), now: () => new Date() },
    })
    for (const { heldUntil } of [await client.hold(asked), await client.renewHold(asked.id)]) {
      const left = Date.parse(heldUntil) - Date.now()
      expect(left).toBeGreaterThan(5 * minute - 4_000)
      expect(left).toBeLessThan(5 * minute + 4_000)
    }
  },
)

it('leaves what the CRM said where the clocks agree as far as can be told', async () => {
  ahead = 0
  const { port } = server.address() as AddressInfo
  const client = openCrmClient({
    ...{ url: `http://127.0.0.1:${port}`, accessToken: async () => 'token' },
    ...{ log: pino({ level: 'silent' }), now: () => new Date() },
  })
  expect((await client.hold(asked)).heldUntil).toBe(said)
})
