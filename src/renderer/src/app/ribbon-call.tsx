import { Mic, MicOff, Pause, Phone, PhoneCall, PhoneOff, Play } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button as AriaButton } from 'react-aria-components'
import type { CallQueue } from '#contract/domain/call.ts'
import { fullName } from '#contract/domain/citizen.ts'
import { formatNumber } from '#contract/domain/phone-number.ts'
import { LineNow } from '../features/line/line-now.tsx'
import { useLive } from '../host/live-store.ts'
import { useTranslation } from '../i18n/use-translation.ts'
import { Button } from '../ui/button.tsx'
import { cx } from '../ui/cx.ts'
import { clock } from '../ui/format.ts'
import { Kbd } from '../ui/kbd.tsx'
import { ariaShortcut, type KeyId, keys } from '../ui/keys.ts'
import { useNow } from '../ui/now.ts'
import { useShortcut } from '../ui/shortcuts.ts'
import s from './call.module.css'
import { AfterCall, isKept, KeptFromCalls } from './ribbon-agent.tsx'
import type { Scene } from './scene.ts'
import type { Subject } from './subject.ts'
import { useCallVerbs } from './use-call-verbs.ts'
import { useView } from './use-scene.ts'

/** The call has one place, in every state; only its colour and content change. */
export function CallRibbon({ scene, subject }: { scene: Scene; subject: Subject }) {
  const { t } = useTranslation()
  return (
    <section className={cx(s.call, s[toneOf(scene)])} aria-label={t('desk.region.call')}>
      <Inside scene={scene} subject={subject} />
    </section>
  )
}

function toneOf(scene: Scene): 'idle' | 'ring' | 'talk' | 'held' {
  switch (scene.kind) {
    case 'ringing':
      return 'ring'
    case 'talking':
      return scene.call.state === 'held' ? 'held' : 'talk'
    default:
      return 'idle'
  }
}

function Inside({ scene, subject }: { scene: Scene; subject: Subject }) {
  switch (scene.kind) {
    case 'idle':
      return <IdleCall />
    case 'ringing':
      return <RingingCall scene={scene} />
    case 'talking':
      return <TalkingCall scene={scene} subject={subject} />
    case 'closing':
      return <ClosedCall scene={scene} subject={subject} />
  }
}

