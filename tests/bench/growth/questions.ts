import { sql } from 'kysely'
import type { Logger } from 'pino'
import type { Id } from '#contract/domain/ids.ts'
import { callerContext } from '../../../src/crm/citizens/queries.ts'
import { searchCitizens } from '../../../src/crm/citizens/search.ts'
import { activeUser } from '../../../src/crm/identity/accounts.ts'
import type { Store } from '../../../src/crm/store/store.ts'
import { readCursor, writeCursor } from '../../../src/crm/sync/cursor.ts'
import { registerDevice } from '../../../src/crm/sync/devices.ts'
import { feedPage } from '../../../src/crm/sync/feed.ts'

export const questions = [
  'who calls from a number, journaled',
  'search by a whole name',
  'search by the beginning of a family name',
  'search by the beginning of a number',
  'search by the beginning of a fiscal code',
  'page of a thousand citizens of the feed',
] as const
export type Asked = Record<(typeof questions)[number], (nth: number, callId: Id) => Promise<unknown>>

/** The questions as the API's handlers ask them, about citizens drawn by lot; without HTTP, which would hide how they grow. */
export async function openQuestions(store: Store, log: Logger, samples: number): Promise<Asked> {
  const { db } = store
  const now = () => new Date()
  const { rows } = await sql<{ id: Id; given: string; family: string; code: string; number: string }>`
    select c.id, c.given_name as given, c.family_name as family, c.fiscal_code as code, p.number
    from citizens c join citizen_phones p on p.citizen_id = c.id and p.position = 0
    where c.fiscal_code is not null
    order by md5(c.id::text) limit ${samples}`.execute(db)
  const sample = (nth: number) => {
    const row = rows[nth % rows.length]
    if (!row) throw new Error('nobody has a number')
    return row
  }
  const { id: userId } = await db
    .selectFrom('users')
    .select('id')
    .where('login', '=', 'elena')
    .executeTakeFirstOrThrow()
  const user = await activeUser(db, userId)
  if (!user) throw new Error('elena may not sign in')
  const { deviceId } = await registerDevice(db, user.id, 'bench')
  const page = (cursor: string | undefined, limit: number) =>
    feedPage(
      { db, log, directory: 'working-set', now },
      { user, grant: 'bench', deviceId, deviceCredential: null, cursor, limit },
    )
  const end = (await page(undefined, 1)).at(-1)
  const first = end?.type === 'end' ? readCursor(end.cursor) : null
  if (first?.phase !== 'rows') throw new Error('the feed does not begin with rows')
  const search = (text: string) => searchCitizens(db, text, 20)
  return {
    'who calls from a number, journaled': (nth, contactId) =>
      callerContext(db, { number: sample(nth).number, userId, contactId, now: now() }),
    'search by a whole name': (nth) => search(`${sample(nth).given} ${sample(nth).family}`),
    'search by the beginning of a family name': (nth) => search(sample(nth).family.slice(0, 4)),
    'search by the beginning of a number': (nth) => search(sample(nth).number.slice(0, 11)),
    'search by the beginning of a fiscal code': (nth) => search(sample(nth).code.slice(0, 11)),
    'page of a thousand citizens of the feed': (nth) =>
      page(writeCursor({ ...first, entity: 'citizen', after: sample(nth).id }), 1000),
  }
}
