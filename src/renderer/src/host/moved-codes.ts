import { sessionStore } from './session-store.ts'

/** The codes of appointments that this window moves: by them one is found that hangs on no person and no contact of this desk. */
export const useMovedCodes = sessionStore<{ codes: Record<string, string> }>(() => ({ codes: {} }))

export const rememberMoved = ({ id, code }: { id: string; code: string | null }): void => {
  if (code !== null) useMovedCodes.setState(({ codes }) => ({ codes: { ...codes, [id]: code } }))
}
