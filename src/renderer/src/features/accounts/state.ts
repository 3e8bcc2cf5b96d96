import type { Account, AccountRights } from '#contract/domain/account.ts'
import { sessionStore } from '../../host/session-store.ts'

export type RightsDraft = AccountRights
export type NewDraft = RightsDraft & { login: string; givenName: string; familyName: string }

/** What is typed: a call that rings, or another part, takes none of it away but a password, which is kept nowhere. */
export const useAccounts = sessionStore<{
  search: string
  /** The account that is changed, as it was when that began: another's change meanwhile must not be undone. */
  changed: { id: string; version: number; draft: RightsDraft } | null
  added: NewDraft | null
}>(() => ({ search: '', changed: null, added: null }))

export const beginAdding = (): void =>
  useAccounts.setState(({ added }) => ({
    changed: null,
    added: added ?? {
      ...{ login: '', givenName: '', familyName: '' },
      ...{ roles: ['operator'], teams: [], extension: '' },
    },
  }))

export const beginChanging = ({ id, version, roles, teams, extension }: Account): void =>
  useAccounts.setState({
    added: null,
    changed: { id, version, draft: { roles, teams, extension: extension ?? '' } },
  })

export const endForms = (): void => useAccounts.setState({ added: null, changed: null })

export const editAdded = (change: Partial<NewDraft>): void =>
  useAccounts.setState(({ added }) => ({ added: added && { ...added, ...change } }))

export const editChanged = (change: Partial<RightsDraft>): void =>
  useAccounts.setState(({ changed }) => ({
    changed: changed && { ...changed, draft: { ...changed.draft, ...change } },
  }))

/** One's own other change of the account, which the draft was not behind of. */
export const follow = (before: number, { id, version }: Account): void =>
  useAccounts.setState(({ changed }) =>
    changed?.id === id && changed.version === before ? { changed: { ...changed, version } } : {},
  )
