import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Notify } from '#contract/commands/appointment.ts'
import type { VisitPlace } from '#contract/desk.ts'
import type { MessageChannel } from '#contract/domain/message.ts'
import { useOfficeFormat } from '../../host/use-office-format.ts'
import { useUnsentChannels } from '../../host/use-unsent-channels.ts'
import { announce } from '../../ui/announce.tsx'
import { Button } from '../../ui/button.tsx'
import { proposed, proposedOfChange, stillChosen } from '../../ui/channels.ts'
import { cx } from '../../ui/cx.ts'
import { clock } from '../../ui/format.ts'
import { useShortcut } from '../../ui/shortcuts.ts'
import { TellBy } from '../../ui/tell-by.tsx'
import s from './booking.module.css'
import type { HoldState } from './use-hold.ts'

const lastMinute = 60_000

/** The chosen place, always at the foot of the sheet: for how long it is kept, who is told how, and the one key that confirms it. */
export function Chosen({
  visit,
  office,
  channels,
  who,
  hold,
  away,
  moves,
  ringing,
  sending,
  notify,
  onNotify,
  onConfirm,
  onRenew,
  onAgain,
  onLeave,
}: {
  visit: VisitPlace
  office: string
  /** By which whoever it is for can be told. */
  channels: MessageChannel[]
  who: string | null
  hold: HoldState
  /** The CRM does not answer now, whatever it has kept before. */
  away: boolean
  moves: boolean
  ringing: boolean
  sending: boolean
  notify: Notify | null
  onNotify: (notify: Notify) => void
  onConfirm: (notify: Notify) => void
  onRenew: () => void
  onAgain: () => void
  onLeave: () => void
}) {
  const { t } = useTranslation()
  const format = useOfficeFormat()(visit.officeId)
  const unsent = useUnsentChannels()
  const told = stillChosen(notify, channels) ?? (moves ? proposedOfChange : proposed)(channels, unsent)
  const requestOnly = hold.kind === 'unkept' || away
  const ready = !ringing && !sending && hold.kind !== 'lost'
  const [wanted, setWanted] = useState(false)
  const asked = hold.kind === 'asking'
  const lost = hold.kind === 'lost'
  const confirm = () => {
    if (asked) setWanted(true)
    else onConfirm(told.length === 0 ? ['none'] : told)
  }
  const latest = useRef(confirm)
  latest.current = confirm
  // Confirmed while the CRM was still being asked for the place: done with its answer, unless somebody else has it.
  useEffect(() => {
    if (!wanted || asked) return
    setWanted(false)
    if (!lost) latest.current()
  }, [wanted, asked, lost])
  useShortcut('confirm', confirm, ready)
  useShortcut(
    'keepLonger',
    hold.kind === 'held' ? onRenew : onAgain,
    hold.kind === 'held' || hold.kind === 'over' || hold.kind === 'unkept',
  )
  useSaid(hold)
  return (
    <section className={cx(s.chosen)} aria-label={t('work.booking.selected')}>
      <div className={cx(s.place)}>
        <b className="n">
          {format.longDay(visit.startsAt)}, {format.times(visit.startsAt, visit.endsAt)}
        </b>
        <Kept hold={hold} onRenew={onRenew} onAgain={onAgain} />
      </div>
      <p>
        {office}, {who ? t('work.booking.forWhom', { name: who }) : t('work.booking.forNobody')}.{' '}
        {ringing
          ? t('work.booking.ringing')
          : requestOnly
            ? t(hold.kind === 'held' ? 'work.booking.keptAway' : 'work.booking.pendingWords')
            : null}
      </p>
      {channels.length > 0 ? (
        <TellBy
          label={t('work.booking.tell')}
          channels={channels}
          unsent={unsent}
          told={told}
          onTold={onNotify}
        />
      ) : (
        <p>{t('work.booking.tellNobody')}</p>
      )}
      <div className={cx(s.verbs)}>
        <Button
          look="primary"
          shortcut="confirm"
          onPress={confirm}
          isDisabled={!ready}
          isPending={sending || wanted}
        >
          {requestOnly
            ? t('work.booking.request')
            : moves
              ? t('work.booking.confirmMove')
              : t('work.booking.confirm')}
        </Button>
        <Button look="quiet" onPress={onLeave}>
          {t('work.booking.leave')}
        </Button>
      </div>
    </section>
  )
}

function Kept({ hold, onRenew, onAgain }: { hold: HoldState; onRenew: () => void; onAgain: () => void }) {
  const { t } = useTranslation()
  if (hold.kind === 'asking') return <span className={cx(s.kept)}>{t('work.booking.keeping')}</span>
  if (hold.kind === 'over' || hold.kind === 'unkept') {
    return (
      <span className={cx(s.kept, s.amber)}>
        {hold.kind === 'over' ? t('work.booking.keptOver') : t('work.booking.unkept')}
        <Button look="link" size="small" shortcut="keepLonger" onPress={onAgain}>
          {hold.kind === 'over' ? t('work.booking.keepAgain') : t('work.booking.tryAgain')}
        </Button>
      </span>
    )
  }
  if (hold.kind !== 'held') return null
  return (
    <span className={cx(s.kept, hold.left < lastMinute && s.amber)}>
      <span className="n" role="timer" aria-label={t('work.booking.kept')}>
        {t('work.booking.keptFor', { time: clock(hold.left) })}
      </span>
      <Button look="link" size="small" shortcut="keepLonger" onPress={onRenew}>
        {t('work.booking.keepLonger')}
      </Button>
    </span>
  )
}

/** Told once when the last minute begins, once when it is over and once when nothing can be kept; a clock that is read out every second is noise. */
function useSaid(hold: HoldState): void {
  const { t } = useTranslation()
  const said = useRef<'nothing' | 'minute' | 'over' | 'unkept'>('nothing')
  const now =
    hold.kind === 'over' || hold.kind === 'unkept'
      ? hold.kind
      : hold.kind === 'held' && hold.left < lastMinute
        ? 'minute'
        : 'nothing'
  useEffect(() => {
    if (said.current === now) return
    said.current = now
    if (now === 'minute') announce(t('work.booking.saidMinute'))
    if (now === 'over') announce(t('work.booking.keptOver'))
    if (now === 'unkept') announce(t('work.booking.unkept'))
  }, [now, t])
}
