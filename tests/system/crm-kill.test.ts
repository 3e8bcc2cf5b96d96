import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CommandResult } from '#contract/commands/registry.ts'
import { newId } from '#contract/domain/ids.ts'
import { type CrmProcess, crmApi, pullPage, startCrmProcess } from '../support/crm.ts'
import { command, contactArgs, ticketArgs } from '../support/crm-city.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { signIn } from '../support/sign-in.ts'

const password = 'ascolto-prova'
const commandCount = 90
/** The CRM dies when this many commands are in, in the middle of a push of all that are left. */
const deaths = [20, 50]

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
  'killed in the middle of a push, the CRM on %s has each command exactly once',
  async (engine) => {
    const options = {
      dataDir: join(folder, engine),
      ...(engine === 'postgres' ? { databaseUrl: await postgres.createDatabase() } : {}),
    }
    let crm: CrmProcess = await startCrmProcess(options)
    const port = Number(new URL(crm.url).port)
    try {
      const { accessToken } = await signIn(crm.url, 'elena', password)
      const user = `Bearer ${accessToken}`
      const { deviceId, secret } = await crmApi(crm.url, user).devices.register({ name: 'Desk' })
      const streamId = newId()
      await crmApi(crm.url, user).sync.registerStream({ streamId, deviceId })
      const desk = crmApi(crm.url, `Device ${deviceId}.${secret}`)

      const contact = contactArgs()
      const tickets = Array.from({ length: commandCount - 1 }, () =>
        ticketArgs({ contactId: contact.id, topicId: 'identity-card' }),
      )
      const commands = [
        command(1, 'contact.open', contact),
        ...tickets.map((ticket, index) => command(index + 2, 'ticket.open', ticket)),
      ]
      const acknowledged = new Map<string, CommandResult>()
      const keep = (results: CommandResult[]) => {
        for (const result of results) {
          expect(acknowledged.get(result.id) ?? result).toEqual(result)
          acknowledged.set(result.id, result)
        }
      }
      let cursor: string | undefined
      let applied = 0
      const appliedSoFar = async () => {
        for (let more = true; more; ) {
          const lines = await pullPage(crm.url, user, { device: deviceId, cursor })
          for (const line of lines) {
            if (line.type === 'applied') applied = line.n
            if (line.type === 'end') ({ cursor, more } = line)
          }
        }
        return applied
      }
      await appliedSoFar()

      for (const death of deaths) {
        // Some are acknowledged before the one push that never ends.
        const { results } = await desk.sync.push({ streamId, commands: commands.slice(0, death - 10) })
        keep(results)
        const cut = desk.sync.push({ streamId, commands }).then(
          () => 'whole',
          () => 'cut',
        )
        // Asked without a pause, the feed would take the push's own time.
        while ((await appliedSoFar()) < death) await delay(20)
        await crm.kill()
        expect(await cut).toBe('cut')
        crm = await startCrmProcess({ ...options, port })
        // What the feed said before the death is still so, and the cursor still fits.
        const before = applied
        expect(await appliedSoFar()).toBeGreaterThanOrEqual(before)
      }

      const { results, lastN } = await desk.sync.push({ streamId, commands })
      keep(results)
      expect(lastN).toBe(commandCount)
      expect([...acknowledged.values()].map((result) => result.status)).toEqual(
        Array(commandCount).fill('applied'),
      )
      const { tickets: found } = await crmApi(crm.url, user).tickets.list({ contactId: contact.id })
      expect(found.map((ticket) => ticket.id).toSorted()).toEqual(
        tickets.map((ticket) => ticket.id).toSorted(),
      )
      const numbers = found.map((ticket) => Number(ticket.protocol?.split('-')[2])).toSorted((a, b) => a - b)
      expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index))
    } finally {
      await crm.stop()
    }
  },
  180_000,
)
