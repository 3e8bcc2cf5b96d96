import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { emptyTicketDraft, filePartBytes, type ListedTicket } from '#contract/desk-tickets.ts'
import type { User } from '#contract/domain/agent.ts'
import { newId } from '#contract/domain/ids.ts'
import type { TicketAction } from '#contract/domain/ticket-act.ts'
import { act } from '../../src/crm/tickets/act.ts'
import { open } from '../../src/crm/tickets/commands.ts'
import { type DeskClient, startHost, type TestHost, until } from '../support/host.ts'
import { openTestCity, type TestCity } from '../support/test-city.ts'

let city: TestCity
let hosts: TestHost[]
let elena: DeskClient
let luca: DeskClient
beforeAll(async () => {
  city = await openTestCity()
  hosts = await Promise.all([startHost({ crmUrl: city.url }), startHost({ crmUrl: city.url })])
  for (const [i, login] of ['elena', 'luca'].entries()) await hosts[i]?.comeIn(login)
  ;[elena, luca] = hosts.map(({ client }) => client) as [DeskClient, DeskClient]
})
afterAll(async () => {
  for (const host of hosts) await host.stop()
  await city.close()
})

const fresh: string[] = []
async function signedIn(client: DeskClient): Promise<User> {
  const session = await until(await client.session.watch(), (now) => now.phase === 'signed-in')
  if (session.phase !== 'signed-in') throw new Error('nobody signed in')
  return session.user
}

/** A request of Elena's teams, who alone may take it, that nobody here has touched yet. */
async function someTicket(): Promise<ListedTicket> {
  const { teams } = await signedIn(elena)
  const { tickets } = await elena.tickets.list({ which: 'team', team: null })
  const found = tickets.find(
    ({ ticket }) =>
      ticket.status === 'in-progress' && teams.includes(ticket.team) && !fresh.includes(ticket.id),
  )?.ticket
  if (!found) throw new Error('the city has too few requests')
  fresh.push(found.id)
  return found
}
const doIt = (client: DeskClient, ticketId: string, action: TicketAction, revision = 0) =>
  client.tickets.act({ ticketId, action, revision })
const seen = (
  client: DeskClient,
  ticketId: string,
  fits: (one: Awaited<ReturnType<DeskClient['tickets']['get']>>) => boolean,
) => expect.poll(async () => fits(await client.tickets.get({ ticketId })), { timeout: 15_000 }).toBe(true)

test('lists from the cache, the most urgent first; what one desk does the other sees', async () => {
  const { tickets } = await elena.tickets.list({ which: 'watch', team: null })
  const days = tickets.map(({ clock }) => clock.days)
  expect(days).toEqual(days.toSorted((a, b) => a - b))
  expect(tickets.every(({ clock }) => clock.state !== 'met' && clock.days <= 5)).toBe(true)
  // What was asked, and of whom, is in none: nobody journals the reading of a list.
  const shown = ['assigneeName', 'id', 'kind', 'protocol', 'status', 'team', 'topicId']
  expect([...new Set(tickets.flatMap(({ ticket }) => Object.keys(ticket)))].toSorted()).toEqual(shown)
  expect(Object.keys(tickets[0]?.clock ?? {}).toSorted()).toEqual(['days', 'state', 'unsent'])

  const { id, team } = await someTicket()
  const me = await signedIn(elena)
  await doIt(elena, id, { do: 'assign', assigneeId: me.id, from: null })
  const mine = await elena.tickets.list({ which: 'mine', team: null })
  expect(mine.tickets.map(({ ticket }) => ticket.id)).toEqual([id])
  await doIt(elena, id, { do: 'note', text: 'Vista insieme.' })
  await seen(luca, id, ({ entries }) => {
    const last = entries.at(-1)?.what
    return last?.did === 'noted' && last.text === 'Vista insieme.'
  })
  const { ticket, entries } = await luca.tickets.get({ ticketId: id })
  expect([ticket.assigneeName, entries.at(-1)?.authorName]).toEqual(['Elena Ferri', 'Elena Ferri'])
  expect((await elena.tickets.list({ which: 'team', team })).tickets.map((one) => one.ticket.id)).toContain(
    id,
  )
})

