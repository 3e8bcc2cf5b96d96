import { memo, useEffect, useMemo, useRef } from 'react'
import type { User } from '#contract/domain/agent.ts'
import { showWork } from '../host/call-store.ts'
import { useDeskFeeds } from '../host/desk.tsx'
import { useLive } from '../host/live-store.ts'
import { useTranslation } from '../i18n/use-translation.ts'
import { useAfterPaint } from '../ui/after-paint.ts'
import { cx } from '../ui/cx.ts'
import { afterPaint } from '../ui/paint.ts'
import { useShortcut } from '../ui/shortcuts.ts'
import { isEditable } from '../ui/typing.ts'
import { CallDock as PlainCallDock } from './call-dock.tsx'
import { CommandBar as PlainCommandBar } from './command-bar.tsx'
import { Foot as PlainFoot } from './foot.tsx'
import s from './frame.module.css'
import { KeyList as PlainKeyList } from './key-list.tsx'
import { MediaEnd as PlainMediaEnd } from './media-end.tsx'
import { RefusalLine } from './refusal-line.tsx'
import { CallRibbon as PlainCallRibbon } from './ribbon-call.tsx'
import { TruthRibbon as PlainTruthRibbon } from './ribbon-truth.tsx'
import type { Scene } from './scene.ts'
import { Sheet as PlainSheet } from './sheet.tsx'
import { SignOutQuestion as PlainSignOutQuestion } from './sign-out.tsx'
import { StoryPane as PlainStoryPane } from './story-pane.tsx'
import { type Subject, useSheetSubject, useSubject } from './subject.ts'
import { useCallFlow } from './use-call-flow.ts'
import { useRingNotification } from './use-ring-notification.ts'
import {
  cursorInStory,
  cursorLeftStory,
  endTypingStory,
  setTyping,
  showPage,
  showTab,
  useScene,
  useView,
} from './use-scene.ts'

/** Each place is drawn anew only when its own content changes. */
const CallDock = memo(PlainCallDock)
const CommandBar = memo(PlainCommandBar)
const Foot = memo(PlainFoot)
const KeyList = memo(PlainKeyList)
const MediaEnd = memo(PlainMediaEnd)
const CallRibbon = memo(PlainCallRibbon)
const TruthRibbon = memo(PlainTruthRibbon)
const Sheet = memo(PlainSheet)
const SignOutQuestion = memo(PlainSignOutQuestion)
const StoryPane = memo(PlainStoryPane)

