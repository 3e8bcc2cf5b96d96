import { sql } from 'kysely'
import { fullName } from '#contract/domain/citizen.ts'
import { type Id, newId } from '#contract/domain/ids.ts'
import { ruleRow } from '../agenda/hours.ts'
import { addAccounts, rememberPractice } from '../identity/accounts.ts'
import { hashPassword } from '../identity/password.ts'
import { insertRows } from '../store/insert-rows.ts'
import type { Store, Trx } from '../store/store.ts'
import { loadRules, writeRules } from '../tickets/rules.ts'
import { Agenda, type Wish } from './agenda.ts'
import { type City, loadCity } from './city.ts'
import { Draw } from './draw.ts'
import { isEmpty } from './filled.ts'
import type { Foundation } from './foundation.ts'
import { History } from './history.ts'
import { Kin } from './kin.ts'
import { Households, type SeedCitizen } from './people.ts'
import { PhoneNumbers } from './phone-numbers.ts'
import { loadPracticePeople, practiceCitizen, practiceDelegations, tellStories } from './practice-people.ts'
import { insertSeats } from './rows.ts'
import { openStaging, writeTickets, writeTold } from './staged-tickets.ts'
import type { Author } from './ticket-story.ts'

export type SeedOptions = {
  /** How many persons, the practice line's included. */
  citizens?: number
  seed?: number
  now?: Date
  /** Called as it goes on: `done` of `total` citizens written, and when it turns to the rest. */
  onProgress?: (progress: SeedProgress) => void
}
export type SeedProgress = {
  what: 'accounts' | 'citizens' | 'history' | 'agenda'
  done: number
  total: number
}
export type SeedCount = Record<'citizens' | 'contacts' | 'tickets' | 'slots' | 'appointments', number>

/** The offices have no seats for more. */
const bookingAtMost = 20_000

/** Fills an empty store with a city's offices, services, topics, cards and rules: no accounts, and nobody invented. Slots are made when it is served. */
export async function foundCity(store: Store, { city, rules }: Foundation): Promise<void> {
  if (!(await isEmpty(store))) throw new Error('only an empty store may be filled')
  await store.db.transaction().execute(async (trx) => {
    await writeReference(trx, city)
    await writeRules(trx, rules)
    await writeHours(trx, city, newId, new Date())
  })
}

/**
 * Fills an empty store with the example city and invented people: all of it, or nothing. The same `seed`, number and `now` give the same
 * city, ids included (passwords are salted). Memory does not grow with the number of citizens. Nothing is written to the change log: a desk's first pull reads the tables.
 */
