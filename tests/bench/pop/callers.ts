import { fullName } from '#contract/domain/citizen.ts'
import { Citizen } from '../../../src/contract/domain/citizen.ts'
import { loadCity } from '../../../src/crm/seed/city.ts'
import { isEmpty } from '../../../src/crm/seed/filled.ts'
import { seedCity } from '../../../src/crm/seed/seed.ts'
import { openStore } from '../../../src/crm/store/store.ts'
import { crmApi, pullPage } from '../../support/crm.ts'
import { shuffled } from '../lib/random.ts'

export const kinds = ['known', 'household', 'unknown', 'crm-only'] as const
export type Kind = (typeof kinds)[number]

/** A number and who has it: nobody, one person, or a household. */
export type Caller = { kind: Kind; number: string; names: string[] }

type Directory = Map<string, { id: string; name: string }[]>
export type City = { engine: string; password: string; citizens: number; directory: Directory }

export const databaseUrl = process.env.DATABASE_URL || undefined

/** The synthetic city in the database, made when that is empty, and who has which number. The database is free again afterwards. */
export async function openCity(dataDir: string, citizens: number): Promise<City> {
  const store = await openStore(databaseUrl === undefined ? { dataDir } : { databaseUrl })
  try {
    if (await isEmpty(store)) await seedCity(store, { citizens })
    const { password } = await loadCity()
    const rows = await store.db
      .selectFrom('citizen_phones')
      .innerJoin('citizens', 'citizens.id', 'citizen_phones.citizen_id')
      .select(['citizens.id', 'given_name as givenName', 'family_name as familyName', 'number'])
      .orderBy('number')
      .orderBy('citizens.id')
      .execute()
    const directory: Directory = new Map()
    for (const row of rows)
      directory.set(row.number, [...(directory.get(row.number) ?? []), { id: row.id, name: fullName(row) }])
    const { count } = await store.db
      .selectFrom('citizens')
      .select((build) => build.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow()
    return { engine: store.engine, password, citizens: Number(count), directory }
  } finally {
    await store.close()
  }
}

/** Whom a desk of this user holds, as the change feed hands it out. */
export async function inScope(crmUrl: string, accessToken: string): Promise<Set<string>> {
  const authorization = `Bearer ${accessToken}`
  const { deviceId } = await crmApi(crmUrl, authorization).devices.register({ name: 'benchmark' })
  const ids = new Set<string>()
  for (let cursor: string | undefined, more = true; more; ) {
    const lines = await pullPage(crmUrl, authorization, { device: deviceId, cursor, limit: 1000 })
    for (const line of lines)
      if (line.type === 'row' && line.entity === 'citizen') ids.add(Citizen.parse(line.row).id)
    const end = lines.at(-1)
    if (end?.type !== 'end') throw new Error('the feed broke off')
    cursor = end.cursor
    more = end.more
  }
  return ids
}

/** So many callers of each kind, mixed. A kind with fewer numbers in the city than that has them call again. */
export function pickCallers(
  directory: Directory,
  held: ReadonlySet<string>,
  each: number,
  random: () => number,
): Caller[] {
  const found: Record<Kind, Caller[]> = { known: [], household: [], unknown: [], 'crm-only': [] }
  for (const [number, people] of directory) {
    const here = people.filter(({ id }) => held.has(id)).length
    const names = people.map(({ name }) => name)
    if (here === people.length) {
      const kind = people.length === 1 ? 'known' : 'household'
      found[kind].push({ kind, number, names })
    } else if (here === 0 && people.length === 1) found['crm-only'].push({ kind: 'crm-only', number, names })
  }
  while (found.unknown.length < each) {
    const number = `+39347${String(Math.floor(random() * 1e7)).padStart(7, '0')}`
    if (!directory.has(number)) found.unknown.push({ kind: 'unknown', number, names: [] })
  }
  return shuffled(
    kinds.flatMap((kind) => {
      const callers = shuffled(found[kind], random)
      if (callers.length === 0) throw new Error(`nobody in the city is ${kind}`)
      return Array.from({ length: each }, (_, at) => callers[at % callers.length] as Caller)
    }),
    random,
  )
}
