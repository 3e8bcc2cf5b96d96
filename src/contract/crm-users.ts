import { oc } from '@orpc/contract'
import { z } from 'zod'
import { Account, AccountRights, Accounts, NewAccount, OpenRequests, Password } from './domain/account.ts'
import { Id } from './domain/ids.ts'
import { faultErrors } from './errors.ts'

const base = oc.errors(faultErrors)

/** As it was when whoever changes it saw it. */
export const SeenAccount = z.object({ id: Id, version: z.number().int() })
export type SeenAccount = z.infer<typeof SeenAccount>
export const ChangedRights = AccountRights.extend(SeenAccount.shape)
export type ChangedRights = z.infer<typeof ChangedRights>
export const ChangedPassword = SeenAccount.extend({ password: Password })
export type ChangedPassword = z.infer<typeof ChangedPassword>

/**
 * Whoever changes an account names the `version` that they saw: after somebody else's change it is `conflict: account-stale`. Nobody takes their
 * own role of administrator or deactivates themselves (`forbidden: account-own`), so there is always one left. What an outside issuer
 * says of a person is not changed here (`conflict: account-outside`).
 */
export const usersContract = {
  list: base
    .route({
      method: 'GET',
      path: '/users',
      summary: 'The accounts of persons, also those that are deactivated',
    })
    .output(Accounts),
  /** Refusals: `login-taken`, `extension-taken`, `team-unknown`; with an outside issuer `account-outside`. */
  add: base
    .route({ method: 'POST', path: '/users', summary: 'Add an account with a password' })
    .input(NewAccount)
    .output(Account),
  /** Assigned to them and not closed. Of a team that they leave they become nobody's, and all of them when they are deactivated. */
  openRequests: base
    .route({
      method: 'GET',
      path: '/users/{id}/requests',
      summary: 'How many open requests somebody has, by team: asked before they leave it or are deactivated',
    })
    .input(z.object({ id: Id }))
    .output(OpenRequests),
  /** They count from the next request on, but for notes, answers and links to a contact that were made before and come within a day; who gets another extension is signed out; open requests of a team that is left become nobody's. Refusals: `extension-taken`, `team-unknown`. */
  change: base
    .route({
      method: 'PUT',
      path: '/users/{id}',
      summary: 'Change the roles, teams and extension of an account',
    })
    .input(ChangedRights)
    .output(Account),
  setPassword: base
    .route({
      method: 'PUT',
      path: '/users/{id}/password',
      summary: 'Give an account another password; whoever was signed in with the old one is signed out',
    })
    .input(ChangedPassword)
    .output(Account),
  /** Holds whatever an outside issuer says. Open requests that were assigned to them become nobody's. What their desk had not sent is taken for a day; the extension is free for the next. */
  deactivate: base
    .route({
      method: 'POST',
      path: '/users/{id}/deactivate',
      summary: 'Sign somebody out and let them in no more',
    })
    .input(SeenAccount)
    .output(Account),
  /** Refusals: `extension-taken`, when somebody else got it meanwhile. */
  activate: base
    .route({ method: 'POST', path: '/users/{id}/activate', summary: 'Let somebody in again' })
    .input(SeenAccount)
    .output(Account),
  /** Their desks and programs are signed out with it; who may still sign in may do so again. A registration at the exchange is not touched. */
  endSignIns: base
    .route({
      method: 'DELETE',
      path: '/users/{id}/sign-ins',
      summary: 'End the sign-ins of somebody, at once',
    })
    .input(z.object({ id: Id }))
    .output(z.object({ ended: z.number().int().nonnegative() })),
} as const
