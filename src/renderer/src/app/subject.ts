import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { CallerView, ShownStory } from '#contract/desk.ts'
import { useCalls } from '../host/call-store.ts'
import { useDesk, useDraft } from '../host/desk.tsx'
import type { Scene } from './scene.ts'

export type Subject = {
  callId: string | null
  caller: CallerView | null
  /** Who it is, as far as somebody or the number says; null: nobody yet. */
  citizenId: string | null
  story: ShownStory | null
  /** The story is being asked for. */
  looking: boolean
  /** Somebody chose this person; otherwise it is the only one known on the number. */
  chosen: boolean
}

/** Whom the story is about. */
export function useSubject(scene: Scene): Subject {
  const { queries } = useDesk()
  const callId = scene.call?.id ?? scene.callWork?.contactId ?? null
  const draft = useDraft(scene.callWork)
  const caller = useCalls((state) => (callId ? (state.callers[callId] ?? null) : null))
  const picked = useCalls((state) => (callId ? state.picked[callId] : undefined))

  const only = caller?.stories.length === 1 ? (caller.stories[0]?.citizen.id ?? null) : null
  // What was picked in this window counts until the draft has it; null there means: none of those on this number.
  const said = draft?.draft.citizenId ?? picked
  const citizenId = said === undefined ? only : said
  const ready = caller?.stories.find(({ citizen }) => citizen.id === citizenId) ?? null

  const asked = useQuery({
    ...queries.story(citizenId ?? '', callId ?? ''),
    // While it rings the caller's own view is enough; a person found by search is always asked for.
    enabled: citizenId !== null && callId !== null && (scene.kind !== 'ringing' || !ready),
  })
  const story = citizenId === null ? null : (asked.data ?? ready)
  const looking = citizenId !== null && !asked.data && !ready && !asked.isError
  const chosen = said !== undefined && said !== null
  return useMemo(
    () => ({ callId, caller, citizenId, story, looking, chosen }),
    [callId, caller, citizenId, story, looking, chosen],
  )
}
