import type { CommandEnvelope } from '#contract/commands/registry.ts'
import { crmPrefix } from '#contract/crm.ts'
import { newId } from '#contract/domain/ids.ts'
import type { CrmUnderTest } from './crm.ts'
import {
  addCitizen,
  addDesk,
  addPerson,
  addSlot,
  addStream,
  bookingArgs,
  command,
  contactArgs,
  fillSmallCity,
  inDays,
  smallCity,
  ticketArgs,
} from './crm-city.ts'
import { drawCommands, type Known } from './fuzz.ts'
import { type OpenApi, readOpenApi } from './openapi.ts'

/** A small city with somebody of every role and things to ask for; and the document that a stranger would read. */
export async function fuzzCity(crm: CrmUnderTest, persons: number) {
  const { db } = crm.store
  await fillSmallCity(db)
  const uuids: string[] = [newId()]
  for (let day = 2; day < 12; day += 1) uuids.push(await addSlot(db, { startsAt: inDays(day), capacity: 3 }))
  const citizen = await addCitizen(db, { email: 'citizen@example.org' })
  uuids.push(citizen.id)
  for (let i = 0; i < 4; i += 1) uuids.push((await addCitizen(db, { email: `citizen-${i}@example.org` })).id)
  const authorizations: (string | null)[] = []
  const everybody = () => addPerson(crm, { roles: ['operator', 'specialist', 'supervisor', 'administrator'] })
  const signIn = async () => (await everybody()).authorization
  for (let i = 0; i < persons; i += 1) {
    const person = await everybody()
    authorizations.push(person.authorization)
    const desk = await addDesk(crm, person)
    uuids.push(desk.deviceId, await addStream(person, desk))
    // Fewer: a device may do little.
    if (i % 3 === 0) authorizations.push(desk.authorization)
  }
  const slugs = Object.values(smallCity)
  const author = await addPerson(crm)
  const desk = await addDesk(crm, author)
  const streamId = await addStream(author, desk)
  const response = await fetch(`${crm.url}${crmPrefix}/openapi.json`)
  const api: OpenApi = readOpenApi(await response.json())
  // A call, a request and two appointments: what other requests ask for.
  const contact = contactArgs({ citizenId: citizen.id })
  const visits = await Promise.all(
    [20, 21].map(async (day) => ({
      id: await addSlot(db, { startsAt: inDays(day), capacity: 2 }),
      startsAt: inDays(day),
    })),
  )
  const ticket = ticketArgs({ contactId: contact.id, topicId: smallCity.topic })
  const bookings = visits.map((slot) => bookingArgs(slot, { contactId: contact.id }))
  const before = [
    command(1, 'contact.open', contact),
    command(2, 'ticket.open', ticket),
    ...bookings.map((booking, i) => command(i + 3, 'appointment.book', booking)),
  ]
  const { results } = await desk.api.sync.push({ streamId, commands: before })
  if (results.some(({ status }) => status !== 'applied')) throw new Error(JSON.stringify(results))
  const n = before.length + 1
  uuids.push(contact.id, ticket.id, ...bookings.map(({ id }) => id))
  const known: Known = { uuids, slugs }
  const base = `${crm.url}${crmPrefix}`
  return {
    ...{ api, known, authorizations, base, signIn },
    /** What takes a form, asked for a request that is there. */
    forms: {
      api: { ...api, operations: api.operations.filter(({ form }) => form !== null) },
      known: { uuids: [ticket.id, ticket.id, newId()], slugs },
      authorizations: authorizations.filter((one) => one?.startsWith('Bearer ')),
      base,
      signIn,
    },
    /** Pushes commands that somebody made of the document; tells which of them the CRM did not plan for. */
    async pushCommands(count: number, seed: number) {
      const commands = drawCommands(api, known, { count, n, seed }) as CommandEnvelope[]
      const unplanned: unknown[] = []
      let applied = 0
      for (let at = 0; at < commands.length; at += 25) {
        const { results } = await desk.api.sync.push({ streamId, commands: commands.slice(at, at + 25) })
        for (const result of results) {
          if (result.status === 'applied') applied += 1
          if (result.fault?.kind === 'internal') unplanned.push(commands[result.n - n])
        }
      }
      return { applied, unplanned: unplanned.slice(0, 5).map((command) => JSON.stringify(command)) }
    },
  }
}
