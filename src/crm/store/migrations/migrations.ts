import type { Migration } from 'kysely/migration'
import * as m0010 from './0010-people-and-streams.ts'
import * as m0020 from './0020-directory.ts'
import * as m0030 from './0030-agenda.ts'

/** Applied in the order of their names, each once. A migration that has been released is never changed: the next one corrects it. */
export const migrations: Record<string, Migration> = {
  '0010-people-and-streams': m0010,
  '0020-directory': m0020,
  '0030-agenda': m0030,
}
