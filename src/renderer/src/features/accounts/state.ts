import type { Account, AccountRights } from '#contract/domain/account.ts'
import { sessionStore } from '../../host/session-store.ts'

export type RightsDraft = AccountRights
export type NewDraft = RightsDraft & { login: string; givenName: string; familyName: string }
/** Rights that are changed, of the account as it was when that began: another's change meanwhile must not be undone. */
type Change = { version: number; draft: RightsDraft }

/** What is typed: a call that rings, another part or another form takes none of it away but a password, which is kept nowhere. */
export const useAccounts = sessionStore<{
  search: string
  /** By account; each form stays open until it is saved or left. */
  changed: ReadonlyMap<string, Change>
  added: NewDraft | null
}>(() => ({ search: '', changed: new Map(), added: null }))

export const beginAdding = (): void =>
  useAccounts.setState(({ added }) => ({
    added: added ?? {
      ...{ login: '', givenName: '', familyName: '' },
      ...{ roles: ['operator'], teams: [], extension: '' },
    },
  }))

export const endAdding = (): void => useAccounts.setState({ added: null })

export const editAdded = (change: Partial<NewDraft>): void =>
  useAccounts.setState(({ added }) => ({ added: added && { ...added, ...change } }))

/** Begins with the account as it is now, also when it was changed from an older state. */
export const beginChanging = ({ id, version, roles, teams, extension }: Account): void =>
  useAccounts.setState(({ changed }) => ({
    changed: new Map(changed).set(id, { version, draft: { roles, teams, extension: extension ?? '' } }),
  }))

export const endChanging = (id: string): void =>
  useAccounts.setState(({ changed }) => ({
    changed: new Map([...changed].filter(([other]) => other !== id)),
  }))

const alter = (id: string, to: (change: Change) => Change): void =>
  useAccounts.setState(({ changed }) => {
    const change = changed.get(id)
    return change ? { changed: new Map(changed).set(id, to(change)) } : {}
  })

export const editChanged = (id: string, edit: Partial<RightsDraft>): void =>
  alter(id, (change) => ({ ...change, draft: { ...change.draft, ...edit } }))

/** One's own other change of the account, which the draft was not behind of. */
export const follow = (before: number, { id, version }: Account): void =>
  alter(id, (change) => (change.version === before ? { ...change, version } : change))
