import type { Parts } from './parts.ts'
import { desk } from './rpc.ts'

/** Passed on to the CRM, which alone knows who may ask; nothing stays here. */
export function accountsService({ client: { accounts } }: Pick<Parts, 'client'>) {
  return {
    list: desk.accounts.list.handler(() => accounts.list()),
    openRequests: desk.accounts.openRequests.handler(({ input }) => accounts.openRequests(input)),
    add: desk.accounts.add.handler(({ input }) => accounts.add(input)),
    change: desk.accounts.change.handler(({ input }) => accounts.change(input)),
    setPassword: desk.accounts.setPassword.handler(({ input }) => accounts.setPassword(input)),
    deactivate: desk.accounts.deactivate.handler(({ input }) => accounts.deactivate(input)),
    activate: desk.accounts.activate.handler(({ input }) => accounts.activate(input)),
    endSignIns: desk.accounts.endSignIns.handler(({ input }) => accounts.endSignIns(input)),
  }
}
