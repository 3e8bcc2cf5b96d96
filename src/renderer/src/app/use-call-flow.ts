import { useEffect, useRef } from 'react'
import { fullName } from '#contract/domain/citizen.ts'
import { formatNumber } from '#contract/domain/phone-number.ts'
import { useCalls } from '../host/call-store.ts'
import { useDraft } from '../host/desk.tsx'
import { useIdentify } from '../host/use-identify.ts'
import { useTranslation } from '../i18n/use-translation.ts'
import { announce } from '../ui/announce.tsx'
import { afterPaint } from '../ui/paint.ts'
import type { Scene } from './scene.ts'
import type { Subject } from './subject.ts'
import { comeBack, giveWay, useView } from './use-scene.ts'
import { linkOf } from './who.ts'

/** What happens by itself when a call moves: who it is becomes part of the contact, a ring is said once, the sheet follows. */
export function useCallFlow(scene: Scene, subject: Subject): void {
  useSaidRing(scene, subject)
  useLink(scene, subject)

  const { kind } = scene
  const callId = subject.callId
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new call, not a new person, turns the page
  useEffect(() => {
    // Who is typing stays where they are typing.
    const typing = useView.getState().typingIn !== null
    if (kind === 'ringing') {
      giveWay('ring')
      leaveDialog()
      useView.setState({ articleId: null, ...(typing ? {} : { overlay: false }) })
    }
    if (kind === 'talking') {
      giveWay('call')
      if (!typing) useView.setState({ opened: null })
    }
    if (kind === 'closing') comeBack(false)
    if (kind === 'idle') comeBack(true)
    if (!typing) {
      if (kind === 'closing' || (kind === 'talking' && useView.getState().tab === 'cards'))
        useView.setState({ tab: 'note' })
      if (kind === 'idle') useView.setState({ searching: false, opened: null, tab: 'cards', overlay: false })
    }
  }, [kind, callId])
  const atRest = useView(({ page }) => page === null) && kind === 'idle'
  useEffect(() => {
    if (atRest) comeBack(true)
  }, [atRest])
}

/** Who calls is not to be seen through a dialog. One that is being typed in stays. */
function leaveDialog(): void {
  const { dialog } = useView.getState()
  const field = document.activeElement
  const isTyped = field instanceof HTMLInputElement && field.value !== ''
  if (dialog === 'keys' || dialog === 'sign-out' || (dialog === 'commands' && !isTyped))
    useView.setState({ dialog: null })
}

/** The person on the number, or what was picked while it rang, becomes the contact's. */
function useLink(scene: Scene, { callId, caller }: Subject): void {
  const draft = useDraft(scene.callWork)?.draft ?? null
  const identify = useIdentify(scene.callWork)
  const picked = useCalls((state) => (callId ? state.picked[callId] : undefined))
  const link = scene.kind === 'idle' ? null : linkOf({ draft, picked, caller })
  const citizenId = link?.citizenId ?? null
  const isSearching = useView((state) => state.searching)
  const choice = link?.choice === 'another' && isSearching ? 'none' : link?.choice
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each person that is to be linked
  useEffect(() => {
    if (choice) identify({ citizenId, identification: 'none', choice })
  }, [citizenId, choice, callId])
}

/** Name and promise, once, when it begins to ring and is known. */
function useSaidRing(scene: Scene, { caller, story }: Subject): void {
  const { t } = useTranslation()
  const said = useRef<string | null>(null)
  const call = scene.kind === 'ringing' ? scene.call : null
  useEffect(() => {
    if (!call || said.current === call.id) return
    if (call.remote.number !== null && (!caller || caller.number === 'looking')) return
    // Saying it draws the page once more: that who rings has been painted comes first.
    return afterPaint(() => {
      said.current = call.id
      if (caller && caller.stories.length > 1) {
        announce(t('desk.ring.saidMany', { count: caller.stories.length }), 'urgent')
        return
      }
      const who = story
        ? fullName(story.citizen)
        : call.remote.number
          ? formatNumber(call.remote.number)
          : t('common.withheldNumber')
      const promise = story?.contacts[0]?.outcome === 'callback' ? t('person.story.callbackPromised') : ''
      announce(t('desk.ring.said', { who, promise }).trim(), 'urgent')
    })
  }, [call, caller, story, t])
}
