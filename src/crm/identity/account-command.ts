import { sql } from 'kysely'
import { z } from 'zod'
import { Role } from '#contract/domain/agent.ts'
import { Slug } from '#contract/domain/ids.ts'
import { asActor } from '../audit/actor.ts'
import { CommandProblem } from '../command-problem.ts'
import { notEnded, readReference } from '../reference/rows.ts'
import type { Db } from '../store/store.ts'
import { inTransaction } from '../store/transaction.ts'
import {
  type Account,
  accountOf,
  addAccounts,
  changeAccount,
  holderOf,
  normalLogin,
  readAccounts,
  signOut,
} from './accounts.ts'
import { hashPassword } from './password.ts'

export const accountActions = [
  'add',
  'password',
  'roles',
  'deactivate',
  'activate',
  'sign-out',
  'list',
] as const
export type AccountAction = (typeof accountActions)[number]
export type RightsOptions = {
  extension?: string | undefined
  role?: string[] | undefined
  team?: string[] | undefined
}
export type AccountOptions = RightsOptions & {
  'given-name'?: string | undefined
  'family-name'?: string | undefined
}

const Named = z.string().trim().min(1).max(100)
const Login = z.string().regex(/^[a-z][a-z0-9.@_-]{1,79}$/)
const Extension = z.string().regex(/^[\w.+-]{1,40}$/)
/** One secret and nothing beside it (NIST SP 800-63B-4, 3.1.1.2). */
const fewestCharacters = 15
const mostCharacters = 256

/** Answers what to print. `readPassword`: from whoever asks, where one is needed. */
export function accountCommand(
  db: Db,
  action: AccountAction,
  login: string | undefined,
  options: AccountOptions,
  readPassword: () => Promise<string>,
): Promise<string> {
  const actor = { operation: `account.${action}` as const, user: null, device: null, request: null }
  return asActor(actor, async () => {
    if (action === 'list') return tableOf(await readAccounts(db))
    if (action === 'add') return add(db, login, options, readPassword)
    const account = await named(db, login)
    switch (action) {
      case 'password':
        if (account.login.startsWith('outside:'))
          throw new CommandProblem('The city’s own issuer signs this person in: there is no password here.')
        await changeAccount(db, account.id, { passwordHash: await hashOf(await readPassword()) })
        return `The password of ${account.login} is another; whoever was signed in with the old one is signed out.`
      case 'roles':
        await changeAccount(db, account.id, await rightsOf(db, account, options))
        return line((await accountOf(db, account.id)) ?? account)
      case 'deactivate':
        await changeAccount(db, account.id, { active: false })
        return `${account.login} is signed out and may not sign in any more.`
      case 'activate':
        await requireFree(db, account.extension, account)
        await changeAccount(db, account.id, { active: true })
        return `${account.login} may sign in again.`
      case 'sign-out':
        return `${await signOut(db, account.id)} sign-ins of ${account.login} are ended.`
    }
  })
}

async function add(
  db: Db,
  typed: string | undefined,
  options: AccountOptions,
  readPassword: () => Promise<string>,
): Promise<string> {
  const login = parsed(
    Login,
    normalLogin(typed ?? ''),
    'A login has letters, digits, dots and dashes, and begins with a letter',
  )
  if (await accountOf(db, login)) throw new CommandProblem(`There is an account ${login} already.`)
  const givenName = parsed(Named, options['given-name'], '--given-name')
  const familyName = parsed(Named, options['family-name'], '--family-name')
  const rights = await rightsOf(db, null, { ...options, role: options.role ?? [], team: options.team ?? [] })
  const extension = parsed(Extension, options.extension, '--extension')
  const passwordHash = await hashOf(await readPassword())
  const { roles = [], teams = [] } = rights
  const account = { login, givenName, familyName, extension, roles, teams, passwordHash }
  await inTransaction(db, (trx) => addAccounts(trx, [account]))
  const made = await accountOf(db, login)
  return made ? line(made) : ''
}

async function named(db: Db, login: string | undefined): Promise<Account> {
  const account = login === undefined ? null : await accountOf(db, login)
  if (!account) throw new CommandProblem(`There is no account ${login ?? ''}.`)
  return account
}

/** What is named, and checked against what the city has. */
export async function rightsOf(
  db: Db,
  account: Account | null,
  { role, team, extension }: RightsOptions,
): Promise<Partial<Pick<Account, 'roles' | 'teams' | 'extension'>>> {
  const known = (await readReference(db, 'team', notEnded, sql`order by d.id`)).map(({ id }) => id)
  const teams = team && parsed(z.array(Slug).min(1), team, '--team')
  const stranger = teams?.find((id) => !known.includes(id))
  if (stranger) throw new CommandProblem(`There is no team ${stranger}. Teams: ${known.join(', ')}.`)
  const roles = role && parsed(z.array(Role).min(1), role, `--role is one of ${Role.options.join(', ')}`)
  const own = extension === undefined ? undefined : parsed(Extension, extension, '--extension')
  if (own !== undefined) await requireFree(db, own, account)
  if (!roles && !teams && own === undefined)
    throw new CommandProblem(
      'Say --role, --team or --extension; each may be there several times but the last.',
    )
  return { ...(roles && { roles }), ...(teams && { teams }), ...(own !== undefined && { extension: own }) }
}

async function requireFree(db: Db, extension: string, account: Account | null): Promise<void> {
  const holder = await holderOf(db, extension)
  if (holder && holder.id !== account?.id)
    throw new CommandProblem(`${holder.login} has the extension ${extension}.`)
}

async function hashOf(password: string): Promise<string> {
  if (password.length < fewestCharacters || password.length > mostCharacters)
    throw new CommandProblem(`A password has ${fewestCharacters} to ${mostCharacters} characters.`)
  return hashPassword(password)
}

function parsed<T extends z.ZodType>(schema: T, value: unknown, otherwise: string): z.output<T> {
  const result = schema.safeParse(value)
  if (!result.success)
    throw new CommandProblem(`${otherwise}: ${value === undefined ? 'missing' : String(value)}`)
  return result.data
}

const line = ({ login, name, roles, teams, extension, deactivatedAt, id }: Account): string =>
  [
    ...[login, name, roles.join(' '), teams.join(' '), extension],
    ...[deactivatedAt === null ? 'active' : `deactivated ${deactivatedAt}`, id],
  ].join('\t')

const tableOf = (accounts: readonly Account[]): string =>
  accounts.length === 0 ? 'There are no accounts.' : accounts.map(line).join('\n')
