import type { Account, SignedInBy } from '#contract/domain/account.ts'
import { Fault } from '#contract/errors.ts'
import { os, requireUser } from '../http/context.ts'
import type { Db } from '../store/store.ts'
import { openRequestsOf } from '../tickets/act.ts'
import { activate, addAccount, changeRights, deactivate, setPassword } from './account-acts.ts'
import { type Account as AccountRow, isFromOutside, readAccounts, signOut } from './accounts.ts'

export type UsersDeps = { db: Db; signedInBy: SignedInBy }

/** What is a machine's own sign of somebody is told to nobody. */
const shown = (account: AccountRow): Account => ({
  ...account,
  login: isFromOutside(account.login) ? null : account.login,
  extension: account.extension === `-${account.id}` ? null : account.extension,
})

export function usersRouter({ db, signedInBy }: UsersDeps) {
  const requirePasswords = () => {
    if (signedInBy === 'outside') throw new Fault('conflict', 'account-outside')
  }
  return {
    list: os.users.list.handler(async () => ({
      accounts: (await readAccounts(db)).map(shown),
      by: signedInBy,
    })),
    openRequests: os.users.openRequests.handler(async ({ input }) => ({
      teams: await openRequestsOf(db, input.id),
    })),
    add: os.users.add.handler(async ({ context, input }) => {
      requirePasswords()
      return shown(await addAccount(db, input, (await requireUser(context)).id))
    }),
    change: os.users.change.handler(async ({ context, input: { id, version, ...rights } }) => {
      const { id: by } = await requireUser(context)
      return shown(await changeRights(db, { id, version, by }, rights))
    }),
    setPassword: os.users.setPassword.handler(async ({ context, input: { id, version, password } }) => {
      requirePasswords()
      const { id: by } = await requireUser(context)
      return shown(await setPassword(db, { id, version, by }, password))
    }),
    deactivate: os.users.deactivate.handler(async ({ context, input }) => {
      const { id: by } = await requireUser(context)
      return shown(await deactivate(db, { ...input, by }))
    }),
    activate: os.users.activate.handler(async ({ context, input }) => {
      const { id: by } = await requireUser(context)
      return shown(await activate(db, { ...input, by }))
    }),
    endSignIns: os.users.endSignIns.handler(async ({ input }) => ({ ended: await signOut(db, input.id) })),
  }
}
