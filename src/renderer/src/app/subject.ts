import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { CallerView, ShownStory, Work } from '#contract/desk.ts'
import { useCalls } from '../host/call-store.ts'
import { useDesk, useDraft } from '../host/desk.tsx'
import type { Scene } from './scene.ts'
import { type Who, whoOf } from './who.ts'

export type Subject = Who & {
  callId: string | null
  caller: CallerView | null
  story: ShownStory | null
  /** The story is being asked for. */
  looking: boolean
}

/** Whom the story is about. */
export function useSubject({ kind, call, callWork }: Scene): Subject {
  return useSubjectOf(call?.id ?? callWork?.contactId ?? null, callWork, kind === 'ringing')
}

/** Whom the sheet is about: while another call rings, not the one in the story. */
export function useSheetSubject({ work }: Scene): Subject {
  const isRinging = work !== null && work.answeredAt === null && work.endedAt === null
  return useSubjectOf(work?.contactId ?? null, work, isRinging)
}

function useSubjectOf(callId: string | null, work: Work | null, isRinging: boolean): Subject {
  const { queries } = useDesk()
  const draft = useDraft(work)
  const caller = useCalls((state) => (callId ? (state.callers[callId] ?? null) : null))
  const picked = useCalls((state) => (callId ? state.picked[callId] : undefined))

  const assumed = useCalls((state) => (callId ? state.assumed[callId] : undefined))
  const { citizenId, linked, others } = whoOf({ draft: draft?.draft ?? null, picked, caller, assumed })
  const ready = caller?.stories.find(({ citizen }) => citizen.id === citizenId) ?? null

  const asked = useQuery({
    ...queries.story(citizenId ?? '', callId ?? ''),
    // While it rings the caller's own view is enough; a person found by search is always asked for.
    enabled: citizenId !== null && callId !== null && (!isRinging || !ready),
  })
  const story = citizenId === null ? null : (asked.data ?? ready)
  const looking = citizenId !== null && !asked.data && !ready && !asked.isError
  return useMemo(
    () => ({ callId, caller, citizenId, story, looking, linked, others }),
    [callId, caller, citizenId, story, looking, linked, others],
  )
}
