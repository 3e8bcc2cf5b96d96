import type { z } from 'zod'
import {
  AccountName,
  AccountRights,
  Extension,
  fewestCharacters,
  Login,
  mostCharacters,
  Password,
} from '#contract/domain/account.ts'
import { Role } from '#contract/domain/agent.ts'
import { Fault } from '#contract/errors.ts'
import { asActor } from '../audit/actor.ts'
import { CommandProblem } from '../command-problem.ts'
import type { Db } from '../store/store.ts'
import { activate, addAccount, changeRights, deactivate, setPassword, teamIds } from './account-acts.ts'
import { type Account, accountOf, holderOf, readAccounts, signOut } from './accounts.ts'

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
    const asked = { id: account.id, by: null }
    return inWords(db, { ...account, extension: options.extension ?? account.extension }, async () => {
      switch (action) {
        case 'password':
          await setPassword(db, asked, parsedPassword(await readPassword()))
          return `The password of ${account.login} is another; whoever was signed in with the old one is signed out.`
        case 'roles':
          return line(await changeRights(db, asked, readRights(options)))
        case 'deactivate':
          await deactivate(db, asked)
          return `${account.login} is signed out and may not sign in any more.`
        case 'activate':
          await activate(db, asked)
          return `${account.login} may sign in again.`
        case 'sign-out':
          return `${await signOut(db, account.id)} sign-ins of ${account.login} are ended.`
      }
    })
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
    typed ?? '',
    'A login has letters, digits, dots and dashes, and begins with a letter',
  )
  if (await accountOf(db, login)) throw new CommandProblem(taken(login))
  const givenName = parsed(AccountName, options['given-name'], '--given-name')
  const familyName = parsed(AccountName, options['family-name'], '--family-name')
  const { roles = [], teams = [] } = readRights({ role: options.role ?? [], team: options.team ?? [] })
  const extension = parsed(Extension, options.extension, '--extension')
  return inWords(db, { login, extension }, async () => {
    const password = parsedPassword(await readPassword())
    const account = { login, givenName, familyName, roles, teams, extension, password }
    return line(await addAccount(db, account, null))
  })
}

async function named(db: Db, login: string | undefined): Promise<Account> {
  const account = login === undefined ? null : await accountOf(db, login)
  if (!account) throw new CommandProblem(`There is no account ${login ?? ''}.`)
  return account
}

/** What is named. */
export function readRights({ role, team, extension }: RightsOptions): Partial<AccountRights> {
  const { shape } = AccountRights
  const teams = team && parsed(shape.teams, team, '--team')
  const roles = role && parsed(shape.roles, role, `--role is one of ${Role.options.join(', ')}`)
  const own = extension === undefined ? undefined : parsed(Extension, extension, '--extension')
  if (!roles && !teams && own === undefined)
    throw new CommandProblem(
      'Say --role, --team or --extension; each may be there several times but the last.',
    )
  return { ...(roles && { roles }), ...(teams && { teams }), ...(own !== undefined && { extension: own }) }
}

/** A refusal in words for whoever typed the command. */
export async function inWords<T>(
  db: Db,
  { login, extension }: { login: string; extension: string },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    switch (error.code) {
      case 'login-taken':
        throw new CommandProblem(taken(login))
      case 'extension-taken':
        throw new CommandProblem(`${(await holderOf(db, extension))?.login} has the extension ${extension}.`)
      case 'team-unknown':
        throw new CommandProblem(
          `There is no team ${error.params.team}. Teams: ${(await teamIds(db)).join(', ')}.`,
        )
      case 'account-outside':
        throw new CommandProblem(
          'The city’s own issuer signs this person in, and says their roles, teams and extension: there is no password here.',
        )
    }
    throw error
  }
}

const taken = (login: string): string => `There is an account ${login} already.`

function parsedPassword(typed: string): string {
  const password = Password.safeParse(typed)
  // Not as other options: what was typed is not told again.
  if (!password.success)
    throw new CommandProblem(`A password has ${fewestCharacters} to ${mostCharacters} characters.`)
  return password.data
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