/** The desk of somebody who is signed in: call, truth, story, work and foot, each in its one place. */
export function DeskFrame({ user, offline }: { user: User; offline: boolean }) {
  useDeskFeeds()
  const { t } = useTranslation()
  const { scene, unfinished, waiting, held } = useScene()
  const subject = useSubject(scene)
  // Who calls is painted first; the sheet and the foot follow a frame later.
  const worked = useSheetSubject(scene)
  const beside = useAfterPaint(
    useMemo(() => ({ scene, subject, worked, unfinished }), [scene, subject, worked, unfinished]),
  )
  // To answer comes right after: the ribbon of a ringing call a frame before the sheet.
  const late = useAfterPaint(
    useMemo(() => ({ scene, subject }), [scene, subject]),
    true,
  )
  const ribbon = scene.kind === 'ringing' && late.scene.kind !== 'talking' ? late : { scene, subject }
  const overlay = useView((state) => state.overlay)
  const practice = useLive((state) => state.truth?.phone.practice ?? false)
  const frame = useRef<HTMLDivElement>(null)
  useCallFlow(scene, subject)
  const story = useStory(scene, subject)
  const shownWork = scene.work?.contactId ?? null
  useEffect(() => showWork(shownWork), [shownWork])

  useShortcut('commands', () => useView.setState({ dialog: 'commands' }))
  useShortcut('keyList', () => useView.setState({ dialog: 'keys' }))
  useShortcut('sheetNote', () => showTab('note'))
  useShortcut('sheetBooking', () => showTab('booking'))
  useShortcut('sheetRequest', () => showTab('request'))
  useShortcut('sheetCards', () => showTab('cards'))
  useShortcut('nextPane', () => focusNextPane(frame.current))
  const oldest = unfinished[0]
  useShortcut(
    'unfinished',
    () => {
      if (oldest) useView.setState({ opened: oldest.contactId, page: null, tab: 'note' })
    },
    oldest !== undefined && (scene.kind === 'idle' || scene.kind === 'closing'),
  )
  useShortcut('callList', () => showPage('calls'))
  const rings = scene.kind === 'ringing' || waiting.some(({ ignored }) => !ignored)
  useEffect(() => {
    // Seen in a tab or a taskbar by others too: it names nobody.
    return afterPaint(() => {
      document.title = rings ? t('desk.ring.title') : t('common.product')
    })
  }, [t, rings])
  useRingNotification(rings)

  return (
    <div ref={frame} className={cx(s.frame)}>
      <header className={cx(s.ribbon, practice && s.practice)}>
        <CallRibbon scene={ribbon.scene} subject={ribbon.subject} />
        <TruthRibbon user={user} offline={offline} />
      </header>
      <RefusalLine />
      <main
        className={cx(s.story)}
        aria-label={t('desk.region.story')}
        tabIndex={-1}
        data-pane
        onFocus={({ target }) => cursorInStory(target)}
        onBlur={({ relatedTarget, currentTarget }) => {
          if (document.hasFocus() && !currentTarget.contains(relatedTarget))
            cursorLeftStory(frame.current?.contains(relatedTarget) === true)
        }}
        onKeyDown={(event) => {
          if (event.key === 'Escape' && !event.defaultPrevented && useView.getState().held) endTypingStory()
        }}
      >
        <div className={cx(s.measure)}>
          <StoryPane {...story} call={scene.call} unfinished={unfinished} />
        </div>
      </main>
      <CallDock scene={scene} waiting={waiting} held={held} />
      <aside
        className={cx(s.sheet, !overlay && s.sheetShut)}
        aria-label={t('desk.region.sheet')}
        tabIndex={-1}
        data-pane
        onFocus={({ target }) => {
          const contactId = beside.scene.work?.contactId
          setTyping(contactId && isEditable(target) ? { contactId, field: target } : null)
        }}
        onBlur={({ relatedTarget, currentTarget }) => {
          // A window that loses the focus gives it back to the same field.
          if (document.hasFocus() && !currentTarget.contains(relatedTarget)) setTyping(null)
        }}
        onKeyDown={(event) => {
          if (event.key === 'Escape' && !event.defaultPrevented) useView.setState({ overlay: false })
        }}
      >
        <Sheet scene={beside.scene} subject={beside.worked} story={beside.subject.story} />
      </aside>
      <Foot unfinished={beside.unfinished} scene={beside.scene} />
      <CommandBar user={user} onPage={showPage} call={scene.kind === 'talking' ? scene.call : null} />
      <KeyList />
      <SignOutQuestion />
      <MediaEnd />
    </div>
  )
}

/** What the story is about: another call takes its place once nobody types there any more. */
function useStory(scene: Scene, subject: Subject): { scene: Scene; subject: Subject } {
  const typing = useView((state) => state.typingStory)
  const shown = useRef({ scene, subject })
  const isCall = scene.kind === 'ringing' || scene.kind === 'talking'
  if (!typing || !isCall || shown.current.subject.callId === subject.callId)
    shown.current = { scene, subject }
  return shown.current
}

/** F6: story, sheet, foot, and round again. */
function focusNextPane(frame: HTMLElement | null): void {
  if (!frame) return
  const panes = [...frame.querySelectorAll<HTMLElement>('[data-pane]')]
  const here = panes.findIndex((pane) => pane.contains(document.activeElement))
  const next = panes[(here + 1) % panes.length]
  if (!next) return
  next.dataset.arrived = ''
  next.addEventListener('blur', () => delete next.dataset.arrived, { once: true })
  next.focus()
}
