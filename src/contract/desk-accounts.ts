import { oc } from '@orpc/contract'
import { z } from 'zod'
import { ChangedPassword, ChangedRights, SeenAccount } from './crm-users.ts'
import { Account, Accounts, NewAccount, OpenRequests } from './domain/account.ts'
import { Id } from './domain/ids.ts'
import { faultErrors } from './errors.ts'

const base = oc.errors(faultErrors)

/**
 * What administrators do with accounts, by the CRM's own words and refusals (`crm-users.ts`); nothing of it is kept at the desk, least of all a
 * password. Every call may reject with `forbidden` and `unavailable: crm-away`.
 */
export const deskAccounts = {
  list: base.output(Accounts),
  openRequests: base.input(z.object({ id: Id })).output(OpenRequests),
  add: base.input(NewAccount).output(Account),
  change: base.input(ChangedRights).output(Account),
  setPassword: base.input(ChangedPassword).output(Account),
  deactivate: base.input(SeenAccount).output(Account),
  activate: base.input(SeenAccount).output(Account),
  endSignIns: base.input(z.object({ id: Id })).output(z.object({ ended: z.number().int() })),
} as const
