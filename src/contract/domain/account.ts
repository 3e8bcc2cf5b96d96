import { z } from 'zod'
import { Role } from './agent.ts'
import { Id, Instant, Slug } from './ids.ts'

/** What somebody types to sign in. */
export const Login = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[a-z][a-z0-9.@_-]{1,79}$/)

/** The person's own at the exchange. */
export const Extension = z
  .string()
  .trim()
  .regex(/^[\w.+-]{1,40}$/)

export const AccountName = z.string().trim().min(1).max(100)

export const fewestCharacters = 15
export const mostCharacters = 256
/** One secret and nothing beside it (NIST SP 800-63B-4, 3.1.1.2). */
export const Password = z.string().min(fewestCharacters).max(mostCharacters)

export const AccountRights = z.object({
  roles: z.array(Role).min(1).max(Role.options.length),
  teams: z.array(Slug).min(1).max(100),
  extension: Extension,
})
export type AccountRights = z.infer<typeof AccountRights>

export const NewAccount = AccountRights.extend({
  login: Login,
  givenName: AccountName,
  familyName: AccountName,
  password: Password,
})
export type NewAccount = z.infer<typeof NewAccount>

/** Who signs somebody in: the CRM by a password, or the city's own OpenID provider, which then says their roles, teams and extension too. */
export const SignedInBy = z.enum(['password', 'outside'])
export type SignedInBy = z.infer<typeof SignedInBy>

/** A person who may sign in, or might. */
export const Account = z.object({
  id: Id,
  /** Rises with every change: who changes an account names the one that they saw. */
  version: z.number().int(),
  /** Null: nobody types it, an outside issuer signs them in. */
  login: z.string().nullable(),
  name: z.string(),
  roles: z.array(Role),
  teams: z.array(z.string()),
  /** Null: somebody else has it since. */
  extension: z.string().nullable(),
  /** Since then the account may not sign in. */
  deactivatedAt: Instant.nullable(),
})
export type Account = z.infer<typeof Account>

/** How many, by the team that has them; a team without any is not named. */
export const OpenRequests = z.object({
  teams: z.array(z.object({ team: Slug, count: z.number().int().positive() })),
})
export type OpenRequests = z.infer<typeof OpenRequests>

/** `by`: who signs people in here. With `outside` nobody can by a password. */
export const Accounts = z.object({ accounts: z.array(Account), by: SignedInBy })
export type Accounts = z.infer<typeof Accounts>
