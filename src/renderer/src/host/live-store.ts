import type { Session, SystemTruth } from '#contract/desk.ts'
import type { AgentView } from '#contract/domain/agent.ts'
import { forgetSession, sessionStore } from './session-store.ts'

/** What the host streams besides calls. Null until it has spoken. */
export type Live = {
  session: Session | null
  truth: SystemTruth | null
  agent: AgentView | null
  /** Which window carries the calls' voice, where pages do; `elsewhere`: this one only looks on. */
  voice: 'here' | 'elsewhere' | 'nowhere' | null
  /** Takes the voice over from the other window. */
  takeVoice: (() => void) | null
}

export const useLive = sessionStore<Live>(() => ({
  session: null,
  truth: null,
  agent: null,
  voice: null,
  takeVoice: null,
}))

const sessionKey = (session: Session | null): string =>
  session?.phase === 'signed-in' ? `${session.user.id} ${session.until}` : 'nobody'

/** Differs between any two sessions, also of one person. */
export const useSessionKey = (): string => useLive(({ session }) => sessionKey(session))

/** What an earlier session left in the stores goes with it. */
export function takeSession(session: Session): void {
  if (sessionKey(session) !== sessionKey(useLive.getState().session)) forgetSession()
  useLive.setState({ session })
}