test('a request is found by its protocol number: from the cache, one that only the CRM holds, and not for sure without it', async () => {
  const { tickets } = await elena.tickets.list({ which: 'watch', team: null })
  const here = tickets[0]?.ticket
  const named = here?.protocol ?? ''
  const inCache = { ticket: { id: here?.id, topicId: here?.topicId }, complete: true }
  expect(await elena.tickets.byProtocol({ protocol: named.toLowerCase() })).toMatchObject(inCache)

  const old = { id: newId(), kind: 'complaint', topicId: 'waste-tax', text: 'Di mesi fa.' } as const
  const receivedAt = new Date(Date.now() - 120 * 86_400_000).toISOString()
  const author = await city.store.db
    .selectFrom('users')
    .select(['id', 'teams', 'roles'])
    .where('login', '=', 'paolo')
    .executeTakeFirstOrThrow()
  const protocol = await city.store.db.transaction().execute(async (trx) => {
    const now = new Date()
    await open(trx, now, { ...old, receivedAt, citizenId: null, contactId: null })
    const closing = { do: 'move', to: 'closed', reason: null, closedFor: 'withdrawn' } as const
    await act({ trx, author, now, at: now.toISOString() }, { id: newId(), ticketId: old.id, action: closing })
    const { protocol: given } = await trx
      .selectFrom('tickets')
      .select('protocol')
      .where('id', '=', old.id)
      .executeTakeFirstOrThrow()
    return given
  })
  expect(await elena.tickets.byProtocol({ protocol })).toMatchObject({
    ...{ ticket: { id: old.id, status: 'closed', citizenId: null }, complete: true },
  })
  const none = { ticket: null, complete: true }
  expect(await elena.tickets.byProtocol({ protocol: 'R-2026-999999' })).toEqual(none)

  await city.down()
  expect(await elena.tickets.byProtocol({ protocol: named })).toMatchObject(inCache)
  expect(await elena.tickets.byProtocol({ protocol })).toEqual({ ...none, complete: false })
  await city.up()
  await elena.system.retry()
  await until(await elena.system.watch(), ({ crm }) => crm.state === 'reachable')
})

test('a colleague’s change leaves a draft alone; an answer that the CRM refuses comes back into it', async () => {
  const { id, team } = await someTicket()
  const draft = {
    ...emptyTicketDraft,
    channel: 'email' as const,
    note: 'mezza nota',
    message: 'Gentile signora',
    answers: true,
  }
  const kept = await luca.tickets.saveDraft({ ticketId: id, revision: 0, draft })
  await doIt(elena, id, {
    do: 'hand-over',
    team: 'mobility',
    reason: 'riguarda le strade',
    reference: null,
    from: team,
  }).catch(() =>
    doIt(elena, id, {
      do: 'hand-over',
      team: 'taxes',
      reason: 'riguarda i tributi',
      reference: null,
      from: team,
    }),
  )
  await seen(luca, id, ({ entries }) => entries.at(-1)?.what.did === 'handed-over')
  expect((await luca.tickets.get({ ticketId: id })).kept).toEqual(kept)
  expect((await elena.tickets.get({ ticketId: id })).kept.draft).toEqual(emptyTicketDraft)

  // The CRM is away; meanwhile somebody else closes the request there.
  await city.down()
  const after = await doIt(
    luca,
    id,
    { do: 'tell', channel: 'email', text: 'Gentile signora', answers: true },
    kept.revision,
  )
  expect(after.draft).toEqual({ ...draft, message: '', answers: false })
  expect((await luca.tickets.get({ ticketId: id })).ticket.status).toBe('answered')
  const author = await city.store.db
    .selectFrom('users')
    .select(['id', 'teams', 'roles'])
    .where('login', '=', 'paolo')
    .executeTakeFirstOrThrow()
  await city.store.db.transaction().execute((trx) =>
    act(
      { trx, author, now: new Date(), at: new Date().toISOString() },
      {
        ticketId: id,
        id: newId(),
        action: { do: 'move', to: 'closed', reason: null, closedFor: 'withdrawn' },
      },
    ),
  )
  await city.up()
  await luca.system.retry()
  const refused = async () => (await luca.outbox.list()).entries.find(({ state }) => state === 'refused')
  await expect.poll(refused, { timeout: 20_000 }).toBeDefined()
  const entry = await refused()
  expect(entry?.fault).toMatchObject({ code: 'ticket-refused', params: { why: 'illegal-move' } })
  expect(await luca.tickets.takeBack({ commandId: entry?.commandId ?? '' })).toEqual({ ticketId: id })
  // What others did comes with the next page of the feed.
  await seen(luca, id, ({ ticket }) => ticket.status === 'closed')
  const back = await luca.tickets.get({ ticketId: id })
  expect(back.kept.draft).toEqual(draft)
  expect(back.ticket.status).toBe('closed')
  expect(await refused()).toBeUndefined()
  // The desk knows now that it cannot be, and says so before it is sent.
  await expect(
    doIt(luca, id, { do: 'tell', channel: 'email', text: draft.message, answers: true }, back.kept.revision),
  ).rejects.toMatchObject({ data: { code: 'ticket-refused' } })
  expect((await luca.tickets.get({ ticketId: id })).kept.draft).toEqual(draft)
})

