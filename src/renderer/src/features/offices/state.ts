import { newId } from '#contract/domain/ids.ts'
import { sessionStore } from '../../host/session-store.ts'
import { type ClosingDraft, emptyClosing, emptyRecovery, type RecoveryDraft } from './closing.ts'

/** What is looked at and typed: a call that rings, or another part, takes none of it away. */
export const useOffices = sessionStore<{
  officeId: string | null
  /** The closure that is shown; null: all of the office. */
  closureId: string | null
  /** Closures that are typed, by office. */
  closings: Record<string, ClosingDraft>
  /** Whether the form is in sight. */
  isClosing: boolean
  /** Recoveries to be added, by closure. */
  recoveries: Record<string, RecoveryDraft>
  /** The closure that the CRM is asked to make now. */
  going: string | null
}>(() => ({ officeId: null, closureId: null, closings: {}, isClosing: false, recoveries: {}, going: null }))

/** What was begun for this office before is gone on with. */
export const beginClosing = (officeId: string): void =>
  useOffices.setState(({ closings }) => ({
    isClosing: true,
    closings: { [officeId]: emptyClosing(newId(), officeId), ...closings },
  }))

export const editClosing = (officeId: string, change: Partial<ClosingDraft>): void =>
  useOffices.setState(({ closings: { [officeId]: draft, ...others } }) => ({
    closings: draft ? { ...others, [officeId]: { ...draft, ...change } } : others,
  }))

export const dropClosing = (officeId: string): void =>
  useOffices.setState(({ closings: { [officeId]: _, ...others } }) => ({ closings: others }))

/** The CRM has answered for this closure; it may be asked for another one by then. */
export const endGoing = (id: string): void =>
  useOffices.setState(({ going }) => ({ going: going === id ? null : going }))

/** It is closed. Whoever looks at something else by then stays there. */
export const hasClosed = ({ id, officeId }: Pick<ClosingDraft, 'id' | 'officeId'>): void => {
  const { isClosing, officeId: inSight } = useOffices.getState()
  endGoing(id)
  dropClosing(officeId)
  if (isClosing && inSight === officeId) showClosure(id)
}

/** Null: it is not to be added. */
export const editRecovery = (closureId: string, change: Partial<RecoveryDraft> | null): void =>
  useOffices.setState(({ recoveries: { [closureId]: draft, ...others } }) => ({
    recoveries:
      change === null ? others : { ...others, [closureId]: { ...(draft ?? emptyRecovery), ...change } },
  }))

export const showClosure = (closureId: string | null): void =>
  useOffices.setState({ closureId, isClosing: false })
