import { BellOff, Pause, PhoneCall, Play } from 'lucide-react'
import { useEffect, useRef } from 'react'
import type { Call } from '#contract/domain/call.ts'
import { useTargetName, useWho } from '../features/calls/use-who.ts'
import { useTranslation } from '../i18n/use-translation.ts'
import { announce } from '../ui/announce.tsx'
import { Button } from '../ui/button.tsx'
import { cx } from '../ui/cx.ts'
import { clock } from '../ui/format.ts'
import type { KeyId } from '../ui/keys.ts'
import { useNow } from '../ui/now.ts'
import { useShortcut } from '../ui/shortcuts.ts'
import { type Aim, useAim } from './aim.ts'
import { useDiverted } from './call-parts.tsx'
import s from './dock.module.css'
import { useQueueWords } from './ribbon-call.tsx'
import type { Scene } from './scene.ts'
import { useCallVerbs } from './use-call-verbs.ts'

const resumeKeys: readonly KeyId[] = ['resume1', 'resume2']

/** The calls beside the one in the ribbon, over the foot: it covers a little of the story and moves nothing of it. */
export function CallDock({
  scene,
  waiting,
  held,
}: {
  scene: Scene
  waiting: readonly Call[]
  held: readonly Call[]
}) {
  const { t } = useTranslation()
  const who = useWho()
  const aim = useAim(() => waiting.map(({ id }) => id))
  const loud = waiting.find(({ ignored }) => !ignored)
  const said = useRef<string | null>(null)
  useEffect(() => {
    if (!loud || said.current === loud.id) return
    said.current = loud.id
    announce(t('calls.waiting.said', { who: who(loud) }), 'urgent')
  }, [loud, who, t])
  if (waiting.length + held.length === 0) return null
  // The keys of ringing belong to the ribbon while that rings.
  const keyed = scene.kind === 'ringing' ? null : (loud ?? waiting[0])
  return (
    <section className={cx(s.dock)} data-dock aria-label={t('calls.waiting.title')}>
      {waiting.map((call) => (
        <Ringing
          key={call.id}
          call={call}
          keyed={call === keyed}
          holds={scene.kind === 'talking'}
          aim={aim}
        />
      ))}
      {held.map((call, index) => (
        <Held key={call.id} call={call} shortcut={resumeKeys[index]} />
      ))}
    </section>
  )
}

function Ringing({ call, keyed, holds, aim }: { call: Call; keyed: boolean; holds: boolean; aim: Aim }) {
  const { t } = useTranslation()
  const now = useNow()
  const verbs = useCallVerbs(call, aim)
  const who = useWho()(call)
  const queue = useQueueWords()(call.queue)
  const diverted = useDiverted()(call)
  const can = keyed && !verbs.spectator
  useShortcut('answer', verbs.answer, can)
  useShortcut('reject', verbs.reject, can)
  useShortcut('ignore', verbs.ignore, can && !call.ignored)
  return (
    <div className={cx(s.row, !call.ignored && s.rings)}>
      {call.ignored ? <BellOff size={18} aria-hidden="true" /> : <PhoneCall size={18} aria-hidden="true" />}
      <div className={cx(s.who)}>
        <b className="n">{who}</b>
        <span className="n">
          {[t(call.ignored ? 'calls.waiting.silent' : 'calls.waiting.rings'), queue, diverted]
            .filter(Boolean)
            .join(', ')}
        </span>
      </div>
      <span className={cx(s.time, 'n')} role="timer">
        {clock(now - Date.parse(call.startedAt))}
      </span>
      <Button
        size="small"
        className={s.answer}
        isDisabled={verbs.spectator}
        isPending={verbs.pending === 'answer'}
        aria-label={t(holds ? 'calls.says.answer' : 'calls.says.answerPlain', { who })}
        {...(keyed ? { shortcut: 'answer' as const } : {})}
        onPress={verbs.answer}
      >
        {t('calls.verb.answerWaiting')}
      </Button>
      {call.ignored ? null : (
        <Button
          size="small"
          className={s.plain}
          isDisabled={verbs.spectator}
          aria-label={t('calls.says.ignore', { who })}
          {...(keyed ? { shortcut: 'ignore' as const } : {})}
          onPress={verbs.ignore}
        >
          {t('calls.verb.ignore')}
        </Button>
      )}
      <Button
        size="small"
        className={s.plain}
        isDisabled={verbs.spectator}
        aria-label={t('calls.says.reject', { who })}
        {...(keyed ? { shortcut: 'reject' as const } : {})}
        onPress={verbs.reject}
      >
        {t('desk.call.reject')}
      </Button>
    </div>
  )
}

function Held({ call, shortcut }: { call: Call; shortcut: KeyId | undefined }) {
  const { t } = useTranslation()
  const now = useNow()
  const verbs = useCallVerbs(call)
  const who = useWho()(call)
  const name = useTargetName()
  const queue = useQueueWords()(call.queue)
  const going = call.changing === 'transfer' && call.transfer ? call.transfer : null
  const can = !verbs.spectator && call.changing === null
  useShortcut(shortcut ?? 'resume2', verbs.resume, can && shortcut !== undefined)
  const since = verbs.heldSince ? clock(now - verbs.heldSince) : ''
  return (
    <div className={cx(s.row, s.held)}>
      <Pause size={18} aria-hidden="true" />
      <div className={cx(s.who)}>
        <b className="n">{who}</b>
        <span className="n">
          {going
            ? t('calls.transfer.ringing', { to: name(going.to) })
            : [t('calls.waiting.held'), queue].filter(Boolean).join(', ')}
        </span>
      </div>
      <span className={cx(s.time, 'n')} role="timer">
        {since}
      </span>
      <Button
        size="small"
        icon={<Play size={15} aria-hidden="true" />}
        isDisabled={!can}
        aria-label={t('calls.says.resume', { who })}
        {...(shortcut ? { shortcut } : {})}
        onPress={verbs.resume}
      >
        {t('calls.verb.resume')}
      </Button>
    </div>
  )
}
