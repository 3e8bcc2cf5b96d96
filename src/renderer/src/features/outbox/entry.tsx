import {
  ArrowUp,
  CalendarDays,
  Check,
  Eye,
  FileText,
  type LucideIcon,
  Phone,
  ShieldCheck,
  TriangleAlert,
  User,
} from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { CommandName } from '#contract/commands/registry.ts'
import type { OutboxEntry, Work } from '#contract/desk.ts'
import { formatNumber } from '#contract/domain/phone-number.ts'
import { type TicketActionName, ticketActions } from '#contract/domain/ticket-act.ts'
import type { FaultData } from '#contract/errors.ts'
import { useLive } from '../../host/live-store.ts'
import { useOfficeFormat } from '../../host/use-office-format.ts'
import { useReferenceNames } from '../../host/use-reference-names.ts'
import { cx } from '../../ui/cx.ts'
import { useFaultText } from '../../ui/fault-text.tsx'
import { Tag } from '../../ui/tag.tsx'
import { useFormat } from '../../ui/use-format.ts'
import { asksForChoice } from './order.ts'
import s from './outbox.module.css'
import { type Reopen, WaysOut } from './ways-out.tsx'

const icons = { contact: Phone, citizen: User, ticket: FileText, appointment: CalendarDays } as const
const ownIcons: Partial<Record<CommandName, LucideIcon>> = {
  'contact.identify': ShieldCheck,
  'citizen.read': Eye,
}

export function CommandIcon({ name }: { name: CommandName }) {
  const Icon = ownIcons[name] ?? icons[name.slice(0, name.indexOf('.')) as keyof typeof icons]
  return <Icon size={17} aria-hidden="true" />
}

type ActionCommand = `ticket.${TicketActionName}`
const isAction = (name: CommandName): name is ActionCommand =>
  name.startsWith('ticket.') && name.slice('ticket.'.length) in ticketActions
const actionOf = (name: ActionCommand) => name.slice('ticket.'.length) as TicketActionName

function usePlaceWords(): (place: { officeId: string; startsAt: string }) => string {
  const formatOf = useOfficeFormat()
  return ({ officeId, startsAt }) => {
    const format = formatOf(officeId)
    return `${format.shortDay(startsAt)} ${format.time(startsAt)}`
  }
}

/** Where an appointment is now that somebody else changed, or the other one of who has two; null of anything else. */
function useStanding(): (fault: FaultData) => string | null {
  const { t } = useTranslation()
  const formatOf = useOfficeFormat()
  const names = useReferenceNames()
  return ({ code, params: { officeId, startsAt } }) => {
    if (code !== 'appointment-changed' && code !== 'service-booked') return null
    if (typeof officeId !== 'string' || typeof startsAt !== 'string') return null
    const place = { when: formatOf(officeId).moment(startsAt), office: names.office(officeId) }
    return t(code === 'service-booked' ? 'work.outbox.otherOne' : 'work.outbox.standing', place)
  }
}

function useEntryWords(): (entry: OutboxEntry) => string {
  const { t } = useTranslation()
  const whenOf = usePlaceWords()
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
          service: names.services(request.args.serviceIds),
          when: whenOf(request.args),
          office: names.office(request.args.officeId),
        })
      case 'contact.identify':
        return t('work.outbox.name.contact.identify')
      case 'citizen.read':
      case 'citizen.update':
      case 'citizen.delegate':
      case 'citizen.end-delegation':
      case 'citizen.merge':
      case 'citizen.unmerge':
      case 'citizen.keep-apart':
      case 'citizen.compare-again':
        return t(`work.outbox.name.${request.name}`)
      case 'appointment.reschedule':
        return t('work.outbox.name.appointment.reschedule', {
          when: whenOf(request.args),
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
      default:
        return t(`work.outbox.name.ticket.${actionOf(request.name)}`)
    }
  }
}

function useDetail(): (name: CommandName) => string {
  const { t } = useTranslation()
  return (name) => {
    if (isAction(name)) return t('work.outbox.detail.ticket.action')
    switch (name) {
      case 'appointment.confirm':
      case 'appointment.no-show':
      case 'appointment.attended':
        return t('work.outbox.detail.appointment.state')
      case 'citizen.update':
      case 'citizen.delegate':
      case 'citizen.end-delegation':
      case 'citizen.merge':
      case 'citizen.unmerge':
      case 'citizen.keep-apart':
      case 'citizen.compare-again':
        return t('work.outbox.detail.citizen.change')
      default:
        return t(`work.outbox.detail.${name}`)
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
  const whenOf = usePlaceWords()
  const say = useFaultText()
  const names = useReferenceNames()
  const words = useEntryWords()
  const detail = useDetail()
  const standing = useStanding()
  const user = useLive((state) => (state.session?.phase === 'signed-in' ? state.session.user.name : null))
  const { request, state, fault } = entry
  const lost = asksForChoice(entry)
  return (
    <li className={cx(lost && s.conflict)}>
      {lost ? <TriangleAlert size={18} aria-hidden="true" /> : <CommandIcon name={request.name} />}
      <div>
        <b className="n">
          {lost && state !== 'noted' && request.name === 'appointment.book'
            ? t('work.outbox.conflictBooking', {
                when: whenOf(request.args),
                office: names.office(request.args.officeId),
              })
            : words(entry)}
        </b>
        <p className="n">
          {lost && fault
            ? [say(fault), standing(fault), ''].filter((words) => words !== null).join(' ')
            : null}
          {lost ? null : `${detail(request.name)}. ${format.time(entry.at)}`}
          {entry.authorName !== user ? `, ${t('work.outbox.by', { author: entry.authorName })}` : null}
        </p>
      </div>
      <Tag
        tone={state === 'noted' ? 'amber' : lost ? 'red' : 'plain'}
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
