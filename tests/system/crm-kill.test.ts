import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CommandArgs, CommandEnvelope, CommandName, CommandResult } from '#contract/commands/registry.ts'
import { newId } from '#contract/domain/ids.ts'
import { type CrmApi, type CrmProcess, crmApi, pullPage, startCrmProcess } from '../support/crm.ts'
import { bookingArgs, command, contactArgs, inDays, ticketArgs } from '../support/crm-city.ts'
import { startCityPostgres, type TestPostgres } from '../support/postgres.ts'
import { signIn } from '../support/sign-in.ts'

const password = 'ascolto-prova'
const visits = 11
/** The CRM dies when this many commands are in, in the middle of a push of all that are left. */
const deaths = [20, 50]

let postgres: TestPostgres
let folder: string
beforeAll(async () => {
  postgres = await startCityPostgres()
  folder = await mkdtemp(join(tmpdir(), 'ascolto-kill-'))
})
afterAll(async () => {
  await postgres.stop()
  await rm(folder, { recursive: true, force: true })
})

type Booking = CommandArgs['appointment.book']

/** Visits of the city's own agenda, each with its seat kept. */
async function keptVisits(api: CrmApi, contactId: string): Promise<Booking[]> {
  const [from, to] = [inDays(1).slice(0, 10), inDays(20).slice(0, 10)]
  const { slots } = await api.appointments.slots({ agenda: 'identity', from, to })
  const free = slots.filter(({ booked, capacity }) => booked < capacity).slice(0, visits)
  return Promise.all(
    free.map(async (slot) => {
      const place = { serviceIds: ['identity-card'], officeId: slot.officeId }
      const holdId = newId()
      await api.appointments.hold({ id: holdId, ...place, startsAt: slot.startsAt, minutes: 10 })
      return bookingArgs(slot, { ...place, holdId, contactId })
    }),
  )
}

/** What a desk does in a day, around each visit: a call with its note, a request that is worked on, the visit, and what is refused. */
function dayOf(bookings: readonly Booking[], contact: CommandArgs['contact.open']) {
  const topicId = 'identity-card'
  const commands: CommandEnvelope[] = []
  const told = <N extends CommandName>(name: N, args: CommandArgs[N]) => {
    const one = command(commands.length + 1, name, args)
    commands.push(one)
    return one.id
  }
  told('contact.open', contact)
  const refused = new Set<string>()
  const rounds = bookings.map((booking) => {
    const [call, ticket] = [contactArgs(), ticketArgs({ contactId: contact.id, topicId })]
    told('contact.open', call)
    told('ticket.open', ticket)
    const entries = [newId(), newId()] as const
    told('ticket.note', { id: entries[0], ticketId: ticket.id, text: 'Sentito l’ufficio.' })
    const move = { to: 'in-progress', reason: null, closedFor: null } as const
    told('ticket.move', { id: entries[1], ticketId: ticket.id, ...move })
    told('appointment.book', booking)
    refused.add(told('ticket.open', ticketArgs({ contactId: contact.id, topicId: 'nowhere' })))
    refused.add(told('appointment.book', { ...booking, id: newId(), serviceIds: ['nowhere'] }))
    const note = `Nota ${call.id}`
    told('contact.close', {
      ...{ contactId: call.id, endedAt: new Date().toISOString(), topicId, outcome: 'resolved' },
      ...{ citizenId: null, identification: 'none', triedBefore: [], triedDetail: '', onBehalfOf: null },
      ...{ lineScore: null, note },
    })
    return { call, note, ticket, entries, booking }
  })
  // Long enough that the push is still under way when the kill reaches the process.
  for (let calls = 0; calls < 60; calls++) told('contact.open', contactArgs())
  return { commands, refused, rounds }
}

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
      const { commands, refused, rounds } = dayOf(
        await keptVisits(crmApi(crm.url, user), contact.id),
        contact,
      )
      expect(rounds).toHaveLength(visits)
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
      expect(lastN).toBe(commands.length)
      const fates = commands.map(({ id }) => [id, acknowledged.get(id)?.status])
      expect(fates).toEqual(commands.map(({ id }) => [id, refused.has(id) ? 'refused' : 'applied']))

      const api = crmApi(crm.url, user)
      const { tickets: found } = await api.tickets.list({ contactId: contact.id })
      const idsOf = (rows: readonly { id: string }[]) => rows.map(({ id }) => id).toSorted()
      expect(idsOf(found)).toEqual(idsOf(rounds.map(({ ticket }) => ticket)))
      const { appointments } = await api.appointments.list({ contactId: contact.id })
      expect(idsOf(appointments)).toEqual(idsOf(rounds.map(({ booking }) => booking)))
      expect(new Set(appointments.map(({ code }) => code)).size).toBe(visits)
      expect(appointments.every(({ state }) => state === 'confirmed')).toBe(true)
      for (const { call, note, ticket, entries } of rounds) {
        expect(await api.contacts.get({ id: call.id })).toMatchObject({ note, outcome: 'resolved' })
        const { entries: history } = await api.tickets.get({ id: ticket.id })
        expect(history.map(({ id }) => id).toSorted()).toEqual(entries.toSorted())
      }
      // Each effect has one entry in the audit, and what was refused none.
      const administrator = await signIn(crm.url, 'admin', password)
      const audit = crmApi(crm.url, `Bearer ${administrator.accessToken}`).audit
      const { entries } = await audit.list({ limit: 200 })
      const audited = entries.flatMap(({ commandId }) => commandId ?? [])
      expect(audited.toSorted()).toEqual(commands.flatMap(({ id }) => (refused.has(id) ? [] : id)).toSorted())
      const numbers = found.map((ticket) => Number(ticket.protocol?.split('-')[2])).toSorted((a, b) => a - b)
      expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index))
    } finally {
      await crm.stop()
    }
  },
  180_000,
)
