import { sql } from 'kysely'
import pg from 'pg'
import { Temporal } from 'temporal-polyfill'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FeedLine } from '#contract/crm.ts'
import { entitySchemas } from '#contract/domain/entities.ts'
import { newId } from '#contract/domain/ids.ts'
import { age } from '../../src/crm/sync/ageing.ts'
import { readCursor, writeCursor } from '../../src/crm/sync/cursor.ts'
import { endOfLog } from '../../src/crm/sync/notices.ts'
import { type CrmUnderTest, crmApi, pullPage, startCrm } from '../support/crm.ts'
import {
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
  type Person,
  smallCity,
  ticketArgs,
} from '../support/crm-city.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

type RowLine = Extract<FeedLine, { type: 'row' }>

/** A desk's copy: what the pages said, in their order, each page whole. */
class Copy {
  readonly rows = new Map<string, Record<string, unknown>>()
  readonly applied = new Map<string, number>()
  readonly gone: string[] = []
  cursor: string | undefined
  restarts = 0
  pages = 0
  readonly #pull: (cursor: string | undefined) => Promise<FeedLine[]>

  constructor(pull: (cursor: string | undefined) => Promise<FeedLine[]>) {
    this.#pull = pull
  }

  async page(): Promise<boolean> {
    const lines = await this.#pull(this.cursor)
    this.pages += 1
    for (const line of lines) {
      if (line.type === 'row') {
        expect(entitySchemas[line.entity].safeParse(line.row).error, JSON.stringify(line)).toBeUndefined()
        this.rows.set(`${line.entity} ${line.id}`, line.row as Record<string, unknown>)
      }
      if (line.type === 'gone') {
        this.rows.delete(`${line.entity} ${line.id}`)
        this.gone.push(`${line.entity} ${line.id}`)
      }
      if (line.type === 'applied') this.applied.set(line.streamId, line.n)
    }
    const end = lines.at(-1)
    if (end?.type !== 'end') throw new Error('a page without its end')
    this.cursor = end.restart ? undefined : end.cursor
    if (end.restart) this.restarts += 1
    return end.more
  }

  async all(): Promise<this> {
    while (await this.page());
    return this
  }

  has(entity: RowLine['entity'], id: string): boolean {
    return this.rows.has(`${entity} ${id}`)
  }
}

