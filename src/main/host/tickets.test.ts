import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { call } from '@orpc/server'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { endLine, operator, rowLine, sample } from '../../../tests/support/sample-rows.ts'
import { type Cache, openCache } from '../cache/cache.ts'
import { ticketsService } from './tickets.ts'

const now = () => new Date('2026-11-24T09:00:00.000Z')

let dir: string
let cache: Cache
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ascolto-tickets-'))
  cache = openCache({ dir, key: 'ab'.repeat(32), log: pino({ level: 'silent' }), now })
})
afterEach(() => {
  cache.close()
  rmSync(dir, { recursive: true, force: true })
})

it('watches the late ones, however many stand still with an older day behind which they come', async () => {
  const standing = Array.from({ length: 700 }, () =>
    sample.ticket({
      receivedAt: '2026-10-05T08:00:00.000Z',
      dueOn: '2026-11-04',
      clock: {
        suspensions: [{ from: '2026-10-26', to: null, reason: 'attesa di un parere' }],
        extensions: [],
        steps: [],
      },
    }),
  )
  const late = Array.from({ length: 3 }, (_, i) =>
    sample.ticket({ receivedAt: `2026-10-1${i + 1}T08:00:00.000Z`, dueOn: `2026-11-1${i}` }),
  )
  cache.sync.applyPage([...standing, ...late].map((row) => rowLine('ticket', row)).concat(endLine('1')))
  const parts = { cache, now, session: { user: () => operator.user } }
  const { list } = ticketsService(parts as unknown as Parameters<typeof ticketsService>[0])
  for (const team of [null, 'roads']) {
    const { tickets } = await call(list, { which: 'watch', team })
    expect(tickets.map(({ ticket }) => ticket.id)).toEqual(late.map(({ id }) => id))
  }
})
