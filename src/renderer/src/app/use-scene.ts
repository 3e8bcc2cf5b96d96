import { useQuery } from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'
import { useCalls } from '../host/call-store.ts'
import { useDesk } from '../host/desk.tsx'
import { useLive } from '../host/live-store.ts'
import { sessionStore } from '../host/session-store.ts'
import { isEditable, whenGone } from '../ui/typing.ts'
import { alsoRinging, heldBeside, sceneOf, unfinishedWork } from './scene.ts'

export type Tab = 'note' | 'booking' | 'request' | 'cards'
export type Page = 'outbox' | 'settings' | 'line' | 'calls' | 'tickets' | 'oversight' | 'compare'

/** What hangs under the verbs of one call, and is gone with it. `to`: whom the transfer begins with. */
type CallPanel = { panel: 'transfer' | 'keypad'; callId: string; to: string }
/** What the operator had open when a call took its place. `answered`: it is back after the wrap-up, else as soon as the caller gives up. */
type Behind = { page: Page; ticketId: string | null; answered: boolean }

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
  /** The cursor is in a field of the story, or of the page in its place. */
  typingStory: boolean
  /** A call rings, or was answered elsewhere, while somebody typed there: that stays until the cursor leaves it. */
  held: 'ring' | 'call' | null
  /** The last is the next to come back. */
  behind: readonly Behind[]
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
  typingStory: false,
  held: null,
  behind: [],
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

/** The operator turns to another call by a deed of this window: the sheet goes with it, and the cursor, if it was where one types. */
export function turnToCall(): void {
  const { typingIn, typingStory } = useView.getState()
  setTyping(null)
  useView.setState({ opened: null, cursorFollows: typingIn !== null || typingStory })
}

/** What a call is about takes the place of the page. */
function displace(by: 'ring' | 'call'): void {
  useView.setState(({ page, ticketId, behind }) => ({
    ...{ page: null, held: null, searching: false },
    behind: page
      ? [...behind.filter((one) => one.page !== page), { page, ticketId, answered: by === 'call' }]
      : behind,
  }))
}

/** A call has come, or is spoken on. Who types in the story or a page stays where they are typing. */
export function giveWay(to: 'ring' | 'call'): void {
  const { typingStory, behind } = useView.getState()
  if (to === 'call') useView.setState({ behind: behind.map((one) => ({ ...one, answered: true })) })
  if (typingStory) useView.setState({ held: to })
  else if (to === 'ring') displace(to)
  // Whoever dialled from a page has left it.
  else useView.setState({ page: null, held: null })
}

/**
 * No call rings or is spoken on any more: the page that one took the place of is back, once no other is open. `over`: nothing of the call is left to
 * be done either.
 */
export function comeBack(over: boolean): void {
  const { page, behind, held } = useView.getState()
  if (held === 'ring' || over) useView.setState({ held: null })
  const last = behind.at(-1)
  if (page !== null || !last || (last.answered && !over)) return
  useView.setState({ behind: behind.slice(0, -1), page: last.page, ticketId: last.ticketId })
}

let stopWaitingStory = () => {}
let leaving: ReturnType<typeof setTimeout> | undefined
/** A list that opens over the page has the focus a moment later, and gives it back a moment after it has shut. */
const listTakesMs = 200

/** What was typed in the story or a page is left. */
export function endTypingStory(): void {
  clearTimeout(leaving)
  stopWaitingStory()
  stopWaitingStory = () => {}
  const { held } = useView.getState()
  useView.setState({ typingStory: false })
  if (held) displace(held)
}

/** The cursor came somewhere in the story. While a call waits for the typing to end, a button there ends it no more than a field does. */
export function cursorInStory(at: EventTarget): void {
  clearTimeout(leaving)
  if (!isEditable(at)) {
    if (useView.getState().held === null) endTypingStory()
    return
  }
  stopWaitingStory()
  stopWaitingStory = whenGone(at, endTypingStory)
  useView.setState({ typingStory: true })
}

/** The cursor left the story. `for`: another place of the desk, which a list that opens over the page is not. */
export function cursorLeftStory(forElsewhere: boolean): void {
  clearTimeout(leaving)
  if (forElsewhere) endTypingStory()
  else leaving = setTimeout(endTypingStory, listTakesMs)
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

/** What is opened by hand does not wait any more to come back. */
const open = (page: Page, ticketId: string | null): void =>
  useView.setState(({ behind }) => ({
    ...{ page, ticketId, overlay: false },
    behind: behind.filter((one) => one.page !== page),
  }))

export const showPage = (page: Page | null): void => {
  if (page) open(page, null)
  else useView.setState({ page: null, ticketId: null, overlay: false })
}

export const showTicket = (ticketId: string | null): void => open('tickets', ticketId)

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
