import { create } from 'zustand'
import type { Session, SystemTruth } from '#contract/desk.ts'
import type { AgentView } from '#contract/domain/agent.ts'

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

export const useLive = create<Live>(() => ({
  session: null,
  truth: null,
  agent: null,
  voice: null,
  takeVoice: null,
}))
