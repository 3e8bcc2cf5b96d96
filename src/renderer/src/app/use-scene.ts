import { useQuery } from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'
import { useCalls } from '../host/call-store.ts'
import { useDesk } from '../host/desk.tsx'
import { useLive } from '../host/live-store.ts'
import { sessionStore } from '../host/session-store.ts'
import { whenGone } from '../ui/typing.ts'
import { alsoRinging, heldBeside, sceneOf, unfinishedWork } from './scene.ts'

export type Tab = 'note' | 'booking' | 'request' | 'cards'
export type Page = 'outbox' | 'settings' | 'line' | 'calls' | 'tickets' | 'oversight' | 'compare'

/** What hangs under the verbs of one call, and is gone with it. `to`: whom the transfer begins with. */
type CallPanel = { panel: 'transfer' | 'keypad'; callId: string; to: string }
type Dialog = 'commands' | 'keys' | 'sign-out' | CallPanel | null

/** What the operator opened; nothing of it outlives the session. */
export const useView = sessionStore<{
  tab: Tab
  page: Page | null
  /** The request that the page of requests shows; null: the list. */
  ticketId: string | null
  opened: string | null
  /** The contact in whose sheet the cursor is. */
  typingIn: string | null
  overlay: boolean
  dialog: Dialog
  /** The next note to be shown takes the cursor that the one before had. */
  cursorFollows: boolean
  /** A card that something else asks the sheet to show. */
  articleId: string | null
  /** The operator said that it is not who the number says. */
  searching: boolean
  /** How often it was gone back to a person who was being typed. */
  resumed: number
}>(() => ({
  tab: 'cards',
  page: null,
  ticketId: null,
  opened: null,
  typingIn: null,
  overlay: false,
  dialog: null,
  cursorFollows: false,
  articleId: null,
  searching: false,
  resumed: 0,
}))

export const showTab = (tab: Tab): void => useView.setState({ tab, overlay: true })

let stopWaiting = () => {}

/** The cursor came into a field of the contact's sheet; null: it left, or is nowhere one types. A field that vanishes ends the typing. */
export function setTyping(into: { contactId: string; field: HTMLElement } | null): void {
  stopWaiting()
  stopWaiting = into ? whenGone(into.field, () => setTyping(null)) : () => {}
  useView.setState({ typingIn: into?.contactId ?? null })
}

/** The operator turns to another call by a deed of this window: the sheet goes with it, and the cursor, if it was there. */
export function turnToCall(): void {
  const { typingIn } = useView.getState()
  setTyping(null)
  useView.setState({ opened: null, cursorFollows: typingIn !== null })
}

/** What is open of this call. */
export const panelOf = (callId: string, dialog: Dialog): CallPanel | null =>
  typeof dialog === 'object' && dialog?.callId === callId ? dialog : null

export const openPanel = (panel: CallPanel['panel'], callId: string, to = ''): void =>
  useView.setState({ dialog: { panel, callId, to } })

/** Back to the person who was being typed: a new one stands where one is searched. */
export const resumePerson = (isNew: boolean): void =>
  useView.setState(({ resumed }) => ({
    ...{ page: null, overlay: false },
    ...(isNew ? { searching: true, resumed: resumed + 1 } : {}),
  }))

export const showPage = (page: Page | null): void =>
  useView.setState({ page, ticketId: null, overlay: false })

export const showTicket = (ticketId: string | null): void =>
  useView.setState({ page: 'tickets', ticketId, overlay: false })

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
  const typingIn = useView((state) => state.typingIn)
  return useMemo(() => {
    const all = work.data ?? []
    const scene = sceneOf({ calls, work: all, wrappingUp, opened, typingIn })
    return {
      scene,
      unfinished: unfinishedWork(scene, calls, all),
      waiting: alsoRinging(scene, calls),
      held: heldBeside(scene, calls),
    }
  }, [calls, work.data, wrappingUp, opened, typingIn])
}
