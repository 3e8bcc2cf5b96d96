import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CommandArgs, type CommandName, commandNames } from '#contract/commands/registry.ts'
import { crmPrefix } from '#contract/crm.ts'
import { newId } from '#contract/domain/ids.ts'
import type { TicketAction } from '#contract/domain/ticket-act.ts'
import { type CrmUnderTest, startCrm } from '../support/crm.ts'
import {
  addAppointment,
  addCitizen,
  addDesk,
  addPerson,
  addSlot,
  addStream,
  bookingArgs,
  cancelArgs,
  command,
  contactArgs,
  type Desk,
  fillSmallCity,
  inDays,
  moveArgs,
  type Person,
  smallCity,
  someCitizen,
  ticketArgs,
} from '../support/crm-city.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

const slotMs = 15 * 60_000

describe.each(['pglite', 'postgres'] as const)('push on %s', (engine) => {
  let crm: CrmUnderTest
  let person: Person
  let desk: Desk
  let slots = 0
  beforeAll(async () => {
    crm = await startCrm(engine === 'postgres' ? { databaseUrl: await postgres.createDatabase() } : {})
    await fillSmallCity(crm.store.db)
    person = await addPerson(crm, { roles: ['operator', 'specialist'] })
    desk = await addDesk(crm, person)
  })
  afterAll(() => crm.stop())

  const stream = () => addStream(person, desk)
  async function slot(capacity: number) {
    slots += 1
    // One after the other, sixteen a day: where slots overlap, a counter serves one visit.
    const opens = Date.parse(inDays(3 + Math.floor(slots / 16)))
    const startsAt = new Date(opens + (slots % 16) * slotMs).toISOString()
    return { id: await addSlot(crm.store.db, { startsAt, capacity }), startsAt }
  }
  async function pastSlot() {
    slots += 1
    const startsAt = new Date(Date.now() - 3_600_000 - slots * 2 * slotMs).toISOString()
    return { id: await addSlot(crm.store.db, { startsAt, capacity: 1 }), startsAt }
  }
  const newChanges = async (since: number) =>
    (
      await crm.store.db.selectFrom('change_log').select(['entity', 'id']).where('seq', '>', since).execute()
    ).map((change) => `${change.entity} ${change.id}`)
  const lastSeq = async () =>
    (
      await crm.store.db
        .selectFrom('change_log')
        .select((eb) => eb.fn.max('seq').as('seq'))
        .executeTakeFirstOrThrow()
    ).seq ?? 0

  test('a call from contact to appointment and ticket, and what the API then says of it', async () => {
    const streamId = await stream()
    const citizen = someCitizen({ phones: [{ number: '+393330000001', kind: 'mobile' }] })
    const contact = contactArgs({ callerNumber: '+393330000001' })
    const booked = await slot(1)
    const booking = bookingArgs(booked, { citizenId: citizen.id, contactId: contact.id })
    const ticket = ticketArgs({ citizenId: citizen.id, contactId: contact.id })
    const child = await addCitizen(crm.store.db, { givenName: 'Nina' })
    const { version: _, ...created } = citizen
    const answer = await desk.api.sync.push({
      streamId,
      commands: [
        command(1, 'contact.open', contact),
        command(2, 'citizen.create', created),
        command(3, 'contact.identify', {
          contactId: contact.id,
          citizenId: citizen.id,
          identification: 'birth-date',
        }),
        command(4, 'appointment.book', booking),
        command(5, 'ticket.open', ticket),
        command(6, 'contact.close', {
          contactId: contact.id,
          endedAt: new Date().toISOString(),
          topicId: smallCity.topic,
          outcome: 'appointment',
          citizenId: citizen.id,
          identification: 'birth-date',
          triedBefore: ['website'],
          ...{ triedDetail: 'cercava «rinnovo cie»', onBehalfOf: child.id, lineScore: 4.1 },
          note: 'Chiede se serve la foto.',
        }),
      ],
    })
    expect(answer.lastN).toBe(6)
    expect(answer.results.map((result) => [result.n, result.status, result.fault])).toEqual(
      [1, 2, 3, 4, 5, 6].map((n) => [n, 'applied', null]),
    )

    expect(await person.api.contacts.get({ id: contact.id })).toMatchObject({
      operatorId: person.id,
      citizenId: citizen.id,
      identification: 'birth-date',
      outcome: 'appointment',
      triedBefore: ['website'],
      ...{ triedDetail: 'cercava «rinnovo cie»', onBehalfOf: child.id, lineScore: 4.1 },
      note: 'Chiede se serve la foto.',
    })
    const { appointments } = await person.api.appointments.list({ contactId: contact.id })
    expect(appointments).toMatchObject([{ id: booking.id, state: 'confirmed' }])
    expect(appointments[0]?.code).toMatch(/^[A-Z0-9]{2}-[A-Z0-9]{3}$/)
    const { tickets } = await person.api.tickets.list({ contactId: contact.id })
    expect(tickets).toMatchObject([{ id: ticket.id, team: 'registry', status: 'new' }])
    expect(tickets[0]?.protocol).toMatch(/^R-\d{4}-\d{6}$/)
    const story = await person.api.citizens.story({
      id: citizen.id,
      reasonKind: 'call',
      reasonId: contact.id,
    })
    expect(story.citizens).toEqual([{ ...citizen, version: 1 }])
    expect([story.contacts.length, story.tickets.length, story.appointments.length]).toEqual([1, 1, 1])
    const { slots: found } = await person.api.appointments.slots({
      agenda: smallCity.agenda,
      from: booked.startsAt.slice(0, 10),
      to: booked.startsAt.slice(0, 10),
    })
    expect(found.find((one) => one.id === booked.id)).toMatchObject({ capacity: 1, booked: 1 })
  })

  test('commands that come again are answered as the first time, and take effect once', async () => {
    const streamId = await stream()
    const commands = [
      command(1, 'ticket.open', ticketArgs()),
      command(2, 'ticket.open', ticketArgs({ topicId: 'no-such-topic' })),
      command(3, 'ticket.open', ticketArgs()),
    ]
    const first = await desk.api.sync.push({ streamId, commands })
    expect(first.results.map((result) => result.status)).toEqual(['applied', 'refused', 'applied'])
    expect(first.results[1]?.fault).toMatchObject({ kind: 'invalid', params: { field: 'topicId' } })
    const before = await lastSeq()
    expect(await desk.api.sync.push({ streamId, commands })).toEqual(first)
    expect(await newChanges(before)).toEqual([])
  })

  test('an n that another command has is a stream reset, one beyond the next is refused', async () => {
    const streamId = await stream()
    const known = command(1, 'ticket.open', ticketArgs())
    await desk.api.sync.push({ streamId, commands: [known] })
    const pushed = (envelope: ReturnType<typeof command>) =>
      desk.api.sync.push({ streamId, commands: [envelope] })
    await expect(pushed(command(1, 'ticket.open', ticketArgs()))).rejects.toMatchObject({
      status: 409,
      data: { kind: 'conflict', code: 'stream-reset' },
    })
    await expect(pushed(command(3, 'ticket.open', ticketArgs()))).rejects.toMatchObject({
      status: 400,
      data: { kind: 'invalid', params: { field: 'n', expected: 2 } },
    })
  })

  test('a replaced stream takes everything again, and what was settled in the old one is not done twice', async () => {
    const streamId = await stream()
    const applied = ticketArgs()
    const old = [
      command(1, 'ticket.open', applied),
      command(2, 'ticket.open', ticketArgs({ topicId: 'gone' })),
    ]
    const first = await desk.api.sync.push({ streamId, commands: old })
    const replacement = newId()
    for (let time = 0; time < 2; time += 1) {
      expect(await desk.api.sync.replaceStream({ streamId, replacement })).toEqual({ lastN: 0 })
    }
    const fresh = command(3, 'ticket.open', ticketArgs())
    const again = { streamId: replacement, commands: [...old, fresh] }
    for (let time = 0; time < 2; time += 1) {
      const answer = await desk.api.sync.push(again)
      expect(answer.lastN).toBe(3)
      expect(answer.results.slice(0, 2)).toEqual(first.results)
      expect(answer.results[2]?.status).toBe('applied')
    }
    const { count } = await crm.store.db
      .selectFrom('tickets')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('id', '=', applied.id)
      .executeTakeFirstOrThrow()
    expect(count).toBe(1)
  })

  test('a command that the database refuses is recorded as refused and does not block those behind it', async () => {
    const streamId = await stream()
    const { results, lastN } = await desk.api.sync.push({
      streamId,
      commands: [
        command(1, 'ticket.open', ticketArgs({ text: 'a NUL \u0000 cannot be stored' })),
        { ...command(2, 'ticket.open', ticketArgs()), args: { nonsense: true } },
        command(3, 'ticket.open', ticketArgs()),
      ],
    })
    expect(results.map((result) => [result.status, result.fault?.code])).toEqual([
      ['refused', 'input-invalid'],
      ['refused', 'input-invalid'],
      ['applied', undefined],
    ])
    expect(lastN).toBe(3)
  })

  test('a command that fails unexpectedly is tried three times, then recorded as failed and passed', async () => {
    const streamId = await stream()
    const { db } = crm.store
    // A topic whose document is broken: nobody planned for it.
    await db.insertInto('topics').values({ id: 'broken', body: '{"team": 5}' }).execute()
    const before = ticketArgs()
    const commands = [
      command(1, 'ticket.open', before),
      command(2, 'ticket.open', ticketArgs({ topicId: 'broken' })),
      command(3, 'ticket.open', ticketArgs()),
    ]
    for (const _ of [1, 2]) {
      const answer = await desk.api.sync.push({ streamId, commands })
      expect(answer.lastN).toBe(1)
      expect(answer.results.map((result) => result.status)).toEqual(['applied', 'failed'])
      expect(answer.results[1]?.fault?.kind).toBe('internal')
    }
    const answer = await desk.api.sync.push({ streamId, commands })
    expect(answer.lastN).toBe(3)
    expect(answer.results.map((result) => result.status)).toEqual(['applied', 'failed', 'applied'])
    expect(await desk.api.sync.push({ streamId, commands })).toEqual(answer)
  })

  test.each(['40001', '40P01', '53200', '55P03', '57014', '58030'])(
    'a database that has too much to do (%s) makes no command fail for good',
    async (state) => {
      const streamId = await stream()
      const commands = [command(1, 'ticket.open', ticketArgs({ text: state }))]
      await sql`
        create function be_busy() returns trigger language plpgsql as $$
          begin raise exception 'busy' using errcode = new.text; end $$`.execute(crm.store.db)
      await sql`create trigger busy before insert on tickets for each row execute function be_busy()`.execute(
        crm.store.db,
      )
      for (const _ of [1, 2, 3, 4]) {
        await expect(desk.api.sync.push({ streamId, commands })).rejects.toMatchObject({
          ...{ status: 503, data: { kind: 'unavailable', code: 'unavailable-now' } },
        })
      }
      await expect(person.api.tickets.open(ticketArgs({ text: state }))).rejects.toMatchObject({
        status: 503,
      })
      const { status, headers } = await fetch(`${crm.url}${crmPrefix}/sync/streams/${streamId}/commands`, {
        method: 'POST',
        headers: { authorization: desk.authorization, 'content-type': 'application/json' },
        body: JSON.stringify({ commands }),
      })
      expect([status, headers.get('retry-after')]).toEqual([503, '5'])
      await sql`drop function be_busy() cascade`.execute(crm.store.db)
      const { results } = await desk.api.sync.push({ streamId, commands })
      expect(results[0]?.status).toBe('applied')
    },
  )

  test('the last seat goes to one of fifty, the others learn that it is taken', async () => {
    const last = await slot(1)
    const streams = await Promise.all(Array.from({ length: 50 }, stream))
    const answers = await Promise.all(
      streams.map((streamId) =>
        desk.api.sync.push({ streamId, commands: [command(1, 'appointment.book', bookingArgs(last))] }),
      ),
    )
    const results = answers.flatMap((answer) => answer.results)
    expect(results.filter((result) => result.status === 'applied')).toHaveLength(1)
    const refused = results.filter((result) => result.fault?.code === 'slot-taken')
    expect(refused).toHaveLength(49)
    expect(refused[0]?.fault).toMatchObject({
      kind: 'conflict',
      params: { officeId: smallCity.office, startsAt: last.startsAt },
    })
  })

  test('a cancelled appointment leaves its seat to the next', async () => {
    const only = await slot(1)
    const streamId = await stream()
    const first = bookingArgs(only)
    const cancel = cancelArgs(first.id)
    const { results } = await desk.api.sync.push({
      streamId,
      commands: [
        command(1, 'appointment.book', first),
        command(2, 'appointment.book', bookingArgs(only)),
        command(3, 'appointment.cancel', cancel),
        command(4, 'appointment.book', bookingArgs(only)),
        command(5, 'appointment.cancel', cancel),
      ],
    })
    expect(results.map((result) => result.fault?.code ?? result.status)).toEqual([
      'applied',
      'slot-taken',
      'applied',
      'applied',
      'applied',
    ])
  })

  test('protocol numbers have no gap, also when requests are opened in parallel and some are refused', async () => {
    const year = new Date().getFullYear()
    const numbers = async () =>
      (
        await crm.store.db
          .selectFrom('tickets')
          .select('protocol_number')
          .where('protocol_year', '=', year)
          .orderBy('protocol_number')
          .execute()
      ).map((row) => row.protocol_number)
    const streams = await Promise.all(Array.from({ length: 20 }, stream))
    await Promise.all(
      streams.map((streamId) =>
        desk.api.sync.push({
          streamId,
          commands: [
            command(1, 'ticket.open', ticketArgs()),
            // Takes a number, then breaks on the text: the number goes back.
            command(2, 'ticket.open', ticketArgs({ text: '\u0000' })),
            command(3, 'ticket.open', ticketArgs()),
          ],
        }),
      ),
    )
    const taken = await numbers()
    expect(taken.length).toBeGreaterThanOrEqual(40)
    expect(taken).toEqual(taken.map((_, index) => index + 1))
  })

  test('somebody without a role, and a contact of somebody else, are refused', async () => {
    const nobody = await addPerson(crm, { roles: [] })
    const other = await addPerson(crm)
    const contact = contactArgs()
    await desk.api.sync.push({ streamId: await stream(), commands: [command(1, 'contact.open', contact)] })
    await crm.store.db
      .insertInto('streams')
      .values({ id: nobody.id, device_id: desk.deviceId, user_id: nobody.id })
      .execute()
    const close = {
      contactId: contact.id,
      endedAt: new Date().toISOString(),
      topicId: null,
      outcome: 'resolved' as const,
      citizenId: null,
      identification: 'none' as const,
      triedBefore: [],
      ...{ triedDetail: '', onBehalfOf: null, lineScore: null },
      note: '',
    }
    const asNobody = await desk.api.sync.push({
      streamId: nobody.id,
      commands: [command(1, 'ticket.open', ticketArgs())],
    })
    const asOther = await desk.api.sync.push({
      streamId: await addStream(other, desk),
      commands: [command(1, 'contact.close', close)],
    })
    for (const answer of [asNobody, asOther]) {
      expect(answer.results[0]).toMatchObject({ status: 'refused', fault: { code: 'role-missing' } })
    }
  })

  test('a colleague’s commands go by the device’s credential and are recorded under their author', async () => {
    const colleague = await addPerson(crm)
    const contact = contactArgs()
    await desk.api.sync.push({
      streamId: await addStream(colleague, desk),
      commands: [command(1, 'contact.open', contact)],
    })
    expect((await person.api.contacts.get({ id: contact.id })).operatorId).toBe(colleague.id)
  })

  test('persons who look alike are marked for a duplicate check', async () => {
    const twin = { givenName: 'Lucia', familyName: 'Bàrbera', birthDate: '1971-02-03' }
    await addCitizen(crm.store.db, twin)
    const { version: _, ...created } = someCitizen({ ...twin, familyName: 'BARBERA' })
    await desk.api.sync.push({ streamId: await stream(), commands: [command(1, 'citizen.create', created)] })
    const made = await person.api.citizens.get({ id: created.id, reasonKind: 'search' })
    expect(made.needsDuplicateCheck).toBe(true)
  })

  describe('what each command appends to the change feed', () => {
    /** Something done with a request that is there, after `first` was done with it. */
    const onTicket =
      <Rest extends object>(rest: Rest, first?: TicketAction) =>
      async () => {
        const { id: ticketId } = await person.api.tickets.open(ticketArgs())
        if (first) await person.api.tickets.act({ ticketId, id: newId(), action: first })
        return {
          args: { id: newId(), ticketId, ...rest },
          changes: (args: { id: string; ticketId: string }) => [
            `ticket ${args.ticketId}`,
            `ticket-entry ${args.id}`,
          ],
        }
      }
    const given: {
      [N in CommandName]: () => Promise<{
        before?: ReturnType<typeof command>
        args: CommandArgs[N]
        changes(args: CommandArgs[N]): string[]
      }>
    } = {
      'contact.open': async () => ({
        args: contactArgs({ citizenId: (await addCitizen(crm.store.db)).id }),
        changes: (args) => [`contact ${args.id}`, `citizen ${args.citizenId}`],
      }),
      'contact.identify': async () => {
        const contact = contactArgs()
        return {
          before: command(1, 'contact.open', contact),
          args: {
            contactId: contact.id,
            citizenId: (await addCitizen(crm.store.db)).id,
            identification: 'fiscal-code',
          },
          changes: (args) => [`contact ${args.contactId}`, `citizen ${args.citizenId}`],
        }
      },
      'contact.close': async () => {
        const contact = contactArgs()
        return {
          before: command(1, 'contact.open', contact),
          args: {
            contactId: contact.id,
            endedAt: new Date().toISOString(),
            topicId: null,
            outcome: 'resolved',
            citizenId: (await addCitizen(crm.store.db)).id,
            identification: 'none',
            triedBefore: [],
            ...{ triedDetail: '', onBehalfOf: null, lineScore: null },
            note: '',
          },
          changes: (args) => [`contact ${args.contactId}`, `citizen ${args.citizenId}`],
        }
      },
      'citizen.create': async () => {
        const { version: _, ...args } = someCitizen()
        return { args, changes: ({ id }) => [`citizen ${id}`] }
      },
      'citizen.update': async () => ({
        args: {
          citizenId: (await addCitizen(crm.store.db)).id,
          ...{ seen: { email: null }, change: { email: 'nicolo@example.org' } },
        },
        changes: (args) => [`citizen ${args.citizenId}`],
      }),
      'citizen.delegate': async () => ({
        args: {
          citizenId: (await addCitizen(crm.store.db)).id,
          ...{ forId: (await addCitizen(crm.store.db)).id, kind: 'guardian', until: '2027-12-31' },
        },
        changes: (args) => [`citizen ${args.citizenId}`, `citizen ${args.forId}`],
      }),
      'citizen.end-delegation': async () => ({
        args: {
          citizenId: (await addCitizen(crm.store.db)).id,
          forId: (await addCitizen(crm.store.db)).id,
        },
        changes: (args) => [`citizen ${args.citizenId}`, `citizen ${args.forId}`],
      }),
      'citizen.merge': async () => {
        const [kept, merged] = [await addCitizen(crm.store.db), await addCitizen(crm.store.db)]
        const contact = contactArgs({ citizenId: merged.id })
        return {
          before: command(1, 'contact.open', contact),
          args: {
            ...{ id: newId(), keptId: kept.id, mergedId: merged.id, take: [] },
            seen: { kept: {}, merged: {} },
          },
          changes: (args) => [
            ...[`contact ${contact.id}`, `citizen ${args.mergedId}`, `citizen ${args.keptId}`],
          ],
        }
      },
      'citizen.unmerge': async () => {
        const [kept, merged] = [await addCitizen(crm.store.db), await addCitizen(crm.store.db)]
        const merge = {
          ...{ id: newId(), keptId: kept.id, mergedId: merged.id, take: [] },
          seen: { kept: {}, merged: {} },
        }
        return {
          before: command(1, 'citizen.merge', merge),
          args: { mergedId: merged.id },
          changes: (args) => [`citizen ${kept.id}`, `citizen ${args.mergedId}`],
        }
      },
      'citizen.keep-apart': async () => ({
        args: {
          citizenId: (await addCitizen(crm.store.db)).id,
          otherIds: [(await addCitizen(crm.store.db)).id],
        },
        changes: (args) => [`citizen ${args.citizenId}`],
      }),
      'citizen.compare-again': async () => ({
        args: {
          citizenId: (await addCitizen(crm.store.db)).id,
          otherIds: [(await addCitizen(crm.store.db)).id],
        },
        changes: (args) => [`citizen ${args.citizenId}`],
      }),
      'citizen.read': async () => ({
        args: {
          citizenId: (await addCitizen(crm.store.db)).id,
          reason: { kind: 'search' },
          at: new Date().toISOString(),
          from: 'cache',
        },
        changes: (args) => [`read ${args.citizenId}`],
      }),
      'ticket.open': async () => ({
        args: ticketArgs({ citizenId: (await addCitizen(crm.store.db)).id }),
        changes: (args) => [`ticket ${args.id}`, `citizen ${args.citizenId}`],
      }),
      'ticket.move': onTicket({ to: 'in-progress', reason: null, closedFor: null }),
      'ticket.note': onTicket({ text: 'Chiamato l’ufficio.' }),
      'ticket.tell': onTicket({ channel: 'email', text: 'Ecco la risposta.', answers: true }),
      'ticket.hand-over': onTicket({ team: 'taxes', reason: 'non è nostra', reference: null }),
      'ticket.assign': async () => {
        const { id } = await addPerson(crm, { teams: ['registry'] })
        return onTicket({ assigneeId: id })()
      },
      'ticket.suspend': onTicket({ reason: 'mancano i documenti' }),
      'ticket.resume': onTicket({}, { do: 'suspend', reason: 'mancano i documenti' }),
      'ticket.extend': onTicket({ days: 10, reason: 'serve un sopralluogo' }),
      'ticket.link': async () => {
        const contact = contactArgs()
        await desk.api.sync.push({
          streamId: await stream(),
          commands: [command(1, 'contact.open', contact)],
        })
        return onTicket({ contactId: contact.id })()
      },
      'ticket.identify': async () => {
        const citizen = await addCitizen(crm.store.db)
        const { args, changes } = await onTicket({ citizenId: citizen.id, reason: null, from: null })()
        return {
          args,
          changes: (done) => {
            const [ticket = '', entry = ''] = changes(done)
            return [ticket, `citizen ${citizen.id}`, entry]
          },
        }
      },
      'ticket.classify': onTicket({ kind: 'complaint', topicId: smallCity.otherTopic, reason: 'è la TARI' }),
      'appointment.book': async () => ({
        args: bookingArgs(await slot(1), { citizenId: (await addCitizen(crm.store.db)).id }),
        changes: (args) => [`appointment ${args.id}`, `slot ${args.slotId}`, `citizen ${args.citizenId}`],
      }),
      'appointment.cancel': async () => {
        const booking = bookingArgs(await slot(1))
        return {
          before: command(1, 'appointment.book', booking),
          args: cancelArgs(booking.id, { by: 'office' }),
          changes: (args) => [`appointment ${args.appointmentId}`, `slot ${booking.slotId}`],
        }
      },
      'appointment.reschedule': async () => {
        const [from, to] = [await slot(1), await slot(1)]
        const booking = bookingArgs(from)
        return {
          before: command(1, 'appointment.book', booking),
          args: moveArgs(booking.id, to),
          changes: (args) => [`appointment ${args.appointmentId}`, `slot ${from.id}`, `slot ${to.id}`],
        }
      },
      'appointment.confirm': async () => {
        const proposed = { state: 'proposed', confirmBy: inDays(1) } as const
        return {
          args: { appointmentId: await addAppointment(crm.store.db, await slot(1), proposed) },
          changes: (args) => [`appointment ${args.appointmentId}`],
        }
      },
      'appointment.no-show': async () => ({
        args: { appointmentId: await addAppointment(crm.store.db, await pastSlot()) },
        changes: (args) => [`appointment ${args.appointmentId}`],
      }),
      'appointment.attended': async () => ({
        args: { appointmentId: await addAppointment(crm.store.db, await pastSlot()) },
        changes: (args) => [`appointment ${args.appointmentId}`],
      }),
    }

    test.each(commandNames)('%s', async (name) => {
      const streamId = await stream()
      const { before, args, changes } = await (given[name] as (typeof given)['ticket.open'])()
      if (before) await desk.api.sync.push({ streamId, commands: [before] })
      const since = await lastSeq()
      const { results } = await desk.api.sync.push({
        streamId,
        commands: [command(before ? 2 : 1, name, args as never)],
      })
      expect(results[0]).toMatchObject({ status: 'applied', fault: null })
      expect(await newChanges(since)).toEqual([...changes(args), `stream ${streamId}`])
    })

    test('a request of somebody who turned out to be another brings the other', async () => {
      const streamId = await stream()
      const kept = await addCitizen(crm.store.db)
      const merged = await addCitizen(crm.store.db, { mergedInto: kept.id })
      const since = await lastSeq()
      const args = ticketArgs({ citizenId: merged.id })
      await desk.api.sync.push({ streamId, commands: [command(1, 'ticket.open', args)] })
      expect(await newChanges(since)).toEqual([
        ...[`ticket ${args.id}`, `citizen ${kept.id}`, `stream ${streamId}`],
      ])
    })

    test('two who are joined, and parted, bring those for whom either may speak', async () => {
      const streamId = await stream()
      const [kept, merged, ward] = [
        await addCitizen(crm.store.db),
        await addCitizen(crm.store.db),
        await addCitizen(crm.store.db),
      ]
      const delegation = { citizenId: kept.id, forId: ward.id, kind: 'proxy' as const, until: null }
      const merge = {
        ...{ id: newId(), keptId: kept.id, mergedId: merged.id, take: [] },
        seen: { kept: {}, merged: {} },
      }
      await desk.api.sync.push({
        streamId,
        commands: [
          command(1, 'citizen.delegate', delegation),
          command(2, 'contact.open', contactArgs({ citizenId: merged.id })),
        ],
      })
      for (const next of [
        command(3, 'citizen.merge', merge),
        command(4, 'citizen.unmerge', { mergedId: merged.id }),
      ]) {
        const since = await lastSeq()
        await desk.api.sync.push({ streamId, commands: [next] })
        expect(await newChanges(since)).toContain(`citizen ${ward.id}`)
      }
    })

    test('a refused one appends the movement of its stream', async () => {
      const streamId = await stream()
      const since = await lastSeq()
      const refused = command(1, 'ticket.open', ticketArgs({ topicId: 'none' }))
      await desk.api.sync.push({ streamId, commands: [refused] })
      expect(await newChanges(since)).toEqual([`stream ${streamId}`])
    })
  })

  test('the log has every request, and no name, number, note or request text', () => {
    const requests = crm
      .logs()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { msg: string; method?: string; route?: string; status?: number })
      .filter(({ msg }) => msg === 'request')
    expect(requests).toContainEqual(
      expect.objectContaining({ method: 'POST', route: '/api/v1/*', status: 200 }),
    )
    expect(requests).toContainEqual(
      expect.objectContaining({ method: 'GET', route: '/api/v1/*', status: 200 }),
    )
    for (const secret of ['Nicol', 'Agostino', '347123', '333000', 'portone', 'foto', 'Riva']) {
      expect(crm.logs()).not.toContain(secret)
    }
  })
})
