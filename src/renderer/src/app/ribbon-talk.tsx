import { ArrowRight, Grid3x3, Mic, MicOff, Pause, Phone, PhoneOff, Play } from 'lucide-react'
import { useRef } from 'react'
import type { Call } from '#contract/domain/call.ts'
import { pairOf } from '#contract/domain/call-machine.ts'
import { fullName } from '#contract/domain/citizen.ts'
import { useTargetName } from '../features/calls/use-who.ts'
import { LineNow, useLineWord } from '../features/line/line-now.tsx'
import { useCalls } from '../host/call-store.ts'
import { useTranslation } from '../i18n/use-translation.ts'
import { cx } from '../ui/cx.ts'
import { clock } from '../ui/format.ts'
import { useNow } from '../ui/now.ts'
import { useShortcut } from '../ui/shortcuts.ts'
import type { Aim } from './aim.ts'
import s from './call.module.css'
import { CallPanels } from './call-panels.tsx'
import { AltCap, useDiverted, Verb, Who } from './call-parts.tsx'
import { ConsultingCall } from './ribbon-consult.tsx'
import type { Scene } from './scene.ts'
import type { Subject } from './subject.ts'
import { useCallVerbs, wantsHold } from './use-call-verbs.ts'
import { openPanel } from './use-scene.ts'

type Talking = { scene: Extract<Scene, { kind: 'talking' }>; subject: Subject; aim: Aim }

/** The call that is spoken on, or the two of a consultation. */
export function TalkingCall({ scene, subject, aim }: Talking) {
  const calls = useCalls((state) => state.calls)
  const pair = pairOf(calls, scene.call.id)
  return pair ? (
    <ConsultingCall
      key={pair.colleague.id}
      caller={pair.caller}
      colleague={pair.colleague}
      subject={subject}
      aim={aim}
    />
  ) : (
    <PlainCall key={scene.call.id} call={scene.call} subject={subject} aim={aim} />
  )
}

function PlainCall({ call, subject, aim }: { call: Call; subject: Subject; aim: Aim }) {
  const { t } = useTranslation()
  const now = useNow()
  const verbs = useCallVerbs(call, aim)
  const name = useTargetName()
  const diverted = useDiverted()(call)
  const transferButton = useRef<HTMLButtonElement>(null)
  const keypadButton = useRef<HTMLButtonElement>(null)
  const held = call.state === 'held'
  const going = call.changing === 'transfer'
  const talking = (call.state === 'active' || held) && !going && !verbs.spectator
  const active = call.state === 'active' && talking
  const resting = wantsHold(call)
  useShortcut('mute', verbs.mute, talking)
  useShortcut('hold', verbs.hold, talking)
  useShortcut('transfer', verbs.openTransfer, talking)
  useShortcut('keypad', () => openPanel('keypad', call.id), active)
  useShortcut('hangUp', verbs.hangUp, !verbs.spectator)
  const number = call.remote.number ? name(call.remote.number) : t('common.withheldNumber')
  const person = subject.story ? fullName(subject.story.citizen) : null
  const state = stateWords()
  const line = useLineWord(call.id)
  const lineTold = talking && call.media !== 'lost' && line
  // What the operator has to know of the call stands before who it is, whose name is above.
  const calm = !state && !(lineTold && line.bad)
  function stateWords(): string | null {
    if (call.state === 'dialling') return t(`desk.call.outgoing.${call.progress ?? 'asked'}`)
    if (call.state === 'connecting') return t('desk.call.connecting')
    if (going && call.transfer) {
      const to = name(call.transfer.to)
      return call.transfer.state === 'ringing'
        ? t('calls.transfer.ringing', { to })
        : t('calls.transfer.asked', { to })
    }
    if (call.changing === 'hold' || call.changing === 'resume') return t(`calls.changing.${call.changing}`)
    if (call.media === 'lost') return t('desk.call.mediaLost')
    if (held && verbs.heldSince) return t('desk.call.heldFor', { time: clock(now - verbs.heldSince) })
    return call.muted ? t('desk.call.muted') : null
  }
  return (
    <>
      <span className={cx(s.mark)}>
        {held ? <Pause size={18} aria-hidden="true" /> : <Phone size={18} aria-hidden="true" />}
      </span>
      <Who
        title={person ?? number}
        under={
          <>
            {calm ? (person ? number : call.queue?.name) : state}
            {calm && person && call.queue ? <span className={cx(s.wide)}>, {call.queue.name}</span> : null}
            {calm && diverted ? <span className={cx(s.wide)}>, {diverted}</span> : null}
            {lineTold ? <LineNow word={line} /> : null}
          </>
        }
      />
      <span className={cx(s.timer, 'n')} role="timer" aria-label={t('desk.call.duration')}>
        {clock(call.answeredAt ? now - Date.parse(call.answeredAt) : 0)}
      </span>
      <div className={cx(s.verbs)}>
        <AltCap />
        <Verb
          id="mute"
          icon={call.muted ? <MicOff size={18} aria-hidden="true" /> : <Mic size={18} aria-hidden="true" />}
          label={t('desk.call.mute')}
          folded="narrow"
          pressed={call.muted}
          disabled={!talking}
          onPress={verbs.mute}
        />
        <Verb
          id="hold"
          icon={resting ? <Play size={18} aria-hidden="true" /> : <Pause size={18} aria-hidden="true" />}
          label={resting ? t('desk.call.resume') : t('desk.call.hold')}
          pressed={resting}
          disabled={!talking}
          onPress={verbs.hold}
        />
        <Verb
          ref={transferButton}
          id="transfer"
          icon={<ArrowRight size={18} aria-hidden="true" />}
          label={t('calls.verb.transfer')}
          says={t('calls.transfer.title')}
          disabled={!talking}
          onPress={verbs.openTransfer}
        />
        <Verb
          ref={keypadButton}
          id="keypad"
          icon={<Grid3x3 size={18} aria-hidden="true" />}
          label={t('calls.verb.keypad')}
          folded
          disabled={!active}
          onPress={() => openPanel('keypad', call.id)}
        />
        <Verb
          id="hangUp"
          icon={<PhoneOff size={18} aria-hidden="true" />}
          label={t('desk.call.hangUp')}
          tone="end"
          disabled={verbs.spectator}
          onPress={verbs.hangUp}
        />
      </div>
      <CallPanels
        call={call}
        who={person ?? number}
        verbs={verbs}
        transferRef={transferButton}
        keypadRef={keypadButton}
      />
    </>
  )
}
