import { Agent, request } from 'node:http'
import { sql } from 'kysely'
import type { CommandEnvelope } from '#contract/commands/registry.ts'
import { crmPrefix } from '#contract/crm.ts'
import { newId } from '#contract/domain/ids.ts'
import type { Store } from '../../../src/crm/store/store.ts'
import { addDesk, addPerson, addStream, command, contactArgs } from '../../support/crm-city.ts'

type Caller = { id: string; number: string }
export type BusyDesk = { authorization: string; device: string; streamId: string; n: number }

/** So many desks, each with somebody signed in and a stream of commands; and the callers they will have. */
export async function openDesks(
  crm: { url: string; store: Store },
  count: number,
): Promise<{ desks: BusyDesk[]; callers: Caller[] }> {
  const { rows: callers } = await sql<Caller>`
    select c.id, p.number from citizens c join citizen_phones p on p.citizen_id = c.id and p.position = 0
    order by md5(c.id::text) limit 20000`.execute(crm.store.db)
  const desks: BusyDesk[] = []
  while (desks.length < count) {
    const person = await addPerson(crm)
    const desk = await addDesk(crm, person)
    const streamId = await addStream(person, desk)
    desks.push({ authorization: person.authorization, device: desk.authorization, streamId, n: 0 })
  }
  return { desks, callers }
}

/** Who calls from a number, audited. Throws for any answer but 200. */
export async function read(url: string, desk: BusyDesk, caller: Caller): Promise<void> {
  const question = { number: caller.number, contactId: newId() }
  await answered(`${url}${crmPrefix}/caller-context`, desk.authorization, JSON.stringify(question))
}

/** A call was answered: the command `contact.open`, pushed by the desk. */
export async function write(url: string, desk: BusyDesk, caller: Caller): Promise<void> {
  desk.n += 1
  const args = contactArgs({ citizenId: caller.id, callerNumber: caller.number })
  const commands: CommandEnvelope[] = [command(desk.n, 'contact.open', args)]
  const path = `${url}${crmPrefix}/sync/streams/${desk.streamId}/commands`
  const text = await answered(path, desk.device, JSON.stringify({ commands }))
  if (!text.includes('"applied"')) throw new Error(`not applied: ${text}`)
}

// A caller that costs as little as it can: what is measured is the CRM.
const agent = new Agent({ keepAlive: true })

function answered(address: string, authorization: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    }
    const sent = request(address, { method: 'POST', agent, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part) => {
        text += part
      })
      response.on('end', () =>
        response.statusCode === 200 ? resolve(text) : reject(new Error(`${response.statusCode}: ${text}`)),
      )
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
