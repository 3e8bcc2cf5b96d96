import { useInfiniteQuery } from '@tanstack/react-query'
import { Phone, PhoneForwarded, PhoneIncoming, PhoneMissed, PhoneOff, PhoneOutgoing } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import { ToggleButton, ToggleButtonGroup } from 'react-aria-components'
import type { CallRecord, CallRecordKind } from '#contract/domain/call-record.ts'
import { useDesk } from '../../host/desk.tsx'
import { toFault } from '../../host/fault.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { useFaultText } from '../../ui/fault-text.tsx'
import { clock } from '../../ui/format.ts'
import headings from '../../ui/heading.module.css'
import { Empty, Notice, Waiting } from '../../ui/notice.tsx'
import { useMinute } from '../../ui/now.ts'
import { useFormat } from '../../ui/use-format.ts'
import s from './calls.module.css'
import { seeCalls } from './seen.ts'
import { useRemote, useTargetName } from './use-who.ts'

const icons: Record<CallRecordKind, ReactNode> = {
  missed: <PhoneMissed size={18} aria-hidden="true" />,
  rejected: <PhoneOff size={18} aria-hidden="true" />,
  elsewhere: <PhoneForwarded size={18} aria-hidden="true" />,
  answered: <PhoneIncoming size={18} aria-hidden="true" />,
  dialled: <PhoneOutgoing size={18} aria-hidden="true" />,
}
const filters = ['missed', 'answered', 'dialled', 'rejected'] as const
type Filter = (typeof filters)[number] | 'all'

/** The operator's own calls, the newest first. */
export function CallList({
  canDial,
  onDial,
  onRedial,
}: {
  canDial: boolean
  onDial: (number: string) => void
  onRedial: () => void
}) {
  const { t } = useTranslation()
  const say = useFaultText()
  const { queries } = useDesk()
  const history = useInfiniteQuery(queries.callHistory)
  const [filter, setFilter] = useState<Filter>('all')
  const all = history.data?.pages.flat() ?? []
  const shown = all.filter(({ kind }) => filter === 'all' || kind === filter)
  const newest = all[0]?.endedAt
  useEffect(() => {
    if (newest) seeCalls(newest)
  }, [newest])
  return (
    <div>
      <h1 className={cx(headings.page, s.title)}>{t('calls.list.title')}</h1>
      <p className={cx(s.lead)}>{t('calls.list.about')}</p>
      <div className={cx(s.bar)}>
        <ToggleButtonGroup
          className={cx(s.filters)}
          aria-label={t('calls.list.filter')}
          selectionMode="single"
          disallowEmptySelection
          selectedKeys={[filter]}
          onSelectionChange={(keys) => {
            const [key] = keys
            setFilter(filters.find((one) => one === key) ?? 'all')
          }}
        >
          <ToggleButton id="all" className={cx(s.filter)}>
            {t('calls.list.all')}
          </ToggleButton>
          {filters.map((one) => (
            <ToggleButton key={one} id={one} className={cx(s.filter)}>
              {t(`calls.list.only.${one}`)}
            </ToggleButton>
          ))}
        </ToggleButtonGroup>
        {all.some(({ kind }) => kind === 'dialled') ? (
          <Button size="small" look="quiet" isDisabled={!canDial} onPress={onRedial}>
            {t('calls.list.redial')}
          </Button>
        ) : null}
      </div>
      {history.isPending ? <Waiting label={t('calls.list.loading')} rows={6} /> : null}
      {history.error ? (
        <Notice tone="red" alert title={t('calls.list.failed')}>
          {say(toFault(history.error))}
        </Notice>
      ) : null}
      {history.data && shown.length === 0 ? (
        <Empty>{all.length === 0 ? t('calls.list.empty') : t('calls.list.none')}</Empty>
      ) : null}
      <ul className={cx(s.calls)} aria-label={t('calls.list.title')}>
        {shown.map((record) => (
          <Row key={record.callId} record={record} canDial={canDial} onDial={onDial} />
        ))}
      </ul>
      {history.hasNextPage ? (
        <Button
          size="small"
          isPending={history.isFetchingNextPage}
          onPress={() => void history.fetchNextPage()}
        >
          {t('calls.list.more')}
        </Button>
      ) : null}
    </div>
  )
}

function Row({
  record,
  canDial,
  onDial,
}: {
  record: CallRecord
  canDial: boolean
  onDial: (number: string) => void
}) {
  const { t } = useTranslation()
  const format = useFormat()
  const now = useMinute()
  const remote = useRemote()
  const target = useTargetName()
  const { kind, queue, answeredAt, waitSeconds, talkSeconds, transferredTo, endReason } = record
  const who = remote(record.remote)
  const { number, displayName } = record.remote
  const facts = [
    queue?.name,
    kind === 'dialled' ? null : t('calls.list.wait', { time: clock(waitSeconds * 1000) }),
    answeredAt
      ? t('calls.list.talk', { time: clock(talkSeconds * 1000) })
      : kind === 'dialled'
        ? t('calls.list.unanswered')
        : null,
    transferredTo ? t('calls.list.to', { to: target(transferredTo) }) : null,
    endReason === 'desk-stopped' ? t('calls.list.deskStopped') : null,
    record.practice ? t('calls.list.practice') : null,
  ]
  return (
    <li className={cx(s.record, kind === 'missed' && s.missed)}>
      {icons[kind]}
      <div>
        <p>
          <b className="n">{who}</b>
          {displayName && displayName !== who && displayName !== number ? <span> {displayName}</span> : null}
          <span className={cx(s.kind)}>{t(`calls.list.kind.${kind}`)}</span>
        </p>
        <p className={cx(s.facts, 'n')}>{facts.filter(Boolean).join(', ')}</p>
      </div>
      <span className={cx(s.when, 'n')}>{format.when(record.startedAt, now)}</span>
      {number ? (
        <Button
          size="small"
          icon={<Phone size={15} aria-hidden="true" />}
          isDisabled={!canDial}
          aria-label={t('calls.list.callBack', { who })}
          onPress={() => onDial(number)}
        >
          {t('calls.list.call')}
        </Button>
      ) : (
        <span />
      )}
    </li>
  )
}
