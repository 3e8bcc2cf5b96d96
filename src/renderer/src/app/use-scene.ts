import { useQuery } from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'
import { create } from 'zustand'
import { useCalls } from '../host/call-store.ts'
import { useDesk } from '../host/desk.tsx'
import { useLive } from '../host/live-store.ts'
import { alsoRinging, sceneOf, unfinishedWork } from './scene.ts'

export type Tab = 'note' | 'booking' | 'request' | 'cards'
export type Page = 'outbox' | 'settings'

/** What the operator opened; nothing of it needs to outlive the page. */
export const useView = create<{
  tab: Tab
  page: Page | null
  opened: string | null
  overlay: boolean
  dialog: 'commands' | 'keys' | null
  /** A card that something else asks the sheet to show. */
  articleId: string | null
  /** The operator said that it is not who the number says. */
  searching: boolean
}>(() => ({
  tab: 'cards',
  page: null,
  opened: null,
  overlay: false,
  dialog: null,
  articleId: null,
  searching: false,
}))

export const showTab = (tab: Tab): void => useView.setState({ tab, overlay: true })
export const showPage = (page: Page | null): void => useView.setState({ page, overlay: false })

export function useScene() {
  const { queries, keepers } = useDesk()
  const work = useQuery(queries.work)
  useEffect(() => {
    // What is closed, here or in another window, has no draft any more.
    if (!work.data) return
    for (const id of keepers.keys())
      if (!work.data.some(({ contactId }) => contactId === id)) keepers.delete(id)
  }, [work.data, keepers])
  const calls = useCalls((state) => state.calls)
  const wrappingUp = useLive((state) => state.agent?.afterCallWork?.contactId ?? null)
  const opened = useView((state) => state.opened)
  return useMemo(() => {
    const all = work.data ?? []
    const scene = sceneOf({ calls, work: all, wrappingUp, opened })
    return {
      scene,
      unfinished: unfinishedWork(scene, calls, all),
      waiting: alsoRinging(scene, calls),
    }
  }, [calls, work.data, wrappingUp, opened])
}
