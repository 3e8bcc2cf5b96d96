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
import type { TicketActionName } from '#contract/domain/ticket-act.ts'
import { useLive } from '../../host/live-store.ts'
import { useReferenceNames } from '../../host/use-reference-names.ts'
import { cx } from '../../ui/cx.ts'
import { useFaultText } from '../../ui/fault-text.tsx'
import { Tag } from '../../ui/tag.tsx'
import { useFormat } from '../../ui/use-format.ts'
import { asksForChoice } from './order.ts'
import s from './outbox.module.css'
import { type Reopen, WaysOut } from './ways-out.tsx'

export const icons: Record<CommandName, ReactNode> = {
  'contact.open': <Phone size={17} aria-hidden="true" />,
  'contact.identify': <ShieldCheck size={17} aria-hidden="true" />,
  'contact.close': <Phone size={17} aria-hidden="true" />,
  'citizen.create': <User size={17} aria-hidden="true" />,
  'citizen.read': <Eye size={17} aria-hidden="true" />,
  'ticket.open': <FileText size={17} aria-hidden="true" />,
  'ticket.move': <FileText size={17} aria-hidden="true" />,
  'ticket.note': <FileText size={17} aria-hidden="true" />,
  'ticket.tell': <FileText size={17} aria-hidden="true" />,
  'ticket.hand-over': <FileText size={17} aria-hidden="true" />,
  'ticket.assign': <FileText size={17} aria-hidden="true" />,
  'ticket.suspend': <FileText size={17} aria-hidden="true" />,
  'ticket.resume': <FileText size={17} aria-hidden="true" />,
  'ticket.extend': <FileText size={17} aria-hidden="true" />,
  'ticket.link': <FileText size={17} aria-hidden="true" />,
  'ticket.classify': <FileText size={17} aria-hidden="true" />,
  'appointment.book': <CalendarDays size={17} aria-hidden="true" />,
  'appointment.reschedule': <CalendarDays size={17} aria-hidden="true" />,
  'appointment.cancel': <CalendarDays size={17} aria-hidden="true" />,
  'appointment.confirm': <CalendarDays size={17} aria-hidden="true" />,
  'appointment.no-show': <CalendarDays size={17} aria-hidden="true" />,
  'appointment.attended': <CalendarDays size={17} aria-hidden="true" />,
}

type ActionCommand = Extract<CommandName, `ticket.${TicketActionName}`>
const ticketAction = (name: ActionCommand) => name.slice('ticket.'.length) as TicketActionName

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
      case 'ticket.move':
      case 'ticket.note':
      case 'ticket.tell':
      case 'ticket.hand-over':
      case 'ticket.assign':
      case 'ticket.suspend':
      case 'ticket.resume':
      case 'ticket.extend':
      case 'ticket.link':
      case 'ticket.classify':
        return t(`work.outbox.name.ticket.${ticketAction(request.name)}`)
      case 'appointment.book':
        return t('work.outbox.name.appointment.book', {
          service: names.services(request.args.serviceIds),
          when: `${format.shortDay(request.args.startsAt)} ${format.time(request.args.startsAt)}`,
          office: names.office(request.args.officeId),
        })
      case 'contact.identify':
        return t('work.outbox.name.contact.identify')
      case 'citizen.read':
        return t('work.outbox.name.citizen.read')
      case 'appointment.reschedule':
        return t('work.outbox.name.appointment.reschedule', {
          when: `${format.shortDay(request.args.startsAt)} ${format.time(request.args.startsAt)}`,
          office: names.office(request.args.officeId),
        })
      case 'appointment.cancel':
        return t('work.outbox.name.appointment.cancel')
      case 'appointment.confirm':
        return t('work.outbox.name.appointment.confirm')
      case 'appointment.no-show':
        return t('work.outbox.name.appointment.no-show')
      case 'appointment.attended':
        return t('work.outbox.name.appointment.attended')
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
      case 'ticket.move':
      case 'ticket.note':
      case 'ticket.tell':
      case 'ticket.hand-over':
      case 'ticket.assign':
      case 'ticket.suspend':
      case 'ticket.resume':
      case 'ticket.extend':
      case 'ticket.link':
      case 'ticket.classify':
        return t('work.outbox.detail.ticket.action')
      case 'appointment.book':
        return t('work.outbox.detail.appointment.book')
      case 'appointment.reschedule':
        return t('work.outbox.detail.appointment.reschedule')
      case 'appointment.cancel':
        return t('work.outbox.detail.appointment.cancel')
      case 'appointment.confirm':
      case 'appointment.no-show':
      case 'appointment.attended':
        return t('work.outbox.detail.appointment.state')
    }
  }
}

/** One command as the operator reads it; with ways out when the CRM did not take it. */
export function Entry({
  entry,
  work,
  reopen,
}: {
  entry: OutboxEntry
  work: Work | null
  reopen: Reopen | null
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
      {lost && reopen ? <WaysOut entry={entry} work={work} reopen={reopen} /> : null}
    </li>
  )
}
