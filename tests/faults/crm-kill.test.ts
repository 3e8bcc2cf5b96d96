import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CommandResult } from '#contract/commands/registry.ts'
import { newId } from '#contract/domain/ids.ts'
import { openStore } from '../../src/crm/store/store.ts'
import { type CrmProcess, crmApi, startCrmProcess } from '../support/crm.ts'
import { command, contactArgs, ticketArgs } from '../support/crm-city.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { signIn } from '../support/sign-in.ts'

const deaths = 200
const batch = 60
/** A batch takes about as long; the moment of death is anywhere in it, before it or just after. */
const longestLifeMs = 400

let postgres: TestPostgres
let folder: string
beforeAll(async () => {
  postgres = await startPostgres()
  folder = await mkdtemp(join(tmpdir(), 'ascolto-kill-'))
})
afterAll(async () => {
  await postgres.stop()
  await rm(folder, { recursive: true, force: true })
})

test.each(['pglite', 'postgres'] as const)(
  `killed ${deaths} times at random while desks push, the CRM on %s has what it acknowledged once, and nothing that it refused`,
  async (engine) => {
    const options: { dataDir: string; databaseUrl?: string } = {
      dataDir: join(folder, engine),
      ...(engine === 'postgres' ? { databaseUrl: await postgres.createDatabase() } : {}),
    }
    let crm: CrmProcess = await startCrmProcess(options)
    const port = Number(new URL(crm.url).port)
    try {
      const { accessToken } = await signIn(crm.url, 'elena', 'ascolto-prova')
      const user = () => crmApi(crm.url, `Bearer ${accessToken}`)
      const { deviceId, secret } = await user().devices.register({ name: 'Desk' })
      const desk = crmApi(crm.url, `Device ${deviceId}.${secret}`)
      const contact = contactArgs()
      const desks = await Promise.all(
        [0, 1].map(async () => {
          const streamId = newId()
          await user().sync.registerStream({ streamId, deviceId })
          return { streamId, n: 0, waiting: [] as ReturnType<typeof command>[] }
        }),
      )
      const fates = new Map<string, CommandResult['status']>()
      const tickets = new Map<string, string>()
      const refused = new Set<string>()
      const push = async (one: (typeof desks)[number]) => {
        const { results, lastN } = await desk.sync.push({ streamId: one.streamId, commands: one.waiting })
        for (const { id, status } of results) {
          expect(fates.get(id) ?? status).toBe(status)
          fates.set(id, status)
        }
        one.waiting = one.waiting.filter(({ n }) => n > lastN)
      }
      const fill = (one: (typeof desks)[number]) => {
        while (one.waiting.length < batch) {
          one.n += 1
          // Every tenth names a topic that is not there.
          const wrong = one.n % 10 === 0
          const args = ticketArgs({ contactId: contact.id, topicId: wrong ? 'nowhere' : 'identity-card' })
          const next = command(one.n, 'ticket.open', args)
          tickets.set(args.id, next.id)
          if (wrong) refused.add(args.id)
          one.waiting.push(next)
        }
      }
      const [first] = desks
      if (first) {
        first.n = 1
        first.waiting.push(command(1, 'contact.open', contact))
        await push(first)
      }

      for (let death = 0; death < deaths; death += 1) {
        for (const one of desks) fill(one)
        const pushes = desks.map((one) => push(one).catch(() => {}))
        await new Promise((resolve) => setTimeout(resolve, Math.random() * longestLifeMs))
        await crm.kill()
        await Promise.all(pushes)
        crm = await startCrmProcess({ ...options, port })
      }
      for (const one of desks) while (one.waiting.length > 0) await push(one)

      expect(fates.size).toBe(tickets.size + 1)
      for (const [ticketId, commandId] of tickets)
        expect([ticketId, fates.get(commandId)]).toEqual([
          ...[ticketId, refused.has(ticketId) ? 'refused' : 'applied'],
        ])
      await crm.stop()
      const store = await openStore(options.databaseUrl ? { databaseUrl: options.databaseUrl } : options)
      const { rows } = await sql<{ id: string; entries: number }>`
        select t.id, (select count(distinct entry_id) from audit_changes where what = 'tickets' and row_id = t.id::text) as entries
        from tickets t where t.contact_id = ${contact.id}`.execute(store.db)
      await store.close()
      const kept = [...tickets.keys()].filter((id) => !refused.has(id))
      expect(rows.map(({ id }) => id).toSorted()).toEqual(kept.toSorted())
      expect(rows.filter(({ entries }) => entries !== 1)).toEqual([])
    } finally {
      await crm.stop()
    }
  },
  3_600_000,
)
