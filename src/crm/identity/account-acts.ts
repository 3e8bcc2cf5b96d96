import { sql } from 'kysely'
import type { AccountRights, NewAccount } from '#contract/domain/account.ts'
import { type Id, newId } from '#contract/domain/ids.ts'
import { Fault } from '#contract/errors.ts'
import { notEnded, readReference } from '../reference/rows.ts'
import { isTaken } from '../store/errors.ts'
import type { Reader } from '../store/query.ts'
import type { Db, Trx } from '../store/store.ts'
import { inTransaction } from '../store/transaction.ts'
import { announceChanges } from '../sync/changes.ts'
import { releaseLeft } from '../tickets/act.ts'
import { type Account, accountOf, addAccounts, isFromOutside } from './accounts.ts'
import { hashPassword } from './password.ts'
import { endSignInsOf } from './sign-ins.ts'

/** `by`: the administrator who does it at a desk. Null: the command line, which is the way back when no administrator is left. */
type By = Id | null
/** `version`: as `by` saw the account; the command line sees it as it is. */
export type Asked = { id: Id; version?: number; by: By }

type Change =
  | { password_hash: string; password_set_at: string }
  | { deactivated_at: string | null }
  | Partial<AccountRights>

export async function addAccount(db: Db, { password, ...account }: NewAccount, by: By): Promise<Account> {
  const id = newId()
  const row = { ...account, id, passwordHash: await hashPassword(password) }
  return withFreeExtension(() =>
    inTransaction(db, async (trx) => {
      await requireAdministrator(trx, by)
      await requireTeams(trx, account.teams)
      await addAccounts(trx, [row])
      const made = await accountOf(trx, id)
      if (!made) throw new Fault('conflict', 'login-taken')
      return made
    }),
  )
}

/** Rights hold from the next request on; who gets another extension is signed out, for their phone is registered under the old one. */
export const changeRights = (db: Db, asked: Asked, rights: Partial<AccountRights>): Promise<Account> =>
  change(db, asked, async (account, trx) => {
    requireOwn(account)
    if (account.id === asked.by && rights.roles?.includes('administrator') === false)
      throw new Fault('forbidden', 'account-own')
    if (rights.teams) await requireTeams(trx, rights.teams, account.teams)
    const isMoved = rights.extension !== undefined && rights.extension !== account.extension
    return { values: rights, signsOut: isMoved }
  })

/** Whoever was signed in with the old one is signed out. */
export async function setPassword(db: Db, asked: Asked, password: string): Promise<Account> {
  const values = { password_hash: await hashPassword(password), password_set_at: nowIso() }
  return change(db, asked, async (account) => {
    requireOwn(account)
    return { values, signsOut: true }
  })
}

export const deactivate = (db: Db, asked: Asked): Promise<Account> =>
  change(db, asked, async ({ id, deactivatedAt }) => {
    if (id === asked.by) throw new Fault('forbidden', 'account-own')
    return { values: { deactivated_at: deactivatedAt ?? nowIso() }, signsOut: true }
  })

/** What they were signed in with before does not come back with them. */
export const activate = (db: Db, asked: Asked): Promise<Account> =>
  change(db, asked, async () => ({ values: { deactivated_at: null }, signsOut: true }))

async function change(
  db: Db,
  { id, version, by }: Asked,
  decide: (account: Account, trx: Trx) => Promise<{ values: Change; signsOut: boolean }>,
): Promise<Account> {
  const changed = await withFreeExtension(() =>
    inTransaction(db, async (trx) => {
      await requireAdministrator(trx, by)
      await trx.selectFrom('users').select('id').where('id', '=', id).forNoKeyUpdate().execute()
      const account = await accountOf(trx, id)
      if (!account) throw new Fault('not-found', 'record-not-found')
      if (version !== undefined && version !== account.version) throw new Fault('conflict', 'account-stale')
      const { values, signsOut } = await decide(account, trx)
      await trx
        .updateTable('users')
        .set({ ...values, version: account.version + 1 })
        .where('id', '=', id)
        .execute()
      if (signsOut) await endSignInsOf(trx, id)
      const author = by === null ? null : { id: by }
      await releaseLeft({ trx, author, now: new Date() }, sql`t.assignee_id = ${id}`)
      return (await accountOf(trx, id)) ?? account
    }),
  )
  await announceChanges(db)
  return changed
}

/**
 * Whoever changes accounts waits here for the others, and is an administrator still. As nobody takes that from themselves, one is always left, also
 * when two take it from each other at once: the second is none any more.
 */
async function requireAdministrator(trx: Trx, by: By): Promise<void> {
  if (by === null) return
  const administrators = await trx
    .selectFrom('users')
    .select('id')
    .where('client', '=', false)
    .where('deactivated_at', 'is', null)
    .where(sql<boolean>`'administrator' = any(roles)`)
    .orderBy('id')
    .forNoKeyUpdate()
    .execute()
  if (!administrators.some(({ id }) => id === by)) throw new Fault('forbidden', 'role-missing')
}

/** What an outside issuer says of a person at each sign-in is not said here. */
function requireOwn({ login }: Account): void {
  if (isFromOutside(login)) throw new Fault('conflict', 'account-outside')
}

/** Teams that the city has; one that has ended stays with whom it `held`. */
export async function requireTeams(
  db: Reader,
  teams: readonly string[],
  held: readonly string[] = [],
): Promise<void> {
  const known = [...held, ...(await teamIds(db))]
  const team = teams.find((id) => !known.includes(id))
  if (team !== undefined) throw new Fault('invalid', 'team-unknown', { params: { team } })
}

export const teamIds = async (db: Reader): Promise<string[]> =>
  (await readReference(db, 'team', notEnded, sql`order by d.id`)).map(({ id }) => id)

/** Who can be signed in with an extension is the only one: the database knows, also of two who ask at once. */
async function withFreeExtension<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw isTaken(error) ? new Fault('conflict', 'extension-taken', { cause: error }) : error
  }
}

const nowIso = () => new Date().toISOString()