describe.each(['pglite', 'postgres'] as const)('feed on %s', (engine) => {
  let crm: CrmUnderTest
  let databaseUrl: string | undefined
  let person: Person
  let desk: Desk
  beforeAll(async () => {
    databaseUrl = engine === 'postgres' ? await postgres.createDatabase() : undefined
    crm = await startCrm(databaseUrl === undefined ? {} : { databaseUrl })
    await fillSmallCity(crm.store.db)
    person = await addPerson(crm)
    desk = await addDesk(crm, person)
  })
  afterAll(() => crm.stop())

  const copyOf = (who: Person, device: Desk, limit = 1000) =>
    new Copy((cursor) =>
      pullPage(crm.url, who.authorization, { device: device.deviceId, cursor, limit }, device.credential),
    )
  const push = (streamId: string, ...commands: ReturnType<typeof command>[]) =>
    desk.api.sync.push({ streamId, commands })

  test('a first pull brings everything in scope in small pages, whatever is written meanwhile', async () => {
    const streamId = await addStream(person, desk)
    const stranger = await addCitizen(crm.store.db)
    const known = await addCitizen(crm.store.db)
    const old = contactArgs({ citizenId: stranger.id, startedAt: inDays(-93), answeredAt: null })
    await push(
      streamId,
      command(1, 'contact.open', contactArgs({ citizenId: known.id })),
      command(2, 'contact.open', old),
    )
    const near = await addSlot(crm.store.db, { startsAt: inDays(2), capacity: 3 })
    const far = await addSlot(crm.store.db, { startsAt: inDays(20), capacity: 3 })
    const nobodys = bookingArgs({ id: near, startsAt: inDays(2) }, { citizenId: null, contactId: null })
    await push(streamId, command(3, 'appointment.book', nobodys))

    const copy = copyOf(person, desk, 2)
    let n = 3
    do {
      n += 1
      await push(streamId, command(n, 'ticket.open', ticketArgs({ citizenId: known.id })))
    } while ((await copy.page()) && n < 9)
    await copy.all()

    expect(copy.pages).toBeGreaterThan(4)
    expect(copy.has('topic', smallCity.topic)).toBe(true)
    expect(copy.has('citizen', known.id)).toBe(true)
    expect(copy.has('citizen', stranger.id)).toBe(false)
    expect(copy.has('contact', old.id)).toBe(false)
    expect(copy.rows.get(`slot ${near}`)).toMatchObject({ booked: 1 })
    expect(copy.has('appointment', nobodys.id)).toBe(false)
    expect(copy.has('slot', far)).toBe(false)
    expect([...copy.rows.keys()].filter((key) => key.startsWith('ticket '))).toHaveLength(n - 3)
    expect(copy.applied.get(streamId)).toBe(n)
  })

  test('a change brings the row as it is now, a booking its slot with the taken seats', async () => {
    const streamId = await addStream(person, desk)
    const copy = await copyOf(person, desk).all()
    const startsAt = inDays(4)
    const slot = { id: await addSlot(crm.store.db, { startsAt, capacity: 2 }), startsAt }
    const unlinked = await addCitizen(crm.store.db)
    const booking = bookingArgs(slot, { citizenId: unlinked.id })
    await push(streamId, command(1, 'appointment.book', booking))
    await copy.all()
    expect(copy.rows.get(`slot ${slot.id}`)).toMatchObject({ capacity: 2, booked: 1 })
    expect(copy.rows.get(`appointment ${booking.id}`)).toMatchObject({ state: 'confirmed' })
    expect(copy.has('citizen', unlinked.id)).toBe(true)
    await push(streamId, command(2, 'appointment.cancel', cancelArgs(booking.id, { by: 'office' })))
    await copy.all()
    expect(copy.rows.get(`slot ${slot.id}`)).toMatchObject({ booked: 0 })
    expect(copy.rows.get(`appointment ${booking.id}`)).toMatchObject({ state: 'cancelled-by-office' })
  })

  test('a refused command moves applied all the same', async () => {
    const streamId = await addStream(person, desk)
    const copy = await copyOf(person, desk).all()
    await push(streamId, command(1, 'ticket.open', ticketArgs({ topicId: 'no-such-topic' })))
    await copy.all()
    expect(copy.applied.get(streamId)).toBe(1)
  })

  test('a contact that changes hands takes the one out of scope and brings the other', async () => {
    const streamId = await addStream(person, desk)
    const [wrong, right] = [await addCitizen(crm.store.db), await addCitizen(crm.store.db)]
    const contact = contactArgs({ citizenId: wrong.id })
    await push(streamId, command(1, 'contact.open', contact))
    const copy = await copyOf(person, desk).all()
    expect(copy.has('citizen', wrong.id)).toBe(true)
    const corrected = { contactId: contact.id, citizenId: right.id, identification: 'birth-date' as const }
    await push(streamId, command(2, 'contact.identify', corrected))
    await copy.all()
    expect(copy.has('citizen', wrong.id)).toBe(false)
    expect(copy.gone).toContain(`citizen ${wrong.id}`)
    expect(copy.has('citizen', right.id)).toBe(true)
  })

  test('a specialist holds the requests of their teams only', async () => {
    const specialist = await addPerson(crm, { roles: ['specialist'], teams: ['taxes'] })
    const streamId = await addStream(person, desk)
    const [theirs, others] = [ticketArgs({ topicId: smallCity.otherTopic }), ticketArgs()]
    const copy = await copyOf(specialist, desk).all()
    await push(streamId, command(1, 'ticket.open', theirs), command(2, 'ticket.open', others))
    await copy.all()
    expect([copy.has('ticket', theirs.id), copy.has('ticket', others.id)]).toEqual([true, false])
    const fresh = await copyOf(specialist, desk).all()
    expect([fresh.has('ticket', theirs.id), fresh.has('ticket', others.id)]).toEqual([true, false])
  })

  test('somebody for whom another called leaves when that call has grown old', async () => {
    const today = Temporal.Now.plainDateISO('Europe/Rome')
    await age(crm.store.db, today)
    const streamId = await addStream(person, desk)
    const [caller, represented] = [await addCitizen(crm.store.db), await addCitizen(crm.store.db)]
    // Of the last day that is still on desks; tomorrow it is not.
    const startedAt = today
      .subtract({ days: 90 })
      .toZonedDateTime({ timeZone: 'Europe/Rome', plainTime: '10:07' })
      .toInstant()
      .toString()
    const contact = contactArgs({ citizenId: caller.id, startedAt, answeredAt: null })
    await push(streamId, command(1, 'contact.open', contact))
    await sql`update contacts set on_behalf_of = ${represented.id} where id = ${contact.id}`.execute(
      crm.store.db,
    )
    const copy = await copyOf(person, desk).all()
    expect([copy.has('citizen', caller.id), copy.has('citizen', represented.id)]).toEqual([true, true])
    // The clock of this CRM stands: what grows old a day later is the call a day earlier.
    await sql`update contacts set started_at = started_at - interval '1 day'
      where on_behalf_of = ${represented.id}`.execute(crm.store.db)
    await sql`update scope_days set day = day - 1`.execute(crm.store.db)
    await age(crm.store.db, today)
    await copy.all()
    expect([copy.has('citizen', caller.id), copy.has('citizen', represented.id)]).toEqual([false, false])
  })

  test('somebody for whom a caller may speak no more leaves on the day after, with no other change', async () => {
    const today = Temporal.Now.plainDateISO('Europe/Rome')
    await age(crm.store.db, today)
    const streamId = await addStream(person, desk)
    const [caller, ended, last] = [
      await addCitizen(crm.store.db),
      await addCitizen(crm.store.db),
      await addCitizen(crm.store.db),
    ]
    await push(streamId, command(1, 'contact.open', contactArgs({ citizenId: caller.id })))
    for (const { id } of [ended, last])
      await sql`insert into citizen_delegations (citizen_id, for_id, kind, until)
        values (${caller.id}, ${id}, 'proxy', ${today.toString()})`.execute(crm.store.db)
    const copy = await copyOf(person, desk).all()
    expect([copy.has('citizen', ended.id), copy.has('citizen', last.id)]).toEqual([true, true])
    // The clock of this CRM stands: what ends a day later is the delegation a day earlier.
    await sql`update citizen_delegations set until = until - 1 where for_id = ${ended.id}`.execute(
      crm.store.db,
    )
    await sql`update scope_days set day = day - 1`.execute(crm.store.db)
    await age(crm.store.db, today)
    await copy.all()
    expect([copy.has('citizen', ended.id), copy.has('citizen', last.id)]).toEqual([false, true])
    const fresh = await copyOf(person, desk).all()
    expect([fresh.has('citizen', ended.id), fresh.has('citizen', last.id)]).toEqual([false, true])
  })

  test('slots of a new day enter and those of yesterday leave, with no other change', async () => {
    const today = Temporal.Now.plainDateISO('Europe/Rome')
    await age(crm.store.db, today)
    const [yesterday, entering] = await Promise.all(
      [today.subtract({ days: 1 }), today.add({ days: 13 })].map((day) =>
        addSlot(crm.store.db, {
          startsAt: day
            .toZonedDateTime({ timeZone: 'Europe/Rome', plainTime: '10:07' })
            .toInstant()
            .toString(),
          capacity: 1,
        }),
      ),
    )
    const copy = await copyOf(person, desk).all()
    await sql`update scope_days set day = day - 1`.execute(crm.store.db)
    await age(crm.store.db, today)
    await copy.page()
    expect(copy.gone).toContain(`slot ${yesterday}`)
    expect(copy.has('slot', String(entering))).toBe(true)
    const pages = copy.pages
    await age(crm.store.db, today)
    await copy.all()
    expect(copy.pages).toBe(pages + 1)
  })

  test('cursors of another database, another scope and nobody begin anew', async () => {
    const copy = await copyOf(person, desk).all()
    const other = await addPerson(crm, { teams: ['taxes'] })
    const foreign = copyOf(other, desk)
    foreign.cursor = copy.cursor
    await foreign.all()
    expect(foreign.restarts).toBe(1)
    const torn = copyOf(person, desk)
    torn.cursor = 'not-a-cursor'
    await torn.all()
    expect(torn.restarts).toBe(1)
    expect(torn.rows.size).toBe(copy.rows.size)
  })

  test('the log is read in the order of numbers, not of their digits', async () => {
    const copy = await copyOf(person, desk).all()
    const here = readCursor(copy.cursor ?? '')
    if (!here) throw new Error('no cursor')
    await sql`insert into change_log (xid, entity, id, version) values
      ('10', 'ticket', ${newId()}, 1), ('9', 'contact', ${newId()}, 1)`.execute(crm.store.db)
    const old = copyOf(person, await addDesk(crm, person), 1)
    old.cursor = writeCursor({ ...here, phase: 'log', xid: '8', seq: 0 })
    await old.page()
    await old.page()
    expect(old.gone.map((key) => key.split(' ')[0])).toEqual(['contact', 'ticket'])
  })

  test('an unknown device and a query that is none are refused', async () => {
    await expect(pullPage(crm.url, person.authorization, { device: newId() })).rejects.toThrow('404')
    await expect(
      pullPage(crm.url, person.authorization, { device: desk.deviceId, limit: 9999 }),
    ).rejects.toThrow(/400.*"field":"limit"/)
    await expect(pullPage(crm.url, desk.authorization, { device: desk.deviceId })).rejects.toThrow('403')
    await expect(pullPage(crm.url, '', { device: desk.deviceId })).rejects.toThrow('401')
  })

  test('a device may be named by who registered it and by who has its credential, by nobody else', async () => {
    const other = await addPerson(crm)
    const theirs = await addDesk(crm, other)
    const feed = (who: Person, device: string, credential?: string) =>
      pullPage(crm.url, who.authorization, { device }, credential)
    const register = (who: Person, deviceId: string, credential?: string) =>
      crmApi(crm.url, who.authorization, credential).sync.registerStream({ streamId: newId(), deviceId })
    const [, secret = ''] = desk.credential.split('.')
    const wrong = [
      undefined,
      theirs.credential,
      `${desk.deviceId}.`,
      `${desk.deviceId}.${'x'.repeat(43)}`,
      `${theirs.deviceId}.${secret}`,
      `.${secret}`,
      desk.authorization,
    ]
    for (const credential of wrong) {
      await expect(feed(other, desk.deviceId, credential)).rejects.toThrow('404')
      await expect(register(other, desk.deviceId, credential)).rejects.toMatchObject({
        data: { kind: 'not-found', code: 'record-not-found' },
      })
    }
    expect(await feed(other, desk.deviceId, desk.credential)).not.toEqual([])
    expect(await register(other, desk.deviceId, desk.credential)).toEqual({ lastN: 0 })
    expect(await feed(person, desk.deviceId)).not.toEqual([])
    expect(await register(person, desk.deviceId)).toEqual({ lastN: 0 })

    await crm.store.db
      .updateTable('devices')
      .set({ revoked_at: new Date().toISOString() })
      .where('id', '=', theirs.deviceId)
      .execute()
    await expect(feed(other, theirs.deviceId, theirs.credential)).rejects.toThrow('404')
  })

  test('a notice at once, then one for a burst of changes', async () => {
    const streamId = await addStream(person, desk)
    const notices = await person.api.sync.notices()
    expect(await notices.next()).toEqual({ done: false, value: { pull: true } })
    const next = notices.next()
    await push(
      streamId,
      ...Array.from({ length: 20 }, (_, index) => command(index + 1, 'ticket.open', ticketArgs())),
    )
    expect(await next).toEqual({ done: false, value: { pull: true } })
    await notices.return?.()
  })

  test('whether there is something to tell is found without reading the log', async () => {
    const { db } = crm.store
    await sql`insert into change_log (entity, id, version)
      select 'read', 'x' || n, 0 from generate_series(1, 20000) n`.execute(db)
    await sql`analyze change_log`.execute(db)
    const { rows } = await sql<{ 'QUERY PLAN': string }>`explain ${endOfLog}`.execute(db)
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
    expect(plan).toContain('change_log_pkey')
    expect(plan).not.toContain('Seq Scan')
  })

  // PGlite has one connection: no second writer can commit late there.
  if (engine === 'postgres')
    test('what a slow writer commits late is not skipped, and the desk’s own commands are exact all the while', async () => {
      const streamId = await addStream(person, desk)
      const colleague = await addPerson(crm)
      const otherDesk = await addDesk(crm, colleague)
      const copy = await copyOf(person, desk).all()
      const late = await addCitizen(crm.store.db)
      const lateContact = newId()

      // Takes its transaction and its place in the log first, and commits last.
      const slow = new pg.Client(databaseUrl)
      await slow.connect()
      await slow.query('begin')
      await slow.query(
        `insert into contacts (id, channel, direction, operator_id, citizen_id, started_at)
         values ($1, 'phone', 'inbound', $2, $3, now())`,
        [lateContact, colleague.id, late.id],
      )
      await slow.query(
        `insert into change_log (entity, id, version) values ('contact', $1, 1), ('citizen', $2, 1)`,
        [lateContact, late.id],
      )

      const own = ticketArgs()
      await push(streamId, command(1, 'ticket.open', own))
      const theirs = ticketArgs()
      await otherDesk.api.sync.push({
        streamId: await addStream(colleague, otherDesk),
        commands: [command(1, 'ticket.open', theirs)],
      })
      await copy.all()
      // Others' changes wait for the slow writer; this desk's own come with the number that says so.
      expect(copy.applied.get(streamId)).toBe(1)
      expect([copy.has('ticket', own.id), copy.has('ticket', theirs.id)]).toEqual([true, false])

      // Half a minute later somebody should look for that transaction.
      expect(crm.logs()).not.toContain('stays open')
      await sql`insert into change_log (entity, id, version, at)
        values ('read', 'x', 0, clock_timestamp() - interval '31 seconds')`.execute(crm.store.db)
      await copy.all()
      expect(crm.logs()).toContain('stays open')

      const notices = await person.api.sync.notices()
      await notices.next()
      const told = notices.next()
      await slow.query('commit')
      await slow.end()
      await crm.store.db.executeQuery(sql`select pg_notify('ascolto_changes', '')`.compile(crm.store.db))
      await told
      await notices.return?.()

      await copy.all()
      expect(copy.has('contact', lateContact)).toBe(true)
      expect(copy.has('citizen', late.id)).toBe(true)
      expect(copy.has('ticket', theirs.id)).toBe(true)
    })

  test('forty writers at once while a desk pulls in small pages: its copy ends as the database is', async () => {
    const reader = copyOf(person, desk, 7)
    await reader.all()
    const streams = await Promise.all(Array.from({ length: 40 }, () => addStream(person, desk)))
    let writing = true
    const writers = Promise.all(
      streams.map(async (streamId) => {
        for (let n = 1; n <= 5; n += 1) {
          await push(streamId, command(n, 'ticket.open', ticketArgs()))
        }
      }),
    ).finally(() => {
      writing = false
    })
    while (writing) {
      await reader.page()
      const tickets = new Set([...reader.rows.keys()].filter((key) => key.startsWith('ticket ')))
      // Never fewer rows than the numbers say: each of these commands made one request.
      const said = streams.reduce((sum, id) => sum + (reader.applied.get(id) ?? 0), 0)
      expect(tickets.size).toBeGreaterThanOrEqual(said)
    }
    await writers
    await reader.all()
    for (const entity of ['ticket', 'contact', 'appointment'] as const) {
      const { rows } = await sql<{ n: number }>`
        select count(*) as n from ${sql.table(`${entity}s`)} ${
          entity === 'contact'
            ? sql`where started_at > now() - interval '90 days'`
            : entity === 'appointment'
              ? sql`where citizen_id is not null`
              : sql``
        }`.execute(crm.store.db)
      const held = [...reader.rows.keys()].filter((key) => key.startsWith(`${entity} `))
      expect([entity, held.length]).toEqual([entity, rows[0]?.n])
    }
    expect(streams.map((id) => reader.applied.get(id))).toEqual(streams.map(() => 5))
  })
})

test('under the policy of the whole directory a desk holds everybody', async () => {
  const crm = await startCrm({ directory: 'whole', databaseUrl: await postgres.createDatabase() })
  try {
    const person = await addPerson(crm)
    const desk = await addDesk(crm, person)
    const stranger = await addCitizen(crm.store.db)
    const lines = await pullPage(crm.url, person.authorization, { device: desk.deviceId })
    expect(
      lines.flatMap((line) => (line.type === 'row' && line.entity === 'citizen' ? [line.id] : [])),
    ).toEqual([stranger.id])
  } finally {
    await crm.stop()
  }
})
