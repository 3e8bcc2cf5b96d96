import type { RawBuilder } from 'kysely'
import { z } from 'zod'
import { type Role, User } from '#contract/domain/agent.ts'
import { type Id, isId, newId } from '#contract/domain/ids.ts'
import { Fault } from '#contract/errors.ts'
import { type Places, type Reader, statement } from '../store/query.ts'
import type { Db } from '../store/store.ts'
import { inTransaction } from '../store/transaction.ts'
import { announceChanges } from '../sync/changes.ts'
import { hashOfNone, verifyPassword } from './password.ts'
import { endSignInsOf } from './sign-ins.ts'

export type NewRow = {
  id?: Id
  login: string
  givenName: string
  familyName: string
  roles: readonly Role[]
  teams: readonly string[]
  extension: string
  /** Of `hashPassword`. */
  passwordHash: string
}

export const normalLogin = (typed: string): string => typed.trim().toLowerCase()

const columns = ['id', 'name', 'given_name', 'roles', 'teams', 'extension'] as const

/** An account that may sign in: an inactive one is as if it were not there. */
const active = (db: Reader, id: Id | RawBuilder<Id>) =>
  db.selectFrom('users').select(columns).where('id', '=', id).where('deactivated_at', 'is', null)

const userOf = (row: { given_name: string } | undefined): User | null =>
  row ? User.parse({ ...row, givenName: row.given_name }) : null

export const activeUser = async (db: Db, id: Id): Promise<User | null> =>
  userOf(await active(db, id).executeTakeFirst())

const signedIn = statement(({ id, grant }: Places<{ id: Id; grant: string }>, db) =>
  active(db, id)
    .select('client')
    .where(({ exists, selectFrom }) =>
      exists(selectFrom('oidc_records').select('id').where('kind', '=', 'Grant').where('id', '=', grant)),
    ),
)

/** While the sign-in stands from which their token comes: a sign-out, and a refresh token used twice, end it. */
export async function signedInUser(
  db: Db,
  id: Id,
  grant: string,
): Promise<{ user: User; isClient: boolean } | null> {
  const [row] = await signedIn.run(db, { id, grant })
  const user = userOf(row)
  return user && { user, isClient: row?.client === true }
}

/** An unknown name costs the same time as a wrong password. */
export async function userByPassword(db: Db, login: string, password: string): Promise<Id | null> {
  const row = await db
    .selectFrom('users')
    .select(['id', 'password_hash'])
    .where('login', '=', normalLogin(login))
    .where('client', '=', false)
    .where('deactivated_at', 'is', null)
    .executeTakeFirst()
  const matches = await verifyPassword(password, row?.password_hash ?? hashOfNone)
  return row && matches ? row.id : null
}

/** Adds accounts whose login is not taken. */
export async function addAccounts(db: Db, accounts: readonly NewRow[]): Promise<void> {
  if (accounts.length === 0) return
  const rows = accounts.map((account) => ({
    id: account.id ?? newId(),
    login: normalLogin(account.login),
    name: `${account.givenName} ${account.familyName}`,
    given_name: account.givenName,
    roles: [...account.roles],
    teams: [...account.teams],
    extension: account.extension,
    password_hash: account.passwordHash,
  }))
  await db
    .insertInto('users')
    .values(rows)
    .onConflict((conflict) => conflict.column('login').doNothing())
    .execute()
}

/** Ends everything that somebody is signed in with. */
export async function signOut(db: Db, id: Id): Promise<number> {
  const ended = await inTransaction(db, async (trx) => {
    const { numUpdatedRows } = await trx
      .updateTable('users')
      .set({ signed_out_at: nowIso() })
      .where('id', '=', id)
      .executeTakeFirst()
    if (numUpdatedRows === 0n) throw new Fault('not-found', 'record-not-found')
    return endSignInsOf(trx, id)
  })
  // Wakes the notices that are open, so that those of an ended sign-in are found.
  await announceChanges(db)
  return ended
}

export type Account = {
  id: Id
  version: number
  login: string
  name: string
  roles: Role[]
  teams: string[]
  extension: string
  deactivatedAt: string | null
}

/** No name that somebody could type: the city's own issuer signs them in. */
export const outsideLogin = (hash: string): string => `outside:${hash}`
export const isFromOutside = (login: string): boolean => login.startsWith('outside:')

const accounts = (db: Reader) =>
  db
    .selectFrom('users')
    .select(['id', 'version', 'login', 'name', 'roles', 'teams', 'extension'])
    .select('deactivated_at as deactivatedAt')
    .where('client', '=', false)

export const readAccounts = (db: Db): Promise<Account[]> =>
  accounts(db).orderBy('name').orderBy('id').execute()

/** By login or id. */
export async function accountOf(db: Reader, named: string): Promise<Account | null> {
  const found = isId(named)
    ? accounts(db).where('id', '=', named)
    : accounts(db).where('login', '=', normalLogin(named))
  return (await found.executeTakeFirst()) ?? null
}

/** Who can be signed in with this extension; nobody else can have it meanwhile. */
export async function holderOf(db: Db, extension: string): Promise<Account | null> {
  const held = accounts(db).where('extension', '=', extension).where('deactivated_at', 'is', null)
  return (await held.executeTakeFirst()) ?? null
}

const nowIso = () => new Date().toISOString()

const practiceRow = { kind: 'PracticeAccounts', id: 'example' }
const PracticeAccounts = z.object({
  password: z.string(),
  accounts: z.array(z.object({ login: z.string(), name: z.string(), role: z.string() })),
})
/** The accounts of the example city with their public password, shown where a learner signs in. */
export type PracticeAccounts = z.infer<typeof PracticeAccounts>

export async function rememberPractice(db: Db, practice: PracticeAccounts): Promise<void> {
  const payload = JSON.stringify(practice)
  await db
    .insertInto('oidc_records')
    .values({ ...practiceRow, payload })
    .onConflict((conflict) => conflict.columns(['kind', 'id']).doUpdateSet({ payload }))
    .execute()
}

export async function practiceAccounts(db: Db): Promise<PracticeAccounts | null> {
  const row = await db
    .selectFrom('oidc_records')
    .select('payload')
    .where('kind', '=', practiceRow.kind)
    .where('id', '=', practiceRow.id)
    .executeTakeFirst()
  return row ? PracticeAccounts.parse(row.payload) : null
}
