import { BellOff, Phone, PhoneCall, PhoneOff } from 'lucide-react'
import { type Call, type CallQueue, isLive } from '#contract/domain/call.ts'
import { hasVoice, pairOf } from '#contract/domain/call-machine.ts'
import { fullName } from '#contract/domain/citizen.ts'
import { formatNumber } from '#contract/domain/phone-number.ts'
import { useCalls } from '../host/call-store.ts'
import { useLive } from '../host/live-store.ts'
import { useTranslation } from '../i18n/use-translation.ts'
import { Button } from '../ui/button.tsx'
import { cx } from '../ui/cx.ts'
import { clock } from '../ui/format.ts'
import { useNow } from '../ui/now.ts'
import { useShortcut } from '../ui/shortcuts.ts'
import { type Aim, useAim, useStale } from './aim.ts'
import s from './call.module.css'
import { useDiverted, Verb, Who } from './call-parts.tsx'
import { AfterCall, isKept, KeptFromCalls } from './ribbon-agent.tsx'
import { TalkingCall } from './ribbon-talk.tsx'
import type { Scene } from './scene.ts'
import type { Subject } from './subject.ts'
import { useCallVerbs } from './use-call-verbs.ts'
import { useView } from './use-scene.ts'

/** The call has one place, in every state; only its colour and content change. */
export function CallRibbon({ scene, subject }: { scene: Scene; subject: Subject }) {
  const { t } = useTranslation()
  // Held for a colleague who is spoken with is no silence.
  const waits = useCalls(
    ({ calls }) =>
      scene.call?.state === 'held' &&
      !calls.some((call) => call.consultsFor === scene.call?.id && hasVoice(call)),
  )
  const aim = useAim((calls) => shownIn(scene, calls))
  return (
    <section className={cx(s.call, s[toneOf(scene, waits)])} aria-label={t('desk.region.call')}>
      <Inside scene={scene} subject={subject} aim={aim} />
    </section>
  )
}

/** The live calls of the ribbon: one, or the two of a consultation. */
function shownIn({ call }: Scene, calls: readonly Call[]): string[] {
  if (!call) return []
  const pair = pairOf(calls, call.id)
  return pair ? [pair.caller.id, pair.colleague.id] : isLive(call) ? [call.id] : []
}

function toneOf(scene: Scene, waits: boolean): 'idle' | 'ring' | 'talk' | 'held' {
  switch (scene.kind) {
    case 'ringing':
      return 'ring'
    case 'talking':
      return waits ? 'held' : 'talk'
    default:
      return 'idle'
  }
}

function Inside({ scene, subject, aim }: { scene: Scene; subject: Subject; aim: Aim }) {
  switch (scene.kind) {
    case 'idle':
      return <IdleCall />
    case 'ringing':
      return <RingingCall key={scene.call.id} scene={scene} aim={aim} />
    case 'talking':
      return <TalkingCall scene={scene} subject={subject} aim={aim} />
    case 'closing':
      return <ClosedCall scene={scene} subject={subject} aim={aim} />
  }
}

function IdleCall() {
  const { t } = useTranslation()
  const agent = useLive((state) => state.agent)
  const page = useView((state) => state.page)
  const desired = agent?.desired
  const under = isKept(agent)
    ? t('desk.call.noneKept', { why: t(`desk.agent.kept.${agent?.kept?.reason as 'missed'}`) })
    : desired?.kind === 'not-ready'
      ? t('desk.call.noneNotReady', { reason: t(`desk.agent.reason.${desired.reason}`) })
      : agent && agent.engine.kind !== 'ready'
        ? t('desk.call.noneEngine')
        : t('desk.call.noneReady')
  return (
    <>
      <span className={cx(s.mark)}>
        <Phone size={18} aria-hidden="true" />
      </span>
      <Who title={t('desk.call.none')} under={agent ? under : ''} />
      {/* The desk at rest has the button itself. */}
      {page === null ? null : <KeptFromCalls />}
    </>
  )
}

