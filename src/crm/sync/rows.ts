import { sql } from 'kysely'
import type { Entity } from '#contract/domain/entities.ts'
import { readAppointments, readSlots } from '../appointments/rows.ts'
import { readCitizens } from '../citizens/rows.ts'
import { readContacts } from '../contacts/rows.ts'
import { type ReferenceEntity, readReference } from '../reference/rows.ts'
import type { Reader, Sql } from '../store/query.ts'
import { readEntries, readTickets } from '../tickets/rows.ts'
import {
  appointmentInScope,
  citizenInScope,
  contactInScope,
  entryInScope,
  type Scope,
  slotInScope,
  ticketInScope,
} from './scope.ts'

type Row = { id: string; version: number }
type Source = {
  alias: string
  /** Of the key's column. */
  key: 'uuid' | 'text'
  inScope(scope: Scope): Sql
  read(db: Reader, where: Sql, tail?: Sql): Promise<Row[]>
}

const reference = (entity: ReferenceEntity): Source => ({
  alias: 'd',
  key: 'text',
  inScope: () => sql`true`,
  read: (db, where, tail) => readReference(db, entity, where, tail),
})

/** How the feed reads each entity; in the order in which a first pull carries them. */
const sources: Record<Entity, Source> = {
  topic: reference('topic'),
  service: reference('service'),
  office: reference('office'),
  article: reference('article'),
  team: reference('team'),
  rulebook: reference('rulebook'),
  channel: reference('channel'),
  slot: { alias: 's', key: 'uuid', inScope: slotInScope, read: readSlots },
  citizen: { alias: 'c', key: 'uuid', inScope: citizenInScope, read: readCitizens },
  contact: { alias: 'k', key: 'uuid', inScope: contactInScope, read: readContacts },
  ticket: { alias: 't', key: 'uuid', inScope: ticketInScope, read: readTickets },
  'ticket-entry': { alias: 'e', key: 'uuid', inScope: entryInScope, read: readEntries },
  appointment: { alias: 'a', key: 'uuid', inScope: appointmentInScope, read: readAppointments },
}

export const feedOrder = Object.keys(sources) as Entity[]

/** The next rows in scope after a key, in the order of keys. */
export async function rowsAfter(
  db: Reader,
  entity: Entity,
  scope: Scope,
  after: string | null,
  limit: number,
): Promise<Row[]> {
  const { alias, key, inScope, read } = sources[entity]
  const id = sql.ref(`${alias}.id`)
  const later = after === null ? sql`true` : sql`${id} > ${after}::${sql.raw(key)}`
  return read(db, sql`${later} and ${inScope(scope)}`, sql`order by ${id} limit ${limit}`)
}

/** Those of the rows that are there and in scope. */
export async function rowsOf(
  db: Reader,
  entity: Entity,
  scope: Scope,
  ids: readonly string[],
): Promise<Row[]> {
  const { alias, key, inScope, read } = sources[entity]
  return read(db, sql`${sql.ref(`${alias}.id`)} = any(${ids}::${sql.raw(key)}[]) and ${inScope(scope)}`)
}
