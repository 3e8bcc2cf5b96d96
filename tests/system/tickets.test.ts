import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { commandNames, commands } from '#contract/commands/registry.ts'
import { Role } from '#contract/domain/agent.ts'
import { newId } from '#contract/domain/ids.ts'
import { lawBook, lawTerm } from '#contract/domain/reply-term.ts'
import { type TicketStatus, ticketMayBecome } from '#contract/domain/ticket.ts'
import type { TicketAction } from '#contract/domain/ticket-act.ts'
import { act as perform } from '../../src/crm/tickets/act.ts'
import { closeAnswered } from '../../src/crm/tickets/closing.ts'
import { applyRules, readRulebook } from '../../src/crm/tickets/rules.ts'
import { type CrmUnderTest, pullPage, startCrm } from '../support/crm.ts'
import {
  addCitizen,
  addDesk,
  addPerson,
  addStream,
  command,
  contactArgs,
  fillSmallCity,
  type Person,
  smallCity,
  ticketArgs,
} from '../support/crm-city.ts'
import { startPostgres, type TestPostgres, waitingForLocks } from '../support/postgres.ts'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

const eicar = `X5O!P%@AP[4\\PZX54(P^)7CC)7}$${'EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'}`
const png = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')
const states: TicketStatus[] = ['new', 'in-progress', 'waiting-citizen', 'answered', 'resolved', 'closed']
const dayMs = 86_400_000
/** Of two rules the second holds today. */
const closing = [
  { id: 'old', days: 5, validFrom: null, validTo: '2020-12-31' },
  { id: 'now', days: 20, validFrom: '2021-01-01', validTo: null },
]
const ago = (days: number) => new Date(Date.now() - days * dayMs).toISOString()