export function useQueueWords(): (queue: CallQueue | null) => string | null {
  const { t } = useTranslation()
  return (queue) =>
    queue && (queue.reason ? t('desk.call.key', { queue: queue.name, reason: queue.reason }) : queue.name)
}

function RingingCall({ scene, aim }: { scene: Extract<Scene, { kind: 'ringing' }>; aim: Aim }) {
  const { t } = useTranslation()
  const { call } = scene
  const now = useNow()
  const queue = useQueueWords()(call.queue)
  const verbs = useCallVerbs(call, aim)
  const diverted = useDiverted()(call)
  useShortcut('answer', verbs.answer, !verbs.spectator)
  useShortcut('reject', verbs.reject, !verbs.spectator)
  useShortcut('ignore', verbs.ignore, !verbs.spectator)
  const auto = call.autoAnswer ? t('calls.waiting.auto') : null
  const waited = call.queue ? t('desk.call.waited', { time: clock(call.queue.waitedSeconds * 1000) }) : null
  return (
    <>
      <span className={cx(s.mark, s.pulse)}>
        <PhoneCall size={18} aria-hidden="true" />
      </span>
      <Who
        title={call.remote.number ? formatNumber(call.remote.number) : t('common.withheldNumber')}
        under={[auto, queue, waited, diverted].filter(Boolean).join('. ')}
      />
      <span className={cx(s.timer, 'n')} role="timer" aria-label={t('desk.call.ringing')}>
        {clock(now - Date.parse(call.startedAt))}
      </span>
      <Button
        className={s.answer}
        size="large"
        icon={<Phone size={18} aria-hidden="true" />}
        shortcut="answer"
        onPress={verbs.answer}
        isDisabled={verbs.spectator}
        isPending={verbs.pending === 'answer'}
      >
        {t('desk.call.answer')}
      </Button>
      <Button
        className={s.reject}
        size="large"
        shortcut="reject"
        isDisabled={verbs.spectator}
        onPress={verbs.reject}
      >
        {t('desk.call.reject')}
      </Button>
      <Verb
        id="ignore"
        icon={<BellOff size={18} aria-hidden="true" />}
        label={t('calls.verb.ignore')}
        says={t('keys.name.ignore')}
        folded
        disabled={verbs.spectator}
        onPress={verbs.ignore}
      />
    </>
  )
}

function ClosedCall({
  scene,
  subject,
  aim,
}: {
  scene: Extract<Scene, { kind: 'closing' }>
  subject: Subject
  aim: Aim
}) {
  const { t } = useTranslation()
  const { work, call } = scene
  const verbs = useCallVerbs(call)
  const endedAt = work.endedAt ?? call?.endedAt ?? null
  const { number } = work.remote
  const name = subject.story ? fullName(subject.story.citizen) : null
  // It stands where hanging up stood.
  const stale = useStale(aim)
  const callBack = () => {
    if (number) void verbs.dial(number)
  }
  useShortcut('callBack', callBack, number !== null && !verbs.cannotDial)
  const end = call?.endReason ? t(`desk.call.end.${call.endReason}`) : ''
  return (
    <>
      <span className={cx(s.mark)}>
        <PhoneOff size={18} aria-hidden="true" />
      </span>
      <Who
        title={name ?? (number ? formatNumber(number) : t('common.withheldNumber'))}
        under={
          work.answeredAt && endedAt
            ? t('desk.call.finished', {
                duration: clock(Date.parse(endedAt) - Date.parse(work.answeredAt)),
                end,
              })
            : t('desk.call.notAnswered', { end })
        }
      />
      <AfterCall contactId={work.contactId} endedAt={endedAt} />
      <KeptFromCalls />
      {number ? (
        <Button
          icon={<Phone size={18} aria-hidden="true" />}
          shortcut="callBack"
          onPress={callBack}
          isDisabled={verbs.cannotDial || stale}
          isPending={verbs.pending === 'dial'}
        >
          {t('desk.call.callBack')}
        </Button>
      ) : null}
    </>
  )
}
