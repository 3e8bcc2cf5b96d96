import type { Same } from './same.ts'
import * as common from './words/common.ts'
import * as desk from './words/desk.ts'
import * as faults from './words/faults.ts'
import * as keys from './words/keys.ts'
import * as person from './words/person.ts'
import * as start from './words/start.ts'
import * as work from './words/work.ts'

export const it = {
  common: common.it,
  keys: keys.it,
  faults: faults.it,
  desk: desk.it,
  start: start.it,
  person: person.it,
  work: work.it,
}

export const en: Same<typeof it> = {
  common: common.en,
  keys: keys.en,
  faults: faults.en,
  desk: desk.en,
  start: start.en,
  person: person.en,
  work: work.en,
}
