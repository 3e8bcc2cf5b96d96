import { useQuery } from '@tanstack/react-query'
import {
  ArrowUp,
  CalendarDays,
  Check,
  Eye,
  FileText,
  Phone,
  ShieldCheck,
  TriangleAlert,
  User,
} from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { CommandName } from '#contract/commands/registry.ts'
import type { OutboxEntry, Work } from '#contract/desk.ts'
import { formatNumber } from '#contract/domain/phone-number.ts'
import { useDesk } from '../../host/desk.tsx'
import { toFault } from '../../host/fault.ts'
import { useLive } from '../../host/live-store.ts'
import { useReferenceNames } from '../../host/use-reference-names.ts'
import { announce } from '../../ui/announce.tsx'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { useFaultText } from '../../ui/fault-text.tsx'
import { clock } from '../../ui/format.ts'
import { Waiting } from '../../ui/notice.tsx'
import { useNow } from '../../ui/now.ts'
import { Tag } from '../../ui/tag.tsx'
import { useFormat } from '../../ui/use-format.ts'
import { asksForChoice, inOrder } from './order.ts'
import s from './outbox.module.css'

const icons: Record<CommandName, ReactNode> = {
  'contact.open': <Phone size={17} aria-hidden="true" />,
  'contact.identify': <ShieldCheck size={17} aria-hidden="true" />,
  'contact.close': <Phone size={17} aria-hidden="true" />,
  'citizen.create': <User size={17} aria-hidden="true" />,
  'citizen.read': <Eye size={17} aria-hidden="true" />,
  'ticket.open': <FileText size={17} aria-hidden="true" />,
  'appointment.book': <CalendarDays size={17} aria-hidden="true" />,
  'appointment.cancel': <CalendarDays size={17} aria-hidden="true" />,
}

const isSlow = ({ at, state }: OutboxEntry, now: number): boolean =>
  state === 'pending' && now - Date.parse(at) > 15_000

/** What waits for the CRM, in words; what it refused stands on top with ways out. */
export function Outbox({
  onOtherSlots,
  quiet = false,
}: {
  /** Books again in the contact it came from, while that is open. */
  onOtherSlots: (contactId: string, serviceId: string) => void
  /** Below something else: says nothing when nothing waits. */
  quiet?: boolean
}) {
  const { t } = useTranslation()
  const say = useFaultText()
  const { queries } = useDesk()
  const { data, error } = useQuery(queries.outbox)
  const crm = useLive((state) => state.truth?.crm)
  const now = useNow()
  const work = useQuery(queries.work).data ?? []
  if (!data) {
    if (quiet) return null
    return error ? (
      <p className={cx(s.none)}>{say(toFault(error))}</p>
    ) : (
      <Waiting label={t('common.loading')} />
    )
  }
  const { entries, reads } = inOrder(data)
  // What goes out within moments is not worth a glance.
  if (
    quiet &&
    crm?.state === 'reachable' &&
    !data.some((entry) => asksForChoice(entry) || isSlow(entry, now))
  )
    return null
  if (data.length === 0) return quiet ? null : <p className={cx(s.none)}>{t('work.outbox.none')}</p>
  const refused = entries.filter(asksForChoice).length
  return (
    <section aria-labelledby="outbox">
      <div className={cx(s.head)}>
        <h2 id="outbox">
          {t('work.outbox.head', { count: data.length })}
          {refused > 0 ? `, ${t('work.outbox.headRefused', { count: refused })}` : ''}
        </h2>
        <NextTry />
      </div>
      <ul className={cx(s.queue)}>
        {entries.map((entry) => (
          <Entry
            key={entry.commandId}
            entry={entry}
            work={work.find(({ contactId }) => contactId === entry.contactId) ?? null}
            onOtherSlots={onOtherSlots}
          />
        ))}
        {reads > 0 ? (
          <li>
            {icons['citizen.read']}
            <div>
              <b className="n">{t('work.outbox.reads', { count: reads })}</b>
              <p>{t('work.outbox.detail.citizen.read')}</p>
            </div>
            <Tag icon={<ArrowUp aria-hidden="true" />}>{t('work.outbox.state.pending')}</Tag>
          </li>
        ) : null}
      </ul>
    </section>
  )
}

function NextTry() {
  const { t } = useTranslation()
  const now = useNow()
  const crm = useLive((state) => state.truth?.crm)
  return (
    <span className={cx(s.small, 'n')}>
      {t('work.outbox.safe')}{' '}
      {crm?.state === 'away' && crm.retryAt
        ? t('work.outbox.retryIn', { time: clock(Date.parse(crm.retryAt) - now) })
        : null}
    </span>
  )
}

