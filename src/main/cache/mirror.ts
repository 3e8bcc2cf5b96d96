import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Logger } from 'pino'
import type { SystemTruth } from '#contract/desk.ts'
import { type Citizen, fullName, mostOnNumber } from '#contract/domain/citizen.ts'
import { partiesOf } from '#contract/domain/contact.ts'
import type { Entity } from '#contract/domain/entities.ts'
import { cityZone, type Id } from '#contract/domain/ids.ts'
import { rankAlike } from '#contract/domain/likeness.ts'
import { rulebookId } from '#contract/domain/rulebook.ts'
import { Fault } from '#contract/errors.ts'
import { openAppointments, openSlots } from './appointments.ts'
import { openCitizens } from './citizens.ts'
import { openContacts } from './contacts.ts'
import { cacheMigrations } from './migrations/cache.ts'
import type { Cache, CitizenStory } from './model.ts'
import type { OutboxCommand } from './outbox.ts'
import { openProjection, type ServerRow } from './projection.ts'
import { openReference } from './reference.ts'
import { epoch, schemasMark } from './rows.ts'
import { isDamage, openSqlite, type Sqlite } from './sqlite.ts'
import { openEntries } from './ticket-entries.ts'
import { openTickets } from './tickets.ts'

export type MirrorOptions = {
  dir: string
  key: string
  log: Logger
  now(): Date
  /** The commands of the outbox whose effect may have to be shown. */
  pending(): OutboxCommand[]
}

export type Page = {
  rows: readonly ServerRow[]
  applied: ReadonlyMap<Id, number>
  cursor: string
  more: boolean
  /** Some row could not be read and is not among `rows`. */
  incomplete: boolean
}

type Queries = Pick<
  Cache,
  | 'callers'
  | 'story'
  | 'search'
  | 'alikeTo'
  | 'reference'
  | 'slots'
  | 'made'
  | 'appointment'
  | 'appointmentByCode'
  | 'ticket'
  | 'ticketByProtocol'
  | 'ticketEntries'
  | 'tickets'
>

/**
 * `cache.db`: the CRM's rows with the pending commands over them. A fault of the file blocks it: queries answer empty,
 * changes do nothing, and the file stays as it is until somebody asks for `rebuild`.
 */
export interface Mirror {
  state(): SystemTruth['cache']
  queries: Queries
  add(commands: readonly OutboxCommand[]): Set<Entity>
  drop(seqs: readonly number[]): Set<Entity>
  cursor(): string | null
  appliedN(streamId: Id): number
  /** The first `n` commands of a stream that replaces another are those whose effects the rows carry already. */
  carry(streamId: Id, n: number): void
  /** Answers what it touched. On the medium when it returns if `applied` rose, since the outbox then lets go of the commands. */
  apply(page: Page): Set<Entity>
  /** Streams got other ids or numbers: derive everything again. */
  rederive(): Set<Entity>
  restart(): Set<Entity>
  /** Rows were left out that this program may be able to read: another one, older or newer, pulled them. */
  isOutgrown(): boolean
  /** The file goes, whatever is wrong with it, with all that were set aside, and a new one begins. */
  empty(): void
  /** See `Cache.rebuild`. */
  rebuild(): void
  close(): void
}

const storyContacts = 50