export async function seedCity(store: Store, options: SeedOptions = {}): Promise<SeedCount> {
  const { citizens: total = 5000, seed = 1, now = new Date(), onProgress = () => {} } = options
  if (!(await isEmpty(store))) throw new Error('only an empty store may be seeded')
  const draw = new Draw(seed)
  const [city, practice, rules] = await Promise.all([loadCity(), loadPracticePeople(), loadRules()])

  return store.db.transaction().execute(async (trx) => {
    // What was made up was changed by nobody.
    await sql`select set_config('ascolto.audit', 'off', true), set_config('statement_timeout', '0', true)`.execute(
      trx,
    )
    onProgress({ what: 'accounts', done: 0, total })
    const operators = await writeAccounts(trx, city, draw, now)
    await writeReference(trx, city)
    await writeRules(trx, rules)
    const people = practice.map((person) => ({ person, citizen: practiceCitizen(person, draw, now) }))
    const history = new History(city, rules.rulebook, operators, draw, now)
    const agenda = new Agenda(city, rules.rulebook.calendar, draw, now)
    tellStories(people, history, agenda, rules.rulebook.calendar, now)

    const phones = new PhoneNumbers(
      draw,
      practice.flatMap((person) => person.phones),
    )
    const households = new Households(draw, phones, now, practice.map(fullName))
    const kin = new Kin(seed, phones, now, total)
    for (const [who, forWhom, kind] of practiceDelegations) {
      const idOf = (key: string) => people.find(({ person }) => person.key === key)?.citizen.id
      const [one, other] = [idOf(who), idOf(forWhom)]
      if (one && other) kin.delegate(one, other, kind)
    }
    const adults: Id[] = []
    let contacts = 0
    const write = async (citizens: readonly SeedCitizen[]): Promise<void> => {
      await writeCitizens(trx, citizens)
      await insertRows(trx, 'citizen_delegations', ['citizen_id', 'for_id', 'kind', 'until'], kin.take())
      const told = history.take()
      contacts += told.contacts.length
      await writeTold(trx, told)
    }
    await openStaging(trx)
    await write(people.map(({ citizen }) => citizen))
    let done = people.length
    const distinct = total - kin.doublesWanted
    while (done < distinct) {
      const chunk: SeedCitizen[] = []
      while (chunk.length < 1000 && done + chunk.length < distinct) {
        const household = households.next(distinct - done - chunk.length)
        kin.ofHousehold(household)
        history.ofHousehold(household)
        chunk.push(...household)
      }
      await write(chunk)
      if (adults.length < bookingAtMost)
        adults.push(...chunk.filter(({ age }) => age >= 18).map(({ id }) => id))
      done += chunk.length
      onProgress({ what: 'citizens', done, total })
    }

    while (done < total) {
      const doubles = kin.doubles(total - done)
      // Too few were entered twice by lot: the others are people like all.
      const others = doubles.length > 0 ? doubles : households.next(total - done)
      await write(others)
      done += others.length
      onProgress({ what: 'citizens', done, total })
    }

    onProgress({ what: 'history', done, total })
    const tickets = await writeTickets(trx)
    onProgress({ what: 'agenda', done, total })
    planAppointments(city, agenda, history, adults, draw, now)
    await writeHours(trx, city, () => draw.id(now.getTime()), now)
    await writeAgenda(trx, agenda)
    return {
      citizens: done,
      contacts,
      tickets,
      slots: agenda.slots.length,
      appointments: agenda.appointments.length,
    }
  })
}

/** Gives the ids of those who answer calls. */
async function writeAccounts(trx: Trx, city: City, draw: Draw, now: Date): Promise<Author[]> {
  // Once for all, who have the same one: to hash it takes a third of a second, on purpose.
  const passwordHash = await hashPassword(city.password)
  const accounts = city.accounts.map((account) => ({
    ...account,
    id: draw.id(now.getTime() - 1000 * dayMs),
    passwordHash,
  }))
  await addAccounts(trx, accounts)
  if (city.example) {
    await rememberPractice(trx, {
      password: city.password,
      accounts: accounts.map(({ login, givenName, familyName, roles }) => ({
        login,
        name: `${givenName} ${familyName}`,
        role: roles[0] ?? '',
      })),
    })
  }
  const answering = accounts.filter(({ roles }) => roles.includes('operator') || roles.includes('specialist'))
  return (answering.length > 0 ? answering : accounts).map(({ id, roles }) => ({ id, roles }))
}

async function writeReference(trx: Trx, city: City): Promise<void> {
  const tables = {
    topics: city.topics,
    offices: city.offices,
    services: city.services,
    articles: city.articles,
  } as const
  for (const [table, rows] of Object.entries(tables)) {
    await insertRows(
      trx,
      table as keyof typeof tables,
      ['id', 'body'],
      rows.map(({ id, ...body }) => ({ id, body })),
    )
  }
}

async function writeCitizens(trx: Trx, citizens: readonly SeedCitizen[]): Promise<void> {
  const rows = citizens.map((citizen) => ({
    id: citizen.id,
    version: 1,
    given_name: citizen.givenName,
    family_name: citizen.familyName,
    birth_date: citizen.birthDate,
    fiscal_code: citizen.fiscalCode,
    language: citizen.language,
    email: citizen.email,
    other_emails: citizen.otherEmails,
    other_addresses: citizen.otherAddresses,
    needs_duplicate_check: citizen.needsDuplicateCheck,
    origin: 'registry',
    street: citizen.street,
    municipality: citizen.municipality,
    municipio: citizen.municipio,
  }))
  await insertRows(trx, 'citizens', columnsOf(rows), rows)
  const phones = citizens.flatMap((citizen) =>
    citizen.phones.map((phone, position) => ({ citizen_id: citizen.id, position, ...phone })),
  )
  await insertRows(trx, 'citizen_phones', columnsOf(phones), phones)
}

