import { useQuery } from '@tanstack/react-query'
import { ArrowUp, CalendarDays, Clock, FileText } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { Work } from '#contract/desk.ts'
import { useDesk } from '../../host/desk.tsx'
import { toFault } from '../../host/fault.ts'
import { useOfficeFormat } from '../../host/use-office-format.ts'
import { useReferenceNames } from '../../host/use-reference-names.ts'
import { cx } from '../../ui/cx.ts'
import { useFaultText } from '../../ui/fault-text.tsx'
import { Tag } from '../../ui/tag.tsx'
import { useFormat } from '../../ui/use-format.ts'
import s from './made.module.css'

/** What this contact made so far, pending or confirmed. */
export function Made({ work }: { work: Work }) {
  const { t } = useTranslation()
  const format = useFormat()
  const formatOf = useOfficeFormat()
  const names = useReferenceNames()
  const say = useFaultText()
  const { queries } = useDesk()
  const { data, error } = useQuery({ ...queries.made(work.contactId), enabled: work.answeredAt !== null })
  const nothing = !data || (data.tickets.length === 0 && data.appointments.length === 0)
  return (
    <section className={cx(s.made)} aria-labelledby="made">
      <h2 className={cx(s.h2)} id="made">
        {t('work.note.made')}
      </h2>
      {error ? <p className={cx(s.none)}>{say(toFault(error))}</p> : null}
      {nothing ? <p className={cx(s.none)}>{t('work.note.madeNone')}</p> : null}
      <ul>
        {data?.appointments.map((appointment) => {
          const requested = appointment.state === 'requested'
          return (
            <li key={appointment.id}>
              <CalendarDays size={17} aria-hidden="true" />
              <div>
                <b>{names.services(appointment.serviceIds)}</b>
                <p className="n">
                  {formatOf(appointment.officeId).moment(appointment.startsAt)},{' '}
                  {names.office(appointment.officeId)}
                  {appointment.code ? `, ${appointment.code}` : ''}
                </p>
              </div>
              <Tag
                tone={requested ? 'amber' : 'plain'}
                {...(requested ? { icon: <Clock aria-hidden="true" /> } : {})}
              >
                {t(`person.story.appointmentState.${appointment.state}`)}
              </Tag>
            </li>
          )
        })}
        {data?.tickets.map((ticket) => (
          <li key={ticket.id}>
            <FileText size={17} aria-hidden="true" />
            <div>
              <b>{names.topic(ticket.topicId)}</b>
              <p className="n">
                {ticket.protocol ?? t('person.story.noProtocol')},{' '}
                {t('work.request.due', { date: format.dateDayMonth(ticket.dueOn) })}
              </p>
            </div>
            {ticket.protocol ? null : <Tag icon={<ArrowUp aria-hidden="true" />}>{t('common.waits')}</Tag>}
          </li>
        ))}
      </ul>
    </section>
  )
}