export function openMirror(options: MirrorOptions): Mirror {
  const { log } = options
  const path = join(options.dir, 'cache.db')
  let file: CacheFile | null = null
  let fault: Fault | null = null

  const block = (error: unknown) => {
    fault = error instanceof Fault ? error : new Fault('unavailable', 'cache-corrupt', { cause: error })
    log.error({ err: fault }, 'the cache is blocked')
    file?.db.close()
    file = null
  }
  const open = () => {
    try {
      file = openFile(path, options)
      file.rebuild()
    } catch (error) {
      if (!(error instanceof Fault) && !isDamage(error)) throw error
      block(error)
    }
  }
  /** Runs on the file; a damaged one blocks. */
  const on = <T>(work: (file: CacheFile) => T, blocked: T): T => {
    if (!file) return blocked
    try {
      return work(file)
    } catch (error) {
      if (!isDamage(error)) throw error
      block(error)
      return blocked
    }
  }
  /** As `on`, for what moves the projection: whatever interrupts it, the projection is derived again. */
  const moving = (work: (file: CacheFile) => Set<Entity>): Set<Entity> =>
    on((open) => {
      try {
        return work(open)
      } catch (error) {
        if (!isDamage(error)) open.rebuild()
        throw error
      }
    }, new Set<Entity>())

  forgetBroken(path, options.now(), log)
  open()
  return {
    state() {
      if (fault) return { state: 'blocked', fault: fault.toData() }
      return { state: on((f) => f.filled(), false) ? 'ready' : 'filling', fault: null }
    },
    queries: {
      callers: (e164) => on((f) => f.tables.citizen.byNumber(e164).slice(0, mostOnNumber).map(f.storyOf), []),
      story: (citizenId) =>
        on((f) => {
          const asked = f.tables.citizen.get(citizenId)
          const citizen = asked?.mergedInto ? (f.tables.citizen.get(asked.mergedInto) ?? asked) : asked
          return citizen ? f.storyOf(citizen) : null
        }, null),
      search: (text, limit) => on((f) => f.tables.citizen.search(text, limit), []),
      alikeTo: (person) => on((f) => rankAlike(person, f.tables.citizen.candidates(person)), []),
      reference: () =>
        on(
          (f) => ({
            services: f.tables.service.all(),
            offices: f.tables.office.all(),
            topics: f.tables.topic.all(),
            articles: f.tables.article.all(),
            teams: f.tables.team.all(),
            rulebook: f.tables.rulebook.get(rulebookId) ?? null,
            unsentChannels: f.tables.channel.all().flatMap(({ id, leaves }) => (leaves ? [] : [id])),
          }),
          {
            services: [],
            offices: [],
            topics: [],
            articles: [],
            teams: [],
            rulebook: null,
            unsentChannels: [],
          },
        ),
      slots: (query) => on((f) => f.tables.slot.find(query), []),
      made: (contactId) =>
        on(
          (f) => ({
            contact: f.tables.contact.get(contactId) ?? null,
            tickets: f.tables.ticket.ofContact(contactId),
            appointments: f.tables.appointment.ofContact(contactId),
          }),
          { contact: null, tickets: [], appointments: [] },
        ),
      appointment: (id) => on((f) => f.tables.appointment.get(id) ?? null, null),
      appointmentByCode: (code) => on((f) => f.tables.appointment.byCode(code) ?? null, null),
      ticket: (id) => on((f) => f.tables.ticket.get(id) ?? null, null),
      ticketByProtocol: (protocol) => on((f) => f.tables.ticket.byProtocol(protocol) ?? null, null),
      ticketEntries: (ticketId) => on((f) => f.tables['ticket-entry'].ofTicket(ticketId), []),
      tickets: (query) => on((f) => f.tables.ticket.find(query), []),
    },
    add: (commands) => moving((f) => f.db.transaction(() => f.projection.add(commands))),
    drop: (seqs) =>
      seqs.length === 0 ? new Set() : moving((f) => f.db.transaction(() => f.projection.advance([], seqs))),
    cursor: () => on((f) => f.meta('cursor'), null),
    appliedN: (streamId) => on((f) => f.appliedN(streamId), 0),
    carry: (streamId, n) => on((f) => f.carry(streamId, n), undefined),
    apply: (page) => moving((f) => f.apply(page)),
    rederive: () => moving((f) => f.rebuild()),
    restart: () => moving((f) => f.clear()),
    isOutgrown: () =>
      on((f) => {
        const leftOutBy = f.meta('left-out-by')
        return leftOutBy !== null && leftOutBy !== schemasMark()
      }, false),
    empty() {
      file?.db.close()
      file = null
      fault = null
      for (const part of ['', '-wal', '-shm']) rmSync(path + part, { force: true })
      for (const broken of brokenOf(path)) rmSync(broken.path, { force: true })
      open()
    },
    rebuild() {
      if (!fault) throw new Fault('conflict', 'cache-ready')
      if (fault.code === 'cache-newer') throw fault
      setAside(path, options.now())
      fault = null
      open()
      if (fault) throw fault
      log.warn('the cache begins anew; the file that could not be used was set aside')
    },
    close() {
      file?.db.close()
      file = null
    },
  }
}

/** A working week and the days off around it: so long whoever has to find out what happened may take the file. */
const brokenDays = 7
const brokenMark = '.broken-'

/** Beside the new file, under the moment it was given up. Retention does not reach its rows, so it does not stay. */
function setAside(path: string, at: Date): void {
  const suffix = brokenMark + at.toISOString().replaceAll(/[:.]/g, '-')
  for (const part of ['', '-wal', '-shm'])
    if (existsSync(path + part)) renameSync(path + part, path + suffix + part)
}

/** The files that were set aside, each with the moment in its name; one that names none is as old as can be. */
function brokenOf(path: string): { path: string; at: number }[] {
  const begin = basename(path) + brokenMark
  return readdirSync(dirname(path)).flatMap((name) => {
    if (!name.startsWith(begin)) return []
    const iso = name.slice(begin.length).replace(/^(\d+-\d+-\d+T\d+)-(\d+)-(\d+)-(\d+Z).*$/, '$1:$2:$3.$4')
    return [{ path: join(dirname(path), name), at: Date.parse(iso) || 0 }]
  })
}