/** Those who called for an appointment, and as many again who came by themselves. */
function planAppointments(
  city: City,
  agenda: Agenda,
  history: History,
  adults: readonly Id[],
  draw: Draw,
  now: Date,
): void {
  const serviceFor = (topicId: string): string =>
    city.services.find((service) => service.topicId === topicId)?.id ?? 'identity-card'
  const ahead: Wish[] = []
  for (const { citizenId, contactId, topicId, at } of history.booked) {
    const wish = { citizenId, contactId, serviceId: serviceFor(topicId) }
    if (at > now.getTime() - 12 * dayMs) ahead.push(wish)
    else agenda.addPast(wish, at)
  }
  for (const citizenId of adults) {
    const wish = (): Wish => ({
      citizenId,
      contactId: null,
      serviceId: draw.weighted([
        ['identity-card', 60],
        ['residence', 12],
        ['certificates', 8],
        ['electoral-card', 6],
        ['waste-tax-desk', 5],
        ['nursery-desk', 4],
        ['social-service-interview', 3],
        ['fines-desk', 2],
      ]),
    })
    if (draw.chance(0.3)) ahead.push(wish())
    if (draw.chance(0.12)) agenda.addPast(wish())
  }
  agenda.fill(ahead)
}

/** The rules that the slots were made from, and the office's closures. */
async function writeHours(trx: Trx, city: City, nextId: () => Id, now: Date): Promise<void> {
  const rules = city.rules.map(({ officeId, ...rule }) => ruleRow(officeId, rule, nextId()))
  await insertRows(trx, 'opening_rules', columnsOf(rules), rules)
  const closures = city.closures.map(({ officeId, from, to, reason }) => ({
    ...{ id: nextId(), office_id: officeId, starts_at: from, ends_at: to, reason },
    ...{ cancels: false, made_at: now.toISOString() },
  }))
  await insertRows(trx, 'closures', columnsOf(closures), closures)
}

async function writeAgenda(trx: Trx, agenda: Agenda): Promise<void> {
  // Row by row the checks of seats and appointments take longer than all else; what is written here is checked at once.
  const unguarded = ['slots', 'slot_seats', 'appointments'] as const
  for (const table of unguarded) await sql`alter table ${sql.table(table)} disable trigger user`.execute(trx)
  await insertRows(trx, 'slots', columnsOf(agenda.slots), agenda.slots)
  await insertRows(trx, 'appointments', columnsOf(agenda.appointments), agenda.appointments)
  await insertSeats(trx, agenda.seats)
  await requireSeats(trx)
  for (const table of unguarded) await sql`alter table ${sql.table(table)} enable trigger user`.execute(trx)
  await insertRows(trx, 'agenda_days', columnsOf(agenda.days), agenda.days)
  // The checks at commit are planned by what is known of the tables, and in this transaction nothing is, in PGlite never.
  await sql`analyze slots, slot_seats, appointments, citizens, contacts, tickets`.execute(trx)
}

/** Every appointment that needs a seat has one in the slot it begins in, and no other has any. */
async function requireSeats(trx: Trx): Promise<void> {
  const { rows } = await sql<{ wrong: number }>`
    select count(*)::int as wrong from appointments a
    left join slot_seats s on s.appointment_id = a.id and s.slot_id = a.slot_id
    where (a.state in ('confirmed', 'proposed', 'no-show', 'attended')) <> (s.seat is not null)`.execute(trx)
  if (rows[0]?.wrong !== 0)
    throw new Error(`${rows[0]?.wrong} seeded appointments do not sit where they should`)
}

const dayMs = 86_400_000

const columnsOf = <Row extends object>(rows: readonly Row[]): (keyof Row & string)[] =>
  Object.keys(rows[0] ?? {}) as (keyof Row & string)[]
