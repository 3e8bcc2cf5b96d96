import { practiceAccounts } from '../identity/accounts.ts'
import type { Store } from '../store/store.ts'

/** True for a store with neither accounts nor a city: the only kind that may be filled. */
export async function isEmpty({ db }: Store): Promise<boolean> {
  const user = await db.selectFrom('users').select('id').limit(1).executeTakeFirst()
  const topic = await db.selectFrom('topics').select('id').limit(1).executeTakeFirst()
  return user === undefined && topic === undefined
}

/** True for a city that was founded: neither none nor the example, whose persons are made up. */
export const isOwnCity = async (store: Store): Promise<boolean> =>
  !(await isEmpty(store)) && (await practiceAccounts(store.db)) === null
