import { useQuery } from '@tanstack/react-query'
import { CalendarClock, Check, Clock } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { Label, Radio, RadioGroup } from 'react-aria-components'
import { useTranslation } from 'react-i18next'
import type { Work } from '#contract/desk.ts'
import { fullName } from '#contract/domain/citizen.ts'
import type { ShownCitizen } from '#contract/domain/citizen-shown.ts'
import { firstDue, lawBook } from '#contract/domain/reply-term.ts'
import type { Ticket } from '#contract/domain/ticket.ts'
import { ticketKinds } from '#contract/domain/ticket-kind.ts'
import type { FaultData } from '#contract/errors.ts'
import { actingFor } from '../../host/acting-for.ts'
import { useDesk, useDraft } from '../../host/desk.tsx'
import { toFault } from '../../host/fault.ts'
import { useReferenceNames } from '../../host/use-reference-names.ts'
import { useTopics } from '../../host/use-topics.ts'
import { announce } from '../../ui/announce.tsx'
import { Button } from '../../ui/button.tsx'
import choices from '../../ui/choice.module.css'
import { cx } from '../../ui/cx.ts'
import { FaultNotice } from '../../ui/fault-notice.tsx'
import { useFaultText } from '../../ui/fault-text.tsx'
import { Field } from '../../ui/field.tsx'
import { Finder } from '../../ui/finder.tsx'
import { Notice, Waiting } from '../../ui/notice.tsx'
import { useMinute } from '../../ui/now.ts'
import { useShortcut } from '../../ui/shortcuts.ts'
import { Tag } from '../../ui/tag.tsx'
import { useFormat } from '../../ui/use-format.ts'
import s from './request.module.css'

/** A request the city must answer. What is typed is part of the draft until the outbox has it. */
export function Request({
  work,
  citizen,
  outside,
}: {
  work: Work
  citizen: ShownCitizen | null
  /** What there is to do for one that went to a body outside. */
  outside: (ticket: Ticket) => ReactNode
}) {
  const [openedId, setOpenedId] = useState<string | null>(null)
  return openedId ? (
    <Opened work={work} ticketId={openedId} outside={outside} onAnother={() => setOpenedId(null)} />
  ) : (
    <RequestForm work={work} citizen={citizen} onOpened={setOpenedId} />
  )
}

function RequestForm({
  work,
  citizen,
  onOpened,
}: {
  work: Work
  citizen: ShownCitizen | null
  onOpened: (ticketId: string) => void
}) {
  const { t } = useTranslation()
  const topics = useTopics()
  const format = useFormat()
  const { desk, queries } = useDesk()
  const { draft, keeper } = useDraft(work)
  const now = useMinute()
  const reference = useQuery(queries.reference).data
  const [tried, setTried] = useState(false)
  const [sending, setSending] = useState(false)
  const [fault, setFault] = useState<FaultData | null>(null)
  const { kind, topicId, text } = draft.ticket
  const set = (ticket: Partial<typeof draft.ticket>) =>
    keeper.edit((before) => ({ ...before, ticket: { ...before.ticket, ...ticket } }))
  const topic = topics.topic(topicId)
  const ringing = work.answeredAt === null && work.endedAt === null
  const whom = citizen
    ? t('work.request.forWhom', { name: fullName(citizen) })
    : draft.citizenId === null
      ? t('work.request.forNobody')
      : null

  const open = async () => {
    setTried(true)
    if (!kind || !topicId || text.trim() === '' || sending || ringing) return
    setSending(true)
    setFault(null)
    try {
      keeper.edit(actingFor(citizen?.id ?? null))
      await keeper.flush()
      const { ticketId } = await desk.work.openTicket({
        contactId: work.contactId,
        kind,
        topicId,
        text: text.trim(),
      })
      announce(t('desk.done.requested'))
      onOpened(ticketId)
    } catch (error) {
      setFault(toFault(error))
    } finally {
      setSending(false)
    }
  }
  useShortcut('confirm', () => void open(), !ringing && !sending)
  return (
    <>
      <div className={cx(s.scroll)}>
        <RadioGroup
          value={kind}
          onChange={(value) => {
            const next = ticketKinds.find((one) => one === value)
            if (next) set({ kind: next })
          }}
          isInvalid={tried && kind === null}
        >
          <Label className={cx(s.label)}>{t('work.request.kindLabel')}</Label>
          <div className={cx(s.kinds)}>
            {ticketKinds.map((one) => (
              <Radio key={one} value={one} className={cx(choices.choice)}>
                {t(`work.request.kind.${one}`)}
              </Radio>
            ))}
          </div>
          {tried && kind === null ? <p className={cx(s.error)}>{t('work.request.needsKind')}</p> : null}
        </RadioGroup>
        {topic ? (
          <div>
            <span className={cx(s.label)}>{t('work.request.topic')}</span>
            <div className={cx(s.topic)}>
              <b>{topic.name}</b>
              <Button look="link" size="small" onPress={() => set({ topicId: null })}>
                {t('common.change')}
              </Button>
            </div>
          </div>
        ) : (
          <div>
            <Finder
              label={t('work.request.topic')}
              placeholder={t('work.request.topicPlaceholder')}
              none={t('work.request.topicNone')}
              items={topics.findable}
              onChoose={(id) => set({ topicId: id })}
            />
            {tried && !topicId ? <p className={cx(s.error)}>{t('work.request.needsTopic')}</p> : null}
          </div>
        )}
        <Field
          label={t('work.request.text')}
          placeholder={t('work.request.textPlaceholder')}
          rows={6}
          value={text}
          maxLength={8000}
          onChange={(value) => set({ text: value })}
          error={tried && text.trim() === '' ? t('work.request.needsText') : null}
        />
        <p className={cx(s.due)}>
          <CalendarClock size={16} aria-hidden="true" />
          <span>
            <b>
              {t('work.request.due', {
                date: format.dateLong(
                  firstDue(kind ?? 'information', new Date(now).toISOString(), reference?.rulebook ?? lawBook)
                    .dueOn,
                ),
              })}
              .
            </b>{' '}
            {t('work.request.dueNote')}
          </span>
        </p>
        <FaultNotice fault={fault} />
      </div>
      <div className={cx(s.foot)}>
        <Button
          look="primary"
          shortcut="confirm"
          onPress={() => void open()}
          isDisabled={ringing}
          isPending={sending}
        >
          {t('work.request.confirm')}
        </Button>
        <span className={cx(s.hint)}>{ringing ? t('work.request.ringing') : whom}</span>
      </div>
    </>
  )
}

