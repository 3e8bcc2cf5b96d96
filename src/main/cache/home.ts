import { Id } from '#contract/domain/ids.ts'
import type { Sqlite } from './sqlite.ts'

/** The CRM that a desk's two files belong to: its base address, and its change log's epoch as last heard there. */
export type Home = { address: string; epoch: Id }

export interface HomeStore {
  get(): Home | null
  set(home: Home): void
}

export function openHome(db: Sqlite): HomeStore {
  const one = db.query<{ address: string; epoch: string }>('SELECT address, epoch FROM home')
  const clear = db.query('DELETE FROM home')
  const put = db.query('INSERT INTO home (address, epoch) VALUES (?, ?)')
  return {
    get() {
      const row = one.get()
      return row && Id.safeParse(row.epoch).success ? row : null
    },
    set: ({ address, epoch }) =>
      db.transaction(() => {
        clear.run()
        put.run(address, epoch)
      }),
  }
}
