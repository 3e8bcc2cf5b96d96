import type { Same } from './same.ts'
import * as accounts from './words/accounts.ts'
import * as calls from './words/calls.ts'
import * as closing from './words/closing.ts'
import * as common from './words/common.ts'
import * as desk from './words/desk.ts'
import * as faults from './words/faults.ts'
import * as fields from './words/fields.ts'
import * as keys from './words/keys.ts'
import * as line from './words/line.ts'
import * as offices from './words/offices.ts'
import * as oversight from './words/oversight.ts'
import * as pages from './words/pages.ts'
import * as people from './words/people.ts'
import * as person from './words/person.ts'
import * as refusals from './words/refusals.ts'
import * as sheets from './words/sheets.ts'
import * as start from './words/start.ts'
import * as story from './words/story.ts'
import * as tickets from './words/tickets.ts'

export const it = {
  common: common.it,
  keys: keys.it,
  faults: faults.it,
  refusals: refusals.it,
  fields: fields.it,
  desk: desk.it,
  calls: calls.it,
  start: start.it,
  person: { ...person.it, ...story.it, ...people.it },
  work: {
    ...sheets.it,
    ...closing.it,
    ...pages.it,
    line: line.it,
    tickets: tickets.it,
    offices: offices.it,
    oversight: oversight.it,
    accounts: accounts.it,
  },
}

export const en: Same<typeof it> = {
  common: common.en,
  keys: keys.en,
  faults: faults.en,
  refusals: refusals.en,
  fields: fields.en,
  desk: desk.en,
  calls: calls.en,
  start: start.en,
  person: { ...person.en, ...story.en, ...people.en },
  work: {
    ...sheets.en,
    ...closing.en,
    ...pages.en,
    line: line.en,
    tickets: tickets.en,
    offices: offices.en,
    oversight: oversight.en,
    accounts: accounts.en,
  },
}