test('whose a request is can be said without the CRM; it counts here at once, and there when the CRM is back', async () => {
  const other = await elena.tickets.get({ ticketId: fresh[0] ?? (await someTicket()).id })
  const citizenId = other.ticket.citizenId ?? ''
  const asked = { id: newId(), kind: 'complaint', topicId: 'waste-tax', text: 'Senza nome.' } as const
  await city.store.db.transaction().execute(async (trx) => {
    const now = new Date()
    await open(trx, now, { ...asked, receivedAt: now.toISOString(), citizenId: null, contactId: null })
  })
  const { id: ticketId } = asked
  await seen(elena, ticketId, ({ from }) => from === 'cache')
  await city.down()
  await doIt(elena, ticketId, { do: 'identify', citizenId, reason: null, from: null })
  const here = await elena.tickets.get({ ticketId })
  expect(here).toMatchObject({ ticket: { citizenId }, citizenName: other.citizenName })
  expect(here.entries).toMatchObject([{ version: 0, what: { did: 'identified', toId: citizenId } }])
  await city.up()
  await elena.system.retry()
  await seen(
    luca,
    ticketId,
    ({ ticket, citizenName }) => ticket.citizenId === citizenId && citizenName !== null,
  )
  await seen(elena, ticketId, ({ entries }) => entries[0]?.version === 1)
})

test('two desks at one request see each other; without the CRM that is not known', async () => {
  const { id } = await someTicket()
  const look = async (client: DeskClient, writing = false) => {
    const { others, known } = await client.tickets.present({ ticketId: id, writing })
    return known ? others.map(({ name, writing: w }) => `${name}${w ? ' writes' : ''}`) : 'unknown'
  }
  expect(await look(elena)).toEqual([])
  expect(await look(luca, true)).toEqual(['Elena Ferri'])
  expect(await look(elena)).toEqual(['Luca Bianchi writes'])
  await luca.tickets.leave({ ticketId: id })
  expect(await look(elena)).toEqual([])
  await city.down()
  expect(await look(elena)).toBe('unknown')
  await city.up()
  await until(await elena.system.watch(), (now) => now.crm.state === 'reachable')
})

test('a file goes to the CRM in parts and comes back in parts, to the other desk', async () => {
  const { id: ticketId } = await someTicket()
  const content = Buffer.from('riga di testo\n'.repeat(60_000))
  const send = async (bytes: Buffer, name: string) => {
    const file = { ticketId, id: newId(), name, size: bytes.byteLength }
    let entry = null
    for (let from = 0; from < bytes.byteLength; from += filePartBytes) {
      const base64 = bytes.subarray(from, from + filePartBytes).toString('base64')
      entry = (await elena.tickets.attach({ ...file, from, base64 })).entry
    }
    return entry
  }
  const entry = await send(content, 'righe.txt')
  expect(entry?.what).toMatchObject({ did: 'attached', attachment: { type: 'text/plain' } })
  await seen(luca, ticketId, ({ entries }) => entries.some(({ id }) => id === entry?.id))
  const parts: Buffer[] = []
  for (let from = 0; ; ) {
    const { base64, size } = await luca.tickets.attachment({ ticketId, id: entry?.id ?? '', from })
    parts.push(Buffer.from(base64, 'base64'))
    from += parts.at(-1)?.byteLength ?? 0
    if (from >= size) break
  }
  const hash = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
  expect(hash(Buffer.concat(parts))).toBe(hash(content))

  const eicar = `X5O!P%@AP[4\\PZX54(P^)7CC)7}$${'EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'}`
  await expect(send(Buffer.from(eicar), 'fattura.txt')).rejects.toMatchObject({
    ...{ data: { code: 'attachment-refused', params: { why: 'infected' } } },
  })
  // Parts that do not follow each other are none.
  const stray = { ticketId, id: newId(), name: 'x.txt', size: 10, from: 5, base64: 'aGFsbG8=' }
  await expect(elena.tickets.attach(stray)).rejects.toMatchObject({ data: { kind: 'invalid' } })
})

test('a request with a person is journaled as read, once, also from the cache', async () => {
  const { id } = await someTicket()
  for (let time = 0; time < 3; time += 1) await elena.tickets.get({ ticketId: id })
  const reads = async () =>
    (
      await city.store.db
        .selectFrom('reads')
        .select('source')
        .where('reason_kind', '=', 'ticket')
        .where('reason_id', '=', id)
        .execute()
    ).map(({ source }) => source)
  await expect.poll(reads, { timeout: 15_000 }).toEqual(['cache'])
})
