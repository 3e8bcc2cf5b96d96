import { ArrowLeftRight, ArrowRight, Mic, MicOff, PhoneOff, Split, UsersRound } from 'lucide-react'
import type { Call } from '#contract/domain/call.ts'
import { hasVoice } from '#contract/domain/call-machine.ts'
import { fullName } from '#contract/domain/citizen.ts'
import { useRemote } from '../features/calls/use-who.ts'
import { useTranslation } from '../i18n/use-translation.ts'
import { cx } from '../ui/cx.ts'
import { clock } from '../ui/format.ts'
import { useNow } from '../ui/now.ts'
import { useShortcut } from '../ui/shortcuts.ts'
import type { Aim } from './aim.ts'
import s from './call.module.css'
import { AltCap, Verb } from './call-parts.tsx'
import type { Subject } from './subject.ts'
import { useCallVerbs } from './use-call-verbs.ts'

/** Two calls about one contact: each has its own line, in its own order, whoever is spoken with. Only the words and marks change. */
export function ConsultingCall({
  caller,
  colleague,
  subject,
  aim,
}: {
  caller: Call
  colleague: Call
  subject: Subject
  aim: Aim
}) {
  const { t } = useTranslation()
  const remote = useRemote()
  const verbs = useCallVerbs(caller, aim)
  const withColleague = useCallVerbs(colleague)
  const who = subject.story ? fullName(subject.story.citizen) : remote(caller.remote)
  const to = remote(colleague.remote)
  const dialling = colleague.state === 'dialling' || colleague.state === 'connecting'
  const together = caller.conference
  const going = caller.changing === 'transfer'
  const changing = caller.changing !== null || colleague.changing !== null
  const free = !verbs.spectator && !going
  const ready = free && !dialling
  const mutes = !verbs.spectator && !dialling
  const muting = hasVoice(colleague) ? withColleague : verbs
  const muted = (hasVoice(colleague) ? colleague : caller).muted
  useShortcut('mute', muting.mute, mutes)
  useShortcut('swap', verbs.swap, ready && !together && !changing)
  useShortcut('conference', verbs.conference, ready && !changing)
  useShortcut('complete', verbs.complete, ready)
  useShortcut('cancelConsult', verbs.cancelConsult, free)
  useShortcut('hangUp', verbs.hangUp, going && !verbs.spectator)
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: two lines of one state, not fields */}
      <div className={cx(s.pair)} role="group" aria-label={t('calls.consult.label')}>
        <Party call={colleague} name={to} conference={together} going={going} />
        <Party call={caller} name={who} conference={together} going={going} />
      </div>
      <div className={cx(s.verbs, s.twoCalls)}>
        <AltCap />
        <Verb
          id="mute"
          icon={muted ? <MicOff size={18} aria-hidden="true" /> : <Mic size={18} aria-hidden="true" />}
          label={t('desk.call.mute')}
          pressed={muted}
          folded
          disabled={!mutes}
          onPress={muting.mute}
        />
        <Verb
          id="swap"
          icon={<ArrowLeftRight size={18} aria-hidden="true" />}
          label={t('calls.verb.swap')}
          says={t('calls.says.swap', { who: hasVoice(colleague) ? who : to })}
          disabled={!ready || together || changing}
          onPress={verbs.swap}
        />
        <Verb
          id="conference"
          icon={
            together ? <Split size={18} aria-hidden="true" /> : <UsersRound size={18} aria-hidden="true" />
          }
          label={t(together ? 'calls.verb.split' : 'calls.verb.conference')}
          says={together ? t('calls.says.split', { who }) : t('calls.says.conference')}
          disabled={!ready || changing}
          onPress={verbs.conference}
        />
        <Verb
          id="complete"
          icon={<ArrowRight size={18} aria-hidden="true" />}
          label={t(together ? 'calls.verb.leave' : 'calls.verb.complete')}
          says={together ? t('calls.says.leave') : t('calls.says.complete', { who, to })}
          tone="go"
          disabled={!ready}
          onPress={verbs.complete}
        />
        {going ? (
          <Verb
            id="hangUp"
            icon={<PhoneOff size={18} aria-hidden="true" />}
            label={t('desk.call.hangUp')}
            says={t('calls.says.hangUpGoing', { who })}
            tone="end"
            disabled={verbs.spectator}
            onPress={verbs.hangUp}
          />
        ) : (
          <Verb
            id="cancelConsult"
            icon={<PhoneOff size={18} aria-hidden="true" />}
            label={t('calls.verb.cancel')}
            says={t('calls.says.cancel', { who, to })}
            tone="end"
            disabled={!free}
            onPress={verbs.cancelConsult}
          />
        )}
      </div>
    </>
  )
}

function Party({
  call,
  name,
  conference,
  going,
}: {
  call: Call
  name: string
  conference: boolean
  going: boolean
}) {
  const { t } = useTranslation()
  const now = useNow()
  const { heldSince } = useCallVerbs(call)
  const held = call.state === 'held' && call.changing !== 'resume'
  const calling = call.state === 'dialling' || call.state === 'connecting'
  const lost = call.media === 'lost' && !held && !calling
  const words = going
    ? t('calls.consult.going')
    : calling
      ? t(`calls.consult.${call.progress ?? 'calling'}`)
      : lost
        ? t('calls.consult.lost')
        : conference
          ? t('calls.consult.both')
          : held
            ? t('calls.consult.held')
            : t('calls.consult.speaking')
  const since = held ? heldSince : call.answeredAt ? Date.parse(call.answeredAt) : Date.parse(call.startedAt)
  return (
    <p
      className={cx(s.party, held ? s.partyHeld : calling ? s.partyCalls : lost ? s.partyLost : s.partyTalks)}
    >
      <span>{words}</span>
      <b className="n">{name}</b>
      <span className="n" role="timer">
        {since ? clock(now - since) : ''}
      </span>
    </p>
  )
}