function forgetBroken(path: string, at: Date, log: Logger): void {
  for (const broken of brokenOf(path)) {
    if (at.getTime() - broken.at < brokenDays * 86_400_000) continue
    try {
      rmSync(broken.path, { force: true })
    } catch (error) {
      log.warn({ err: error }, 'a cache that was set aside stays')
    }
  }
}

type CacheFile = ReturnType<typeof openFile>

function openFile(path: string, options: MirrorOptions) {
  const { key, log, now } = options
  const db = openSqlite({
    path,
    key,
    synchronous: 'normal',
    migrations: cacheMigrations,
    corrupt: 'cache-corrupt',
    log,
  })
  const tables = {
    citizen: openCitizens(db, log),
    contact: openContacts(db, log),
    ticket: openTickets(db, log),
    'ticket-entry': openEntries(db, log),
    appointment: openAppointments(db, log),
    slot: openSlots(db, log),
    service: openReference('service', db, log),
    office: openReference('office', db, log),
    topic: openReference('topic', db, log),
    article: openReference('article', db, log),
    team: openReference('team', db, log),
    rulebook: openReference('rulebook', db, log),
    channel: openReference('channel', db, log),
  }
  const projection = openProjection(db, tables)
  const { meta, setMeta, clearMeta, appliedN, setApplied } = openMeta(db)

  const zoneOf = (officeId: string): string => tables.office.get(officeId)?.zone ?? cityZone
  /** Also what hung on somebody who, by a command of this desk, is this person now: until the CRM has moved it. */
  const storyOf = (citizen: Citizen): CitizenStory => {
    const ids = [citizen.id, ...tables.citizen.joinedTo(citizen.id)]
    const contacts = ids
      .flatMap((id) => tables.contact.ofCitizen(id, storyContacts))
      .toSorted((a, b) => epoch(b.startedAt) - epoch(a.startedAt))
      .slice(0, storyContacts)
    const appointments = ids.flatMap((id) => tables.appointment.nextOfCitizen(id, now(), zoneOf))
    return {
      citizen,
      contacts,
      tickets: ids.flatMap((id) => tables.ticket.openOfCitizen(id)),
      appointments: appointments.toSorted((a, b) => epoch(a.startsAt) - epoch(b.startsAt)),
      parties: [...new Set(contacts.flatMap(partiesOf))].flatMap((citizenId) => {
        const party = tables.citizen.get(citizenId)
        return party ? [{ citizenId, name: fullName(party) }] : []
      }),
    }
  }

  return {
    db,
    tables,
    projection,
    storyOf,
    meta,
    appliedN,
    filled: () => meta('filled') === 'yes',
    rebuild: () =>
      db.transaction(() =>
        projection.rebuild(options.pending().filter(({ streamId, n }) => n > appliedN(streamId))),
      ),
    apply({ rows, applied, cursor, more, incomplete }: Page) {
      const risen = [...applied].filter(([streamId, n]) => n > appliedN(streamId))
      const done = projection
        .commands()
        .filter(({ streamId, n }) => n <= (applied.get(streamId) ?? 0))
        .map(({ seq }) => seq)
      if (risen.length > 0) db.synchronous('full')
      try {
        return db.transaction(() => {
          const entities = projection.advance(rows, done)
          for (const [streamId, n] of risen) setApplied(streamId, n)
          setMeta('cursor', cursor)
          if (incomplete) setMeta('left-out-by', schemasMark())
          if (!more) setMeta('filled', 'yes')
          return entities
        })
      } finally {
        if (risen.length > 0) db.synchronous('normal')
      }
    },
    carry: setApplied,
    clear: () =>
      db.transaction(() => {
        clearMeta()
        return projection.clear()
      }),
  }
}

/** `left-out-by`: which program could not read some row of the feed. */
type MetaName = 'cursor' | 'filled' | 'left-out-by'

function openMeta(db: Sqlite) {
  const one = db.query<{ value: string }>('SELECT value FROM meta WHERE name = ?')
  const put = db.query(
    'INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  )
  const applied = db.query<{ n: number }>('SELECT n FROM applied WHERE stream_id = ?')
  const setApplied = db.query(
    'INSERT INTO applied (stream_id, n) VALUES (?, ?) ON CONFLICT (stream_id) DO UPDATE SET n = excluded.n',
  )
  const clears = ['meta', 'applied'].map((table) => db.query(`DELETE FROM ${table}`))
  return {
    meta: (name: MetaName) => one.get(name)?.value ?? null,
    setMeta: (name: MetaName, value: string) => void put.run(name, value),
    appliedN: (streamId: Id) => applied.get(streamId)?.n ?? 0,
    setApplied: (streamId: Id, n: number) => void setApplied.run(streamId, n),
    clearMeta() {
      for (const clear of clears) clear.run()
    },
  }
}