describe.each(['pglite', 'postgres'] as const)('requests on %s', (engine) => {
  let crm: CrmUnderTest
  /** Of the first level, which sees every team's. */
  let anna: Person
  let specialist: Person
  beforeAll(async () => {
    crm = await startCrm(engine === 'postgres' ? { databaseUrl: await postgres.createDatabase() } : {})
    await fillSmallCity(crm.store.db)
    anna = await addPerson(crm)
    specialist = await addPerson(crm, { roles: ['specialist'], teams: ['registry'] })
  })
  afterAll(() => crm.stop())

  const open = async (over: Partial<ReturnType<typeof ticketArgs>> = {}) =>
    await anna.api.tickets.open(ticketArgs(over))
  const act = async (ticketId: string, action: TicketAction, by = specialist, id = newId()) =>
    await by.api.tickets.act({ ticketId, id, action })
  const refusal = (why: string) => ({ data: { code: 'ticket-refused', params: { why } } })
  const versionOf = async (id: string) => (await anna.api.tickets.get({ id })).ticket.version

  /** What a desk hears from a cursor on, to the end of what there is. */
  const follow = async (person: Person, deviceId: string, cursor?: string) => {
    const lines = []
    for (let more = true, at = cursor; more; ) {
      const page = await pullPage(crm.url, person.authorization, { device: deviceId, cursor: at })
      lines.push(...page)
      const end = page.at(-1)
      more = end?.type === 'end' && end.more
      at = cursor = end?.type === 'end' ? end.cursor : ''
    }
    const about = lines.flatMap((line) =>
      line.type !== 'row' && line.type !== 'gone' ? [] : [`${line.type} ${line.entity} ${line.id}`],
    )
    return { about, cursor }
  }

  test('from receipt to the end: protocol, answer, solution, and a line for each thing that was done', async () => {
    const { id, protocol, team } = await open({ kind: 'complaint' })
    expect([protocol, team]).toEqual([expect.stringMatching(/^R-\d{4}-\d{6}$/), 'registry'])
    await act(id, { do: 'assign', assigneeId: specialist.id, from: null })
    await act(id, { do: 'move', to: 'in-progress', reason: null, closedFor: null })
    await act(id, { do: 'note', text: 'Sentito l’ufficio.' })
    await act(id, { do: 'tell', channel: 'email', text: 'Ecco la risposta.', answers: true })
    await act(id, { do: 'move', to: 'resolved', reason: null, closedFor: null })
    await act(id, { do: 'move', to: 'closed', reason: null, closedFor: null })
    await act(id, { do: 'move', to: 'in-progress', reason: 'ha richiamato', closedFor: null }, anna)
    const { ticket, clock, entries } = await anna.api.tickets.get({ id })
    expect(ticket).toMatchObject({ status: 'in-progress', reopened: 1, assigneeId: specialist.id })
    // Reopened, its clock runs on.
    expect(clock).toMatchObject({ state: 'running', days: expect.any(Number) })
    expect(clock.steps.slice(0, 2).map(({ step }) => step)).toEqual(['received', 'term'])
    expect(entries.map(({ what }) => what.did)).toEqual([
      'assigned',
      'moved',
      'noted',
      'told',
      'moved',
      'moved',
      'moved',
    ])
    expect(entries[3]?.what).toEqual({
      ...{ did: 'told', channel: 'email', text: 'Ecco la risposta.', answered: 'in-progress' },
    })
  })

  test('it is found by its protocol number as it is said, in whatever state, by who may see it, with a trace', async () => {
    const { id: citizenId } = await addCitizen(crm.store.db)
    const { id, protocol } = await open({ citizenId })
    const [, year, number] = /^R-(\d{4})-0*(\d+)$/.exec(protocol ?? '') ?? []
    await act(id, { do: 'move', to: 'closed', reason: null, closedFor: 'withdrawn' })
    const reads = async () =>
      (
        await crm.store.db
          .selectFrom('reads')
          .select(['user_id', 'reason_kind', 'reason_id'])
          .where('citizen_id', '=', citizenId)
          .where('user_id', '=', specialist.id)
          .execute()
      ).length
    const before = await reads()
    for (const said of [protocol ?? '', `r ${year} ${number}`, `${year}/${number}`, `${number}/${year}`])
      expect((await specialist.api.tickets.byProtocol({ protocol: said })).ticket).toMatchObject({
        ...{ id, status: 'closed' },
      })
    expect(await reads()).toBe(before + 4)
    const taxes = await addPerson(crm, { roles: ['specialist'], teams: ['taxes'] })
    for (const none of [protocol ?? '', 'R-2026-999999', 'nobody', '%'])
      expect(await taxes.api.tickets.byProtocol({ protocol: none })).toEqual({ ticket: null })
  })

  test('the same action twice is done once, and an id of another request is refused', async () => {
    const [one, other] = [await open(), await open()]
    const id = newId()
    const note: TicketAction = { do: 'note', text: 'una volta' }
    const [first, again] = [await act(one.id, note, anna, id), await act(one.id, note, anna, id)]
    expect(again).toEqual(first)
    await expect(act(other.id, note, anna, id)).rejects.toMatchObject({ data: { kind: 'conflict' } })
    // The id of something that was done, for something else: it is said, and not done.
    for (const action of [
      { do: 'note', text: 'due volte' },
      { do: 'tell', channel: 'phone', text: 'una volta', answers: false },
      { do: 'suspend', reason: 'una volta' },
    ] satisfies TicketAction[])
      await expect(act(one.id, action, specialist, id)).rejects.toMatchObject({
        data: { kind: 'conflict', params: { field: 'id' } },
      })
    expect((await anna.api.tickets.get({ id: one.id })).entries).toHaveLength(1)
    // Asked at once by several: one of them does it, all are answered alike.
    const twin = newId()
    const texts = await Promise.all([1, 2, 3].map(() => act(one.id, note, anna, twin)))
    expect(new Set(texts.map(({ entry }) => JSON.stringify(entry))).size).toBe(1)
    const opening = ticketArgs()
    const opens = await Promise.all([1, 2, 3].map(() => anna.api.tickets.open(opening)))
    expect(new Set(opens.map((ticket) => ticket.protocol)).size).toBe(1)
    const stolen = await Promise.allSettled([
      act(one.id, note, anna, newId()),
      act(other.id, note, anna, twin),
    ])
    expect(stolen.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    const same = ticketArgs()
    const opened = await anna.api.tickets.open(same)
    expect(await anna.api.tickets.open(same)).toEqual(opened)
    await expect(anna.api.tickets.open({ ...same, text: 'altro' })).rejects.toMatchObject({
      ...{ data: { code: 'ticket-exists' } },
    })
  })

  test('a request that was classified anew answers whoever asks again as they did first, and nobody else', async () => {
    const asked = ticketArgs()
    const { protocol } = await anna.api.tickets.open(asked)
    const classify = (kind: 'complaint' | 'suggestion', from: 'report' | 'complaint') => {
      const { topicId } = asked
      return act(asked.id, {
        do: 'classify',
        ...{ kind, topicId, reason: 'riletta', from: { kind: from, topicId } },
      })
    }
    await classify('complaint', 'report')
    await classify('suggestion', 'complaint')
    expect(await anna.api.tickets.open(asked)).toMatchObject({ protocol, kind: 'suggestion' })
    await expect(anna.api.tickets.open({ ...asked, kind: 'suggestion' })).rejects.toMatchObject({
      data: { code: 'ticket-exists' },
    })
  })

  test('whose a request is may be said later and put right for a reason; desks hear of both persons, and who asks again is answered', async () => {
    const [one, another] = [await addCitizen(crm.store.db), await addCitizen(crm.store.db)]
    const { deviceId } = await addDesk(crm, anna)
    let { cursor } = await follow(anna, deviceId)
    const asked = ticketArgs()
    const { protocol } = await anna.api.tickets.open(asked)
    const say = async (citizenId: string | null, from: string | null, reason: string | null, id = newId()) =>
      act(asked.id, { do: 'identify', citizenId, reason, from }, specialist, id)
    const heard = async () => {
      const { about, cursor: next } = await follow(anna, deviceId, cursor)
      cursor = next
      return about
    }
    await heard()

    const first = newId()
    const given = await say(one.id, null, null, first)
    expect(given.ticket).toMatchObject({ citizenId: one.id, protocol })
    expect(given.entry.what).toEqual({ did: 'identified', fromId: null, toId: one.id, reason: null })
    expect(await heard()).toEqual(
      expect.arrayContaining([
        ...[`row ticket ${asked.id}`, `row ticket-entry ${first}`, `row citizen ${one.id}`],
      ]),
    )
    expect((await anna.api.tickets.list({ citizenId: one.id })).tickets.map(({ id }) => id)).toEqual([
      asked.id,
    ])
    await expect(say(another.id, null, null)).rejects.toMatchObject(refusal('changed'))
    await expect(say(another.id, one.id, null)).rejects.toMatchObject(refusal('needs-reason'))
    await expect(say(newId(), one.id, 'x')).rejects.toMatchObject({ data: { code: 'citizen-gone' } })

    await say(another.id, one.id, 'un omonimo')
    // Whom nothing else brings to a desk leaves it.
    expect(await heard()).toEqual(
      expect.arrayContaining([`row citizen ${another.id}`, `gone citizen ${one.id}`]),
    )
    await say(null, another.id, 'nemmeno')
    expect(await heard()).toContain(`gone citizen ${another.id}`)
    await act(asked.id, { do: 'move', to: 'closed', reason: null, closedFor: 'anonymous' })
    await say(one.id, null, null)

    expect(await anna.api.tickets.open(asked)).toMatchObject({ protocol, citizenId: one.id })
    await expect(anna.api.tickets.open({ ...asked, citizenId: one.id })).rejects.toMatchObject({
      data: { code: 'ticket-exists' },
    })
  })

  test('whoever was joined with another since is the other, for who says it and for who says it again', async () => {
    const [kept, merged] = [await addCitizen(crm.store.db), await addCitizen(crm.store.db)]
    const { id } = await open()
    const [said, action] = [
      newId(),
      { do: 'identify', citizenId: merged.id, reason: null, from: null } as const,
    ]
    await act(id, action, anna, said)
    const desk = await addDesk(crm, anna)
    const merge = command(1, 'citizen.merge', {
      ...{ id: newId(), keptId: kept.id, mergedId: merged.id, take: [], seen: { kept: {}, merged: {} } },
    })
    const lead = await addPerson(crm, { roles: ['supervisor'] })
    const leads = await addDesk(crm, lead)
    await leads.api.sync.push({ streamId: await addStream(lead, leads), commands: [merge] })
    expect((await act(id, action, anna, said)).ticket.citizenId).toBe(kept.id)
    // A desk that was away knows the record that is a pointer by now.
    const away = command(1, 'ticket.identify', {
      ...{ id: newId(), ticketId: id, citizenId: null, reason: 'un omonimo', from: merged.id },
    })
    const streamId = await addStream(anna, desk)
    const { results } = await desk.api.sync.push({ streamId, commands: [away] })
    expect(results.map(({ status }) => status)).toEqual(['applied'])
    const again = { ...action, citizenId: merged.id }
    expect((await act(id, again, anna)).ticket.citizenId).toBe(kept.id)
  })

  test('another team: the clock is the same, it is counted, and its history goes where it goes', async () => {
    const stranger = await addPerson(crm, { roles: ['specialist'], teams: ['taxes'] })
    const [here, there] = [await addDesk(crm, specialist), await addDesk(crm, stranger)]
    const { id, dueOn } = await open({ receivedAt: ago(12) })
    await act(id, { do: 'note', text: 'prima' })
    const [mine, theirs] = [await follow(specialist, here.deviceId), await follow(stranger, there.deviceId)]
    expect(theirs.about.some((line) => line.includes(id))).toBe(false)
    const [note] = (await anna.api.tickets.get({ id })).entries
    const moved = await act(id, {
      do: 'hand-over',
      team: 'taxes',
      reason: 'è la TARI',
      reference: null,
      from: 'registry',
    })
    expect(moved.ticket).toMatchObject({ team: 'taxes', rerouted: 1, dueOn })
    const lost = await follow(specialist, here.deviceId, mine.cursor)
    expect(lost.about).toContain(`gone ticket ${id}`)
    expect(lost.about).toContain(`gone ticket-entry ${note?.id}`)
    const won = await follow(stranger, there.deviceId, theirs.cursor)
    expect(won.about).toContain(`row ticket ${id}`)
    expect(won.about).toContain(`row ticket-entry ${note?.id}`)
    await expect(
      act(id, { do: 'hand-over', team: 'nobody', reason: 'x', reference: null, from: 'taxes' }, anna),
    ).rejects.toMatchObject({
      ...{ data: { code: 'team-unknown' } },
    })
    // Who is not of the team that has it cannot be given it, and does not see it any more.
    await expect(
      act(id, { do: 'assign', assigneeId: specialist.id, from: null }, anna),
    ).rejects.toMatchObject({
      ...{ data: { params: { field: 'assigneeId' } } },
    })
    await expect(act(id, { do: 'note', text: 'x' })).rejects.toMatchObject({ data: { code: 'ticket-gone' } })
  })

  test('a desk cannot push onto a request that another team has; what its author did before stays done', async () => {
    const desk = await addDesk(crm, specialist)
    const streamId = await addStream(specialist, desk)
    let n = 0
    const pushed = async (ticketId: string, action: { id: string; text: string }) => {
      n += 1
      const { results } = await desk.api.sync.push({
        streamId,
        commands: [command(n, 'ticket.note', { ...action, ticketId })],
      })
      return results[0]?.fault?.code ?? results[0]?.status
    }
    const { id } = await open()
    const done = { id: newId(), text: 'finché era nostra' }
    expect(await pushed(id, done)).toBe('applied')
    await act(id, { do: 'hand-over', team: 'taxes', reason: 'è la TARI', reference: null, from: 'registry' })
    expect(await pushed(id, { id: newId(), text: 'non è più nostra' })).toBe('ticket-gone')
    expect(await pushed(id, done)).toBe('applied')
    const { entries } = await anna.api.tickets.get({ id })
    expect(entries.map(({ what }) => what.did)).toEqual(['noted', 'handed-over'])
    await crm.store.db
      .updateTable('tickets')
      .set({ assignee_id: specialist.id })
      .where('id', '=', id)
      .execute()
    expect(await pushed(id, { id: newId(), text: 'ma è mia' })).toBe('applied')
  })

  test('it is received when the CRM’s clock says so, whatever a desk’s clock, and not before its contact began', async () => {
    const received = async (over: Parameters<typeof ticketArgs>[0], sentAt?: string) => {
      const desk = await addDesk(crm, anna)
      const streamId = await addStream(anna, desk)
      const args = ticketArgs(over)
      const { results } = await desk.api.sync.push({
        ...{ streamId, commands: [command(1, 'ticket.open', args)] },
        ...(sentAt ? { sentAt } : {}),
      })
      expect(results[0]?.status).toBe('applied')
      const { ticket } = await anna.api.tickets.get({ id: args.id })
      return Math.round((Date.parse(ticket.receivedAt) - Date.now()) / (dayMs / 24))
    }
    // Two hours ago, on clocks that are three days behind or ahead, and on one that is right, after a day away.
    expect(await received({ receivedAt: ago(3 + 1 / 12) }, ago(3))).toBe(-2)
    expect(await received({ receivedAt: ago(-3 + 1 / 12) }, ago(-3))).toBe(-2)
    expect(await received({ receivedAt: ago(1 + 1 / 12) }, ago(0))).toBe(-26)
    const called = async (hoursAgo: number, clock = 0) => {
      const [startedAt, sentAt] = [ago(hoursAgo / 24 - clock), ago(-clock)]
      const contact = contactArgs({ startedAt, answeredAt: startedAt })
      const desk = await addDesk(crm, anna)
      const streamId = await addStream(anna, desk)
      await desk.api.sync.push({ streamId, sentAt, commands: [command(1, 'contact.open', contact)] })
      return contact.id
    }
    expect(await received({ receivedAt: ago(5), contactId: await called(6) })).toBe(-6)
    // In a call of six hours ago, on clocks that are three days ahead and behind.
    for (const clock of [3, -3]) {
      const made = { receivedAt: ago(5 / 24 - clock), contactId: await called(6, clock) }
      expect(await received(made, ago(-clock))).toBe(-5)
    }
  })

  test('an old one stays with the desks while it is open, and leaves them with its history when it is closed', async () => {
    const old = await open({ receivedAt: ago(120) })
    await act(old.id, { do: 'note', text: 'ancora aperta' })
    const [note] = (await anna.api.tickets.get({ id: old.id })).entries
    const desk = await addDesk(crm, specialist)
    const held = await follow(specialist, desk.deviceId)
    expect(held.about).toEqual(
      expect.arrayContaining([`row ticket ${old.id}`, `row ticket-entry ${note?.id}`]),
    )
    await act(old.id, { do: 'move', to: 'closed', reason: null, closedFor: 'withdrawn' })
    const { about } = await follow(specialist, desk.deviceId, held.cursor)
    expect(about).toEqual(expect.arrayContaining([`gone ticket ${old.id}`, `gone ticket-entry ${note?.id}`]))
  })

  test('stopped, gone on and extended with reasons, as the rules of the city say', async () => {
    const { id, dueOn: from } = await open({ receivedAt: ago(20) })
    const extend = (days: number): TicketAction => ({ do: 'extend', days, reason: 'sopralluogo', from })
    await expect(act(id, extend(61))).rejects.toMatchObject(refusal('exhausted'))
    await act(id, extend(10))
    await act(id, { do: 'move', to: 'waiting-citizen', reason: 'manca un documento', closedFor: null })
    expect((await anna.api.tickets.get({ id })).clock).toMatchObject({ state: 'stopped', extensionLeft: 50 })
    await act(id, { do: 'resume' })
    await expect(act(id, { do: 'resume' })).rejects.toMatchObject(refusal('running'))
    // Nobody of the first level spends the one stop that the law gives.
    const waiting = await open({ receivedAt: ago(20) })
    const wait: TicketAction = { do: 'move', to: 'waiting-citizen', reason: 'richiama lui', closedFor: null }
    await act(waiting.id, wait, anna)
    const { ticket, clock } = await anna.api.tickets.get({ id: waiting.id })
    expect([ticket.status, clock.state, clock.suspensionLeft]).toEqual(['waiting-citizen', 'running', 30])
    await act(waiting.id, { do: 'suspend', reason: 'manca un documento' })
  })

  test('who may do what stands in the commands, and counts by REST too', async () => {
    for (const name of commandNames.filter((one) => one.startsWith('ticket.') && one !== 'ticket.open')) {
      for (const role of Role.options) {
        const person = await addPerson(crm, { roles: [role] })
        const action = {
          do: name.slice('ticket.'.length),
          ...samples[name.slice('ticket.'.length)],
        } as TicketAction
        const asked = act(newId(), action, person)
        const allowed = commands[name].roles.includes(role)
        await expect(asked).rejects.toMatchObject({
          data: { code: allowed ? 'ticket-gone' : 'role-missing' },
        })
      }
    }
  })

  test('of two who act on the same request at once the second is told that it is somebody else’s by now', async () => {
    const { id } = await open()
    const other = await addPerson(crm, { roles: ['specialist'], teams: ['registry'] })
    const take = (by: Person) => act(id, { do: 'assign', assigneeId: by.id, from: null }, by)
    const taken = await Promise.allSettled([take(specialist), take(other)])
    expect(taken.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(taken.find(({ status }) => status === 'rejected')).toMatchObject({ reason: refusal('changed') })
    const send = (team: string) =>
      act(id, { do: 'hand-over', team, reason: 'non è nostra', reference: null, from: 'registry' }, anna)
    await send('taxes')
    await expect(send('first-level')).rejects.toMatchObject(refusal('changed'))
    const { ticket } = await anna.api.tickets.get({ id })
    expect(ticket).toMatchObject({ team: 'taxes', rerouted: 1, assigneeId: null })

    // Two who give it thirty days more give it thirty, not sixty; and of two categories the second is not taken in silence.
    const late = await open({ kind: 'complaint' })
    const extend: TicketAction = {
      ...{ do: 'extend', days: 30, reason: 'serve un sopralluogo', from: late.dueOn },
    }
    const extended = await Promise.allSettled([specialist, other].map((by) => act(late.id, extend, by)))
    expect(extended.find(({ status }) => status === 'rejected')).toMatchObject({ reason: refusal('changed') })
    const from = { kind: late.kind, topicId: late.topicId }
    const classify = (kind: 'report' | 'verification'): TicketAction => ({
      ...{ do: 'classify', kind, topicId: late.topicId, reason: 'riletta', from },
    })
    await act(late.id, classify('report'))
    await expect(act(late.id, classify('verification'), other)).rejects.toMatchObject(refusal('changed'))
    const { ticket: after } = await anna.api.tickets.get({ id: late.id })
    expect([after.kind, after.clock.extensions.map(({ days }) => days)]).toEqual(['report', [30]])
  })

  test('who hands over, assigns, extends, classifies or identifies says how they knew it', async () => {
    const { id } = await open()
    for (const name of ['hand-over', 'assign', 'extend', 'classify', 'identify']) {
      const { from: _, ...unsaid } = samples[name] as { from?: unknown }
      await expect(act(id, { do: name, ...unsaid } as unknown as TicketAction)).rejects.toMatchObject({
        ...{ data: { kind: 'invalid' } },
      })
    }
  })

  test('contacts that spoke of it are linked, each once', async () => {
    const contact = contactArgs()
    const desk = await addDesk(crm, anna)
    const streamId = await addStream(anna, desk)
    await desk.api.sync.push({ streamId, commands: [command(1, 'contact.open', contact)] })
    const { id } = await open()
    const { ticket } = await act(id, { do: 'link', contactId: contact.id })
    expect(ticket.linkedContacts).toEqual([contact.id])
    await expect(act(id, { do: 'link', contactId: contact.id })).rejects.toMatchObject(refusal('same'))
    await expect(act(id, { do: 'link', contactId: newId() })).rejects.toMatchObject({
      ...{ data: { code: 'contact-gone' } },
    })
  })

  test('the watch list: late ones first, what is answered or far off not at all', async () => {
    const team = `team-${newId().slice(-6)}`
    await crm.store.db.insertInto('teams').values({ id: team, body: '{}' }).execute()
    const sent = async (days: number) => {
      const { id } = await open({ receivedAt: ago(days) })
      await act(id, { do: 'hand-over', team, reason: 'x', reference: null, from: 'registry' })
      return id
    }
    const [late, soon, far, answered] = [await sent(60), await sent(29), await sent(2), await sent(80)]
    const [reopened, withdrawn] = [await sent(70), await sent(75)]
    const closed = { do: 'move', to: 'closed', reason: null, closedFor: 'withdrawn' } as const
    await act(withdrawn, closed, anna)
    expect((await anna.api.tickets.get({ id: withdrawn })).clock).toMatchObject({ state: 'ended', days: 0 })
    await act(reopened, { do: 'tell', channel: 'phone', text: 'fatto', answers: true }, anna)
    await act(reopened, { do: 'move', to: 'in-progress', reason: 'ha richiamato', closedFor: null }, anna)
    await act(answered, { do: 'tell', channel: 'phone', text: 'fatto', answers: true }, anna)
    const { tickets } = await anna.api.tickets.watch({ team })
    expect(tickets.map(({ ticket, clock }) => [ticket.id, clock.state])).toEqual([
      [reopened, 'late'],
      [late, 'late'],
      [soon, 'running'],
    ])
    const all = await anna.api.tickets.ofTeam({ team })
    expect(all.tickets.map(({ id }) => id)).toEqual([answered, reopened, late, soon, far])
  })

  test('the watch list shows as many as are asked for, also behind some whose clock stands', async () => {
    const team = `team-${newId().slice(-6)}`
    await crm.store.db.insertInto('teams').values({ id: team, body: '{}' }).execute()
    const author = await anna.api.me()
    const sent = async (days: number, stoppedAt: string | null) => {
      const { id } = await open({ receivedAt: ago(days) })
      const acting = { author, now: new Date(), at: stoppedAt ?? '' }
      const stop = { do: 'suspend' as const, reason: 'mancano i documenti' }
      if (stoppedAt !== null)
        await crm.store.db
          .transaction()
          .execute((trx) => perform({ ...acting, trx }, { id: newId(), ticketId: id, action: stop }))
      await act(id, { do: 'hand-over', team, reason: 'x', reference: null, from: 'registry' })
      return id
    }
    // When they were stopped they were due five days ago by today's calendar.
    for (const _ of [1, 2, 3]) await sent(35, ago(34))
    const [soon, sooner] = [await sent(28, null), await sent(29, null)]
    const watched = async (limit: number) => {
      const { tickets } = await anna.api.tickets.watch({ team, limit, days: 3 })
      return tickets.map(({ ticket }) => ticket.id)
    }
    expect(await watched(2)).toEqual([sooner, soon])
    expect(await watched(1)).toEqual([sooner])
  })

  test('two at one request see each other, until one goes or is heard of no more', async () => {
    const { id } = await open()
    const version = await versionOf(id)
    const bruno = await addPerson(crm)
    const here = async (person: Person, writing = false) =>
      (await person.api.tickets.present({ id, writing })).others.map(({ userId, writing: w }) => [userId, w])
    const news = async () =>
      await crm.store.db.selectFrom('change_log').select('seq').where('id', '=', id).execute()
    expect(await here(anna)).toEqual([])
    expect(await here(bruno)).toEqual([[anna.id, false]])
    const told = (await news()).length
    expect(await here(anna)).toEqual([[bruno.id, false]])
    expect((await news()).length).toBe(told)
    await here(anna, true)
    expect(await here(bruno)).toEqual([[anna.id, true]])
    expect((await news()).length).toBe(told + 1)
    await anna.api.tickets.leave({ id })
    expect(await here(bruno)).toEqual([])
    await here(anna)
    // A desk that died: the database's clock ends it.
    await sql`update ticket_presence set until = clock_timestamp() where user_id = ${anna.id}`.execute(
      crm.store.db,
    )
    expect(await here(bruno)).toEqual([])
    expect(await versionOf(id)).toBe(version)
  })

  describe('files', () => {
    const attach = async (ticketId: string, name: string, content: Buffer | string, id = newId()) => {
      const bytes = typeof content === 'string' ? Buffer.from(content) : content
      return await anna.api.tickets.attach({ ticketId, id, file: new File([new Uint8Array(bytes)], name) })
    }

    test('are what their content is, lie outside the database, and come back whole', async () => {
      const { id } = await open()
      const entry = await attach(id, '../C:\\photo\u202E.pdf', png)
      expect(entry.what).toMatchObject({
        did: 'attached',
        attachment: { name: 'photo.pdf.png', type: 'image/png' },
      })
      const file = await anna.api.tickets.attachment({ ticketId: id, id: entry.id })
      expect([file.type, Buffer.from(await file.arrayBuffer())]).toEqual(['image/png', png])
      expect(await attach(id, 'photo.png', png, entry.id)).toEqual(entry)
      await expect(attach(id, 'b.txt', 'altro', entry.id)).rejects.toMatchObject({
        data: { kind: 'conflict' },
      })
      const folder = join(crm.files, entry.id.slice(-2))
      const [name] = (await readdir(folder)).filter((one) => one.startsWith(entry.id))
      expect(await readFile(join(folder, name ?? ''))).toEqual(png)
      await writeFile(join(folder, name ?? ''), 'changed on the disk')
      await expect(anna.api.tickets.attachment({ ticketId: id, id: entry.id })).rejects.toMatchObject({
        ...{ data: { kind: 'internal' } },
      })
      await expect(anna.api.tickets.attachment({ ticketId: newId(), id: entry.id })).rejects.toMatchObject({
        ...{ data: { code: 'ticket-gone' } },
      })
    })

    test('who opened a request of another team in their own contact adds what the citizen sent, and no more', async () => {
      const desk = await addDesk(crm, specialist)
      const streamId = await addStream(specialist, desk)
      const contact = contactArgs()
      await desk.api.sync.push({ streamId, commands: [command(1, 'contact.open', contact)] })
      const ticket = ticketArgs({ contactId: contact.id, topicId: smallCity.otherTopic })
      await desk.api.sync.push({ streamId, commands: [command(2, 'ticket.open', ticket)] })
      const other = await addPerson(crm, { roles: ['specialist'], teams: ['registry'] })
      const ids = { ticketId: ticket.id, id: newId() }
      const file = () => new File(['Buongiorno'], 'lettera.txt')
      const gone = { data: { code: 'ticket-gone' } }
      await expect(other.api.tickets.attach({ ...ids, file: file() })).rejects.toMatchObject(gone)
      await specialist.api.tickets.attach({ ...ids, file: file() })
      await expect(specialist.api.tickets.attachment(ids)).rejects.toMatchObject(gone)
      expect(await (await anna.api.tickets.attachment(ids)).text()).toBe('Buongiorno')
    })

    test('a text that would be a program by its name is saved as a text', async () => {
      const { id } = await open()
      const entry = await attach(id, 'ricorso.pdf.bat', '@echo off')
      const file = await anna.api.tickets.attachment({ ticketId: id, id: entry.id })
      expect([file.name, file.type]).toEqual(['ricorso.pdf.bat.txt', 'text/plain'])
    })

    test.each([
      ['a program', Buffer.from('4d5a90000300000004000000ffff', 'hex'), 'type'],
      ['a web page with control characters', Buffer.from('<html>\u0007'), 'type'],
      ['text that is not UTF-8', Buffer.from([0x63, 0x69, 0xe0, 0x20]), 'type'],
      ['an archive', Buffer.from('504b030414000000', 'hex'), 'type'],
      ['nothing', Buffer.alloc(0), 'empty'],
      ['the test file of EICAR', Buffer.from(eicar), 'infected'],
      [
        'the test file inside another',
        Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.from(eicar)]),
        'infected',
      ],
      ['eleven megabytes', Buffer.alloc(10 * 1024 * 1024 + 1, 'a'), 'size'],
    ])('%s is refused', async (_what, content, why) => {
      const { id } = await open()
      await expect(attach(id, 'file.txt', content)).rejects.toMatchObject({
        ...{ data: { code: 'attachment-refused', params: { why } } },
      })
      expect((await anna.api.tickets.get({ id })).entries).toEqual([])
    })

    test('a body that is far too large is refused before it is read', async () => {
      const { id } = await open()
      await expect(attach(id, 'a.txt', Buffer.alloc(12 * 1024 * 1024, 'a'))).rejects.toMatchObject({
        status: 413,
      })
    })
  })

  describe('the database', () => {
    test('knows the same moves as the contract', async () => {
      for (const from of states) {
        for (const to of states.filter((one) => one !== from)) {
          const { id } = await open()
          const possible = await crm.store.db.transaction().execute(async (trx) => {
            await sql`alter table tickets disable trigger tickets_move`.execute(trx)
            await sql`update tickets set status = ${from}, answered_at = received_at, met_at = received_at where id = ${id}`.execute(
              trx,
            )
            await sql`alter table tickets enable trigger tickets_move`.execute(trx)
            await sql`savepoint tried`.execute(trx)
            return await sql`update tickets set status = ${to}, reopened = reopened + 1 where id = ${id}`
              .execute(trx)
              .then(
                () => true,
                async () => {
                  await sql`rollback to savepoint tried`.execute(trx)
                  return false
                },
              )
          })
          expect(possible, `${from} to ${to}`).toBe(ticketMayBecome(from, to))
        }
      }
    })

    test.each([
      ['another receipt', "update tickets set received_at = received_at - interval '1 day' where id = $"],
      ['another protocol number', 'update tickets set protocol_number = protocol_number + 1 where id = $'],
      [
        'a new term with a new team',
        "update tickets set team = 'taxes', due_on = due_on + 5, rerouted = 1 where id = $",
      ],
      ['a new team that is not counted', "update tickets set team = 'taxes' where id = $"],
      ['a team that is not there', "update tickets set team = 'nobody', rerouted = 1 where id = $"],
      ['answered without an answer', "update tickets set status = 'answered' where id = $"],
      ['closed without answer or reason', "update tickets set status = 'closed' where id = $"],
      [
        'closed without another answer or reason after a reopening',
        "update tickets set status = 'closed', answered_at = received_at where id = $",
      ],
      [
        'handed over without a number',
        "update tickets set status = 'closed', closed_for = 'handed-over' where id = $",
      ],
      [
        'a note that is changed',
        'update ticket_entries set body = \'{"did":"noted","text":"y"}\' where ticket_id = $',
      ],
      ['a note that is deleted', 'delete from ticket_entries where ticket_id = $'],
      [
        'a suspension without a reason',
        "insert into ticket_suspensions values ($, 5, '2026-11-10', '2026-11-11', ' ')",
      ],
      [
        'two suspensions at once',
        "insert into ticket_suspensions values ($, 6, '2026-11-10', null, 'x'), ($, 7, '2026-11-10', null, 'y')",
      ],
      ['an extension without a reason', "insert into ticket_extensions values ($, 0, '2026-11-10', 5, '')"],
      ['a suspension that is taken back', 'delete from ticket_suspensions where ticket_id = $'],
    ])('refuses %s', async (_what, statement) => {
      const { id } = await open()
      await act(id, { do: 'note', text: 'x' })
      await act(id, { do: 'suspend', reason: 'x' })
      await act(id, { do: 'resume' })
      const text = statement.replaceAll('$', `'${id}'`)
      await expect(sql.raw(text).execute(crm.store.db)).rejects.toMatchObject({
        code: expect.stringMatching(/^23/),
      })
    })

    test('refuses a topic under a topic', async () => {
      const body = (parentId: string) =>
        JSON.stringify({ parentId, name: { it: 'x', en: 'x' }, team: 'taxes', keywords: '' })
      await crm.store.db
        .insertInto('topics')
        .values({ id: `sub-${engine}`, body: body(smallCity.topic) })
        .execute()
      await expect(
        crm.store.db
          .insertInto('topics')
          .values({ id: 'sub-sub', body: body(`sub-${engine}`) })
          .execute(),
      ).rejects.toMatchObject({ code: '23514' })
    })

    test('lets retention empty what was written, in its own transaction only', async () => {
      const { id } = await open()
      await act(id, {
        do: 'hand-over',
        team: 'taxes',
        reason: 'una persona precisa',
        reference: null,
        from: 'registry',
      })
      await crm.store.db.transaction().execute(async (trx) => {
        await sql`select set_config('ascolto.purge', 'on', true)`.execute(trx)
        await sql`update ticket_entries set body = body || '{"reason":"","purged":true}' where ticket_id = ${id}`.execute(
          trx,
        )
      })
      const [entry] = (await anna.api.tickets.get({ id })).entries
      expect(entry?.what).toMatchObject({ did: 'handed-over', reason: '', to: 'taxes' })
    })
  })

  test('the city’s configuration counts from when it is applied, and is news to the desks once', async () => {
    const rules = {
      teams: [
        { id: 'taxes', name: { it: 'Tributi', en: 'Taxes' }, kind: 'specialist' as const, contact: null },
      ],
      rulebook: {
        ...lawBook,
        terms: { warnDays: 3, rules: [{ ...lawTerm, id: 'quick', days: 10 }] },
        routing: [
          {
            ...{ id: 'thanks', kinds: ['appreciation' as const], topics: null, team: 'taxes' },
            ...{ validFrom: null, validTo: null },
          },
        ],
      },
    }
    const count = async () =>
      (
        await crm.store.db
          .selectFrom('change_log')
          .select('id')
          .where('entity', 'in', ['team', 'rulebook'])
          .execute()
      ).length
    const waiting = await open({ receivedAt: ago(3) })
    const before = await count()
    for (let time = 0; time < 2; time += 1) await applyRules(crm.store.db, rules)
    expect(await count()).toBe(before + 2)
    expect(await readRulebook(crm.store.db)).toMatchObject({ terms: { warnDays: 3 } })
    // What nobody has answered is due by the new rule, from the same receipt.
    const { ticket: now } = await anna.api.tickets.get({ id: waiting.id })
    expect(now.clock.steps[1]).toMatchObject({ step: 'term', rule: 'quick', days: 10 })
    expect(now.dueOn < waiting.dueOn).toBe(true)
    const { team, clock } = await open({ kind: 'appreciation' })
    expect(team).toBe('taxes')
    expect(clock.steps[1]).toMatchObject({ step: 'term', rule: 'quick', days: 10 })
  })

  // One connection, as PGlite has, waits for nobody.
  if (engine === 'postgres')
    test('a configuration that is applied while somebody extends a term counts what they did', async () => {
      const { db } = crm.store
      const author = await anna.api.me()
      const { id } = await open({ receivedAt: ago(3) })
      const rules = {
        teams: [],
        rulebook: {
          ...lawBook,
          terms: { warnDays: 3, rules: [{ ...lawTerm, id: 'other', days: 12 }] },
          routing: [],
        },
      }
      const applying = await db.transaction().execute(async (trx) => {
        const acting = { trx, author, now: new Date(), at: new Date().toISOString() }
        const action = { do: 'extend' as const, days: 5, reason: 'serve un sopralluogo' }
        await perform(acting, { id: newId(), ticketId: id, action })
        const applied = applyRules(db, rules)
        await expect.poll(() => waitingForLocks(db), { timeout: 10_000 }).toBe(1)
        return { applied }
      })
      await applying.applied
      const { ticket, clock } = await anna.api.tickets.get({ id })
      expect(ticket.clock.extensions).toHaveLength(1)
      expect(ticket.clock.steps).toContainEqual(expect.objectContaining({ rule: 'other', days: 12 }))
      expect(ticket.dueOn).toBe(clock.dueOn)
    })

  test('what was answered and left alone closes by itself, by the rule of the day of its answer; what did not go out stays', async () => {
    const rulebook = { ...lawBook, terms: { ...lawBook.terms, closing }, routing: [] }
    await applyRules(crm.store.db, { teams: [], rulebook })
    const told = async (channel: 'phone' | 'email') => {
      const { id } = await open()
      await act(id, { do: 'tell', channel, text: 'fatto', answers: true }, anna)
      return id
    }
    const [left, unsent, again] = [await told('phone'), await told('email'), await told('phone')]
    await act(again, { do: 'move', to: 'in-progress', reason: 'ha richiamato', closedFor: null }, anna)
    const statusOf = async (id: string) => (await anna.api.tickets.get({ id })).ticket.status
    const inDays = (days: number) => new Date(Date.now() + days * dayMs)
    await closeAnswered(crm.store.db, inDays(19))
    expect(await statusOf(left)).toBe('answered')
    await closeAnswered(crm.store.db, inDays(21))
    expect(await Promise.all([left, unsent, again].map(statusOf))).toEqual([
      ...['closed', 'answered', 'in-progress'],
    ])
    const { entries } = await anna.api.tickets.get({ id: left })
    expect(entries.at(-1)).toMatchObject({ authorId: null, authorName: null, what: { to: 'closed' } })
    const { rows } = await sql<{ operation: string }>`
      select e.operation from audit_changes c join audit_entries e on e.id = c.entry_id
      where c.row_id = ${left} and c.what = 'tickets' order by c.id desc limit 1`.execute(crm.store.db)
    expect(rows).toEqual([{ operation: 'ticket-closing' }])
    // A second run finds nothing left to do.
    expect(await closeAnswered(crm.store.db, inDays(21))).toBe(0)
  })

  test('a request with a person is read with a trace', async () => {
    const citizen = await addCitizen(crm.store.db)
    const { id } = await open({ citizenId: citizen.id })
    await specialist.api.tickets.get({ id })
    const reads = await crm.store.db
      .selectFrom('reads')
      .select(['user_id', 'reason_kind', 'reason_id'])
      .where('citizen_id', '=', citizen.id)
      .where('user_id', '=', specialist.id)
      .execute()
    expect(reads).toEqual([{ user_id: specialist.id, reason_kind: 'ticket', reason_id: id }])
  })
})

/** Valid arguments of each action. */
const samples: Record<string, object> = {
  move: { to: 'in-progress', reason: null, closedFor: null },
  note: { text: 'x' },
  tell: { channel: 'phone', text: 'x', answers: false },
  'hand-over': { team: 'taxes', reason: 'x', reference: null, from: 'registry' },
  assign: { assigneeId: null, from: null },
  suspend: { reason: 'x' },
  resume: {},
  extend: { days: 1, reason: 'x', from: '2026-12-02' },
  link: { contactId: newId() },
  identify: { citizenId: newId(), reason: 'x', from: null },
  classify: {
    ...{ kind: 'complaint', topicId: 'waste-tax', reason: 'x' },
    from: { kind: 'information', topicId: 'identity-card' },
  },
}