/** The request as it stands, with its protocol as soon as the CRM gives one. */
function Opened({
  work,
  ticketId,
  outside,
  onAnother,
}: {
  work: Work
  ticketId: string
  outside: (ticket: Ticket) => ReactNode
  onAnother: () => void
}) {
  const { t } = useTranslation()
  const format = useFormat()
  const names = useReferenceNames()
  const say = useFaultText()
  const { queries } = useDesk()
  const { data, isFetching, isFetchedAfterMount } = useQuery({
    ...queries.made(work.contactId),
    refetchOnMount: 'always',
  })
  const outbox = useQuery(queries.outbox).data
  const ticket = data?.tickets.find(({ id }) => id === ticketId)
  const refusedNow = outbox?.some(
    ({ request, state }) =>
      request.name === 'ticket.open' &&
      request.args.id === ticketId &&
      (state === 'refused' || state === 'failed'),
  )
  // Also when it has been put away since.
  const [refused, setRefused] = useState(false)
  if (refusedNow && !refused) setRefused(true)
  if (!ticket && outbox && isFetchedAfterMount && !isFetching) {
    const isRefused = refused || refusedNow
    return (
      <div className={cx(s.plain)}>
        <Notice
          tone={isRefused ? 'red' : 'blue'}
          alert
          actions={
            <Button size="small" onPress={onAnother}>
              {t('work.request.another')}
            </Button>
          }
        >
          {isRefused
            ? say({ kind: 'conflict', code: 'crm-refused', params: {} })
            : t('work.request.elsewhere')}
        </Notice>
      </div>
    )
  }
  if (!ticket) {
    return (
      <div className={cx(s.plain)}>
        <Waiting label={t('common.loading')} />
      </div>
    )
  }
  return (
    <div className={cx(s.plain)}>
      <div role="status">
        <Tag
          tone={ticket.protocol ? 'green' : 'amber'}
          icon={ticket.protocol ? <Check aria-hidden="true" /> : <Clock aria-hidden="true" />}
        >
          {t('work.request.opened')}
        </Tag>
        <h2 className={cx(s.protocol, 'n')}>
          {ticket.protocol
            ? t('work.request.protocol', { protocol: ticket.protocol })
            : t('work.request.protocolComing')}
        </h2>
        <p className={cx(s.result)}>
          {t(`work.request.kind.${ticket.kind}`)}, {names.topic(ticket.topicId)}.{' '}
          {t('work.request.tellDue', { date: format.dateLong(ticket.dueOn) })}
          {ticket.reference ? ` ${t('work.tickets.reference', { reference: ticket.reference })}.` : null}
        </p>
      </div>
      {outside(ticket)}
      <Button size="small" onPress={onAnother}>
        {t('work.request.another')}
      </Button>
    </div>
  )
}