function useEntryWords(): (entry: OutboxEntry) => string {
  const { t } = useTranslation()
  const format = useFormat()
  const names = useReferenceNames()
  return ({ request }) => {
    switch (request.name) {
      case 'contact.open':
        return request.args.callerNumber
          ? t('work.outbox.name.contact.openNumber', { number: formatNumber(request.args.callerNumber) })
          : t('work.outbox.name.contact.open')
      case 'contact.close':
        return t('work.outbox.name.contact.close', {
          outcome: t(`work.wrapUp.outcome.${request.args.outcome}`),
        })
      case 'citizen.create':
        return t('work.outbox.name.citizen.create', {
          name: `${request.args.givenName} ${request.args.familyName}`,
        })
      case 'ticket.open':
        return t('work.outbox.name.ticket.open', { topic: names.topic(request.args.topicId) })
      case 'appointment.book':
        return t('work.outbox.name.appointment.book', {
          service: names.service(request.args.serviceId),
          when: `${format.shortDay(request.args.startsAt)} ${format.time(request.args.startsAt)}`,
          office: names.office(request.args.officeId),
        })
      case 'contact.identify':
        return t('work.outbox.name.contact.identify')
      case 'citizen.read':
        return t('work.outbox.name.citizen.read')
      case 'appointment.cancel':
        return t('work.outbox.name.appointment.cancel')
    }
  }
}

function useDetail(): (name: CommandName) => string {
  const { t } = useTranslation()
  return (name) => {
    switch (name) {
      case 'contact.open':
        return t('work.outbox.detail.contact.open')
      case 'contact.identify':
        return t('work.outbox.detail.contact.identify')
      case 'contact.close':
        return t('work.outbox.detail.contact.close')
      case 'citizen.create':
        return t('work.outbox.detail.citizen.create')
      case 'citizen.read':
        return t('work.outbox.detail.citizen.read')
      case 'ticket.open':
        return t('work.outbox.detail.ticket.open')
      case 'appointment.book':
        return t('work.outbox.detail.appointment.book')
      case 'appointment.cancel':
        return t('work.outbox.detail.appointment.cancel')
    }
  }
}

function Entry({
  entry,
  work,
  onOtherSlots,
}: {
  entry: OutboxEntry
  work: Work | null
  onOtherSlots: (contactId: string, serviceId: string) => void
}) {
  const { t } = useTranslation()
  const format = useFormat()
  const say = useFaultText()
  const names = useReferenceNames()
  const words = useEntryWords()
  const detail = useDetail()
  const user = useLive((state) => (state.session?.phase === 'signed-in' ? state.session.user.name : null))
  const { request, state, fault } = entry
  const lost = asksForChoice(entry)
  return (
    <li className={cx(lost && s.conflict)}>
      {lost ? <TriangleAlert size={18} aria-hidden="true" /> : icons[request.name]}
      <div>
        <b className="n">
          {lost && request.name === 'appointment.book'
            ? t('work.outbox.conflictBooking', {
                when: `${format.shortDay(request.args.startsAt)} ${format.time(request.args.startsAt)}`,
                office: names.office(request.args.officeId),
              })
            : words(entry)}
        </b>
        <p className="n">
          {lost && fault ? `${say(fault)} ` : null}
          {lost && request.name === 'appointment.book' ? t('work.outbox.conflictBody') : null}
          {lost ? null : `${detail(request.name)}. ${format.time(entry.at)}`}
          {entry.authorName !== user ? `, ${t('work.outbox.by', { author: entry.authorName })}` : null}
        </p>
      </div>
      <Tag
        tone={lost ? 'red' : 'plain'}
        icon={
          lost ? (
            <TriangleAlert aria-hidden="true" />
          ) : state === 'sent' ? (
            <Check aria-hidden="true" />
          ) : (
            <ArrowUp aria-hidden="true" />
          )
        }
      >
        {t(`work.outbox.state.${state}`)}
      </Tag>
      {lost ? <WaysOut entry={entry} work={work} onOtherSlots={onOtherSlots} /> : null}
    </li>
  )
}

function WaysOut({
  entry,
  work,
  onOtherSlots,
}: {
  entry: OutboxEntry
  work: Work | null
  onOtherSlots: (contactId: string, serviceId: string) => void
}) {
  const { t } = useTranslation()
  const say = useFaultText()
  const { desk, queries } = useDesk()
  const { contactId, request, commandId } = entry
  // The contact may be closed: its row still knows the number.
  const contact = useQuery({ ...queries.made(contactId ?? ''), enabled: contactId !== null }).data?.contact
  const number = work?.remote.number ?? contact?.callerNumber ?? null
  const failed = (error: unknown) => announce(say(toFault(error)), 'urgent')
  return (
    <div className={cx(s.out)}>
      {request.name === 'appointment.book' && work ? (
        <Button size="small" onPress={() => onOtherSlots(work.contactId, request.args.serviceId)}>
          {t('work.outbox.otherSlots')}
        </Button>
      ) : null}
      {number ? (
        <Button
          size="small"
          icon={<Phone size={15} aria-hidden="true" />}
          onPress={() => void desk.calls.dial({ number }).catch(failed)}
        >
          {t('work.outbox.callBack')}
        </Button>
      ) : null}
      <Button size="small" look="quiet" onPress={() => void desk.outbox.dismiss({ commandId }).catch(failed)}>
        {t('work.outbox.dismiss')}
      </Button>
    </div>
  )
}
