import { os } from '../http/context.ts'
import type { Db } from '../store/store.ts'
import { signOut } from './accounts.ts'

export const usersRouter = ({ db }: { db: Db }) => ({
  endSignIns: os.users.endSignIns.handler(async ({ input }) => ({ ended: await signOut(db, input.id) })),
})