function Who({ title, under }: { title: string; under: ReactNode }) {
  return (
    <div className={cx(s.who)}>
      <b className="n">{title}</b>
      <span className="n">{under}</span>
    </div>
  )
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

function RingingCall({ scene }: { scene: Extract<Scene, { kind: 'ringing' }> }) {
  const { t } = useTranslation()
  const { call } = scene
  const now = useNow()
  const queue = useQueueWords()(call.queue)
  const verbs = useCallVerbs(call)
  useShortcut('answer', verbs.answer)
  useShortcut('reject', verbs.reject)
  const waited = call.queue ? t('desk.call.waited', { time: clock(call.queue.waitedSeconds * 1000) }) : null
  return (
    <>
      <span className={cx(s.mark, s.pulse)}>
        <PhoneCall size={18} aria-hidden="true" />
      </span>
      <Who
        title={call.remote.number ? formatNumber(call.remote.number) : t('common.withheldNumber')}
        under={[queue, waited].filter(Boolean).join('. ')}
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
        isPending={verbs.pending === 'answer'}
      >
        {t('desk.call.answer')}
      </Button>
      <Button className={s.reject} size="large" shortcut="reject" onPress={verbs.reject}>
        {t('desk.call.reject')}
      </Button>
    </>
  )
}

function TalkingCall({ scene, subject }: { scene: Extract<Scene, { kind: 'talking' }>; subject: Subject }) {
  const { t } = useTranslation()
  const { call } = scene
  const now = useNow()
  const verbs = useCallVerbs(call)
  const held = call.state === 'held'
  const talking = call.state === 'active' || held
  useShortcut('mute', verbs.mute, talking)
  useShortcut('hold', verbs.hold, talking)
  useShortcut('hangUp', verbs.hangUp)
  const number = call.remote.number ? formatNumber(call.remote.number) : t('common.withheldNumber')
  const name = subject.story ? fullName(subject.story.citizen) : null
  const state =
    call.state === 'dialling'
      ? t('desk.call.dialling')
      : call.state === 'connecting'
        ? t('desk.call.connecting')
        : call.media === 'lost'
          ? t('desk.call.mediaLost')
          : held && verbs.heldSince
            ? t('desk.call.heldFor', { time: clock(now - verbs.heldSince) })
            : call.muted
              ? t('desk.call.muted')
              : null
  return (
    <>
      <span className={cx(s.mark)}>
        {held ? <Pause size={18} aria-hidden="true" /> : <Phone size={18} aria-hidden="true" />}
      </span>
      <Who
        title={name ?? number}
        under={
          <>
            {state ?? (name ? number : call.queue?.name)}
            {!state && name && call.queue ? <span className={cx(s.wide)}>, {call.queue.name}</span> : null}
            {talking && call.media !== 'lost' ? <LineNow callId={call.id} /> : null}
          </>
        }
      />
      <span className={cx(s.timer, 'n')} role="timer" aria-label={t('desk.call.duration')}>
        {clock(call.answeredAt ? now - Date.parse(call.answeredAt) : 0)}
      </span>
      <div className={cx(s.verbs)}>
        <span className={cx(s.alt)} aria-hidden="true">
          Alt
        </span>
        <Verb
          id="mute"
          icon={call.muted ? <MicOff size={18} aria-hidden="true" /> : <Mic size={18} aria-hidden="true" />}
          label={t('desk.call.mute')}
          pressed={call.muted}
          disabled={!talking}
          onPress={verbs.mute}
        />
        <Verb
          id="hold"
          icon={held ? <Play size={18} aria-hidden="true" /> : <Pause size={18} aria-hidden="true" />}
          label={held ? t('desk.call.resume') : t('desk.call.hold')}
          pressed={held}
          disabled={!talking}
          onPress={verbs.hold}
        />
        <AriaButton
          className={cx(s.verb, s.end)}
          onPress={verbs.hangUp}
          aria-keyshortcuts={ariaShortcut(keys.hangUp.chord)}
        >
          <PhoneOff size={18} aria-hidden="true" />
          <span className={cx(s.word)}>{t('desk.call.hangUp')}</span>
          <Kbd id="hangUp" bare />
        </AriaButton>
      </div>
    </>
  )
}

function Verb({
  id,
  icon,
  label,
  pressed,
  disabled,
  onPress,
}: {
  id: KeyId
  icon: ReactNode
  label: string
  pressed: boolean
  disabled: boolean
  onPress: () => void
}) {
  return (
    <AriaButton
      className={cx(s.verb, pressed && s.pressed)}
      onPress={onPress}
      isDisabled={disabled}
      aria-label={label}
      aria-pressed={pressed}
      aria-keyshortcuts={ariaShortcut(keys[id].chord)}
    >
      {icon}
      <span className={cx(s.word)}>{label}</span>
      <Kbd id={id} bare />
    </AriaButton>
  )
}

function ClosedCall({ scene, subject }: { scene: Extract<Scene, { kind: 'closing' }>; subject: Subject }) {
  const { t } = useTranslation()
  const { work, call } = scene
  const verbs = useCallVerbs(call)
  const endedAt = work.endedAt ?? call?.endedAt ?? null
  const { number } = work.remote
  const name = subject.story ? fullName(subject.story.citizen) : null
  const callBack = () => {
    if (number) verbs.dial(number)
  }
  useShortcut('callBack', callBack, number !== null)
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
          isPending={verbs.pending === 'dial'}
        >
          {t('desk.call.callBack')}
        </Button>
      ) : null}
    </>
  )
}
