import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Appointment } from '#contract/domain/appointment.ts'
import { newId } from '#contract/domain/ids.ts'
import { type CrmApi, crmApi, startCrmProcess } from '../support/crm.ts'
import { command, contactArgs, inDays } from '../support/crm-city.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { signIn } from '../support/sign-in.ts'

const password = 'ascolto-prova'
const bookings = 200
/** The process dies when so many are acknowledged, with all others under way. */
const death = 60

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

type Booking = Parameters<CrmApi['appointments']['book']>[0]

/** Holds on free places of the city's own agenda. */
async function hold(api: CrmApi, contactId: string): Promise<Booking[]> {
  const [from, to] = [inDays(1).slice(0, 10), inDays(20).slice(0, 10)]
  const { slots } = await api.appointments.slots({ agenda: 'identity', from, to })
  const made: Booking[] = []
  for (const slot of slots) {
    if (made.length === bookings) break
    if (slot.booked >= slot.capacity) continue
    const place = { serviceIds: ['identity-card'], officeId: slot.officeId, startsAt: slot.startsAt }
    const holdId = newId()
    await api.appointments.hold({ id: holdId, ...place, minutes: 10 })
    made.push({ id: newId(), ...place, holdId, contactId, channel: 'phone', notify: ['sms'] })
  }
  expect(made).toHaveLength(bookings)
  return made
}

test.each(['pglite', 'postgres'] as const)(
  `killed in the middle of ${bookings} confirmations, the CRM on %s has each whole or not at all, and none doubled when retried`,
  async (engine) => {
    const options = {
      dataDir: join(folder, engine),
      ...(engine === 'postgres' ? { databaseUrl: await postgres.createDatabase() } : {}),
    }
    let crm = await startCrmProcess(options)
    const port = Number(new URL(crm.url).port)
    // On PostgreSQL another process lives on, and takes over.
    const other = engine === 'postgres' ? await startCrmProcess(options) : null
    try {
      const signedIn = async (url: string) => {
        const { accessToken } = await signIn(url, 'elena', password)
        return crmApi(url, `Bearer ${accessToken}`)
      }
      const api = await signedIn(crm.url)
      const witness = other ? await signedIn(other.url) : api
      const { deviceId, secret } = await api.devices.register({ name: 'Desk' })
      const streamId = newId()
      await api.sync.registerStream({ streamId, deviceId })
      const contact = contactArgs()
      await crmApi(crm.url, `Device ${deviceId}.${secret}`).sync.push({
        streamId,
        commands: [command(1, 'contact.open', contact)],
      })
      const made = await hold(api, contact.id)

      const acknowledged = new Map<string, Appointment>()
      const killed = Promise.withResolvers<void>()
      const sent = Promise.allSettled(
        made.map(async (booking) => {
          const answer = await api.appointments.book(booking)
          acknowledged.set(answer.id, answer)
          if (acknowledged.size === death) killed.resolve(crm.kill())
        }),
      )
      await killed.promise
      await sent
      expect(acknowledged.size).toBeGreaterThanOrEqual(death)
      expect(acknowledged.size).toBeLessThan(bookings)
      if (!other) crm = await startCrmProcess({ ...options, port })

      const stored = async () => (await witness.appointments.list({ contactId: contact.id })).appointments
      const whole = (row: Appointment) => [
        row.state,
        row.slotIds.length,
        row.counter !== null,
        row.code !== null,
      ]
      const before = await stored()
      for (const row of before) expect(whole(row)).toEqual(['confirmed', 1, true, true])
      for (const [id, answer] of acknowledged) {
        expect(before.find((row) => row.id === id)).toEqual(answer)
      }

      // The desk does not know which came through: it sends all of them again.
      const answers = await Promise.all(made.map((booking) => witness.appointments.book(booking)))
      const after = await stored()
      expect(after.map(({ id }) => id).toSorted()).toEqual(made.map(({ id }) => id).toSorted())
      for (const row of before) expect(after.find(({ id }) => id === row.id)).toEqual(row)
      expect(new Set(answers.map(({ code }) => code)).size).toBe(bookings)
      const seats = after.map((row) => `${row.slotIds.join()} ${row.counter}`)
      expect(new Set(seats).size).toBe(bookings)
      process.stdout.write(
        `${engine}: ${acknowledged.size} acknowledged and ${before.length} there when the process died, ${after.length} of ${bookings} after the retry\n`,
      )
    } finally {
      await crm.stop()
      await other?.stop()
    }
  },
  180_000,
)
