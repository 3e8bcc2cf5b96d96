import { Clock, RotateCw } from 'lucide-react'
import type { ShownStory, Work } from '#contract/desk.ts'
import { openTicketStatuses, type Ticket } from '#contract/domain/ticket.ts'
import { useReferenceNames } from '../../host/use-reference-names.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { cityDay, daysBetween } from '../../ui/format.ts'
import { Tag } from '../../ui/tag.tsx'
import { useFormat } from '../../ui/use-format.ts'
import { Appointments, type AppointmentWays } from './appointments.tsx'
import s from './story.module.css'

/** What is open with the person, and what is to come. */
export function Facts({
  story,
  work,
  contactId,
  now,
  onTicket,
  ...ways
}: {
  story: ShownStory
  work: Work | null
  contactId: string | null
  now: number
  onTicket: (ticketId: string) => void
} & AppointmentWays) {
  const { t } = useTranslation()
  const format = useFormat()
  const open = story.tickets.filter(({ status }) => openTicketStatuses.includes(status))
  const last = story.contacts.find(({ id }) => id !== contactId)
  const promise = last?.outcome === 'callback' ? last : null
  return (
    <div className={cx(s.duo)}>
      <section aria-labelledby="open">
        <h2 className={cx(s.h2)} id="open">
          {t('person.story.open')}
        </h2>
        {open.length === 0 && !promise ? <p className={cx(s.none)}>{t('person.story.openNone')}</p> : null}
        <ul className={cx(s.facts)}>
          {promise ? (
            <li>
              <b>{t('person.story.callbackPromised')}</b>
              <Tag tone="amber" icon={<RotateCw aria-hidden="true" />}>
                {t('person.story.promised')}
              </Tag>
              <p>
                {t('person.story.promisedBy', {
                  operator: promise.operatorName,
                  when: format.when(promise.startedAt, now),
                })}
              </p>
            </li>
          ) : null}
          {open.map((ticket) => (
            <OpenTicket key={ticket.id} ticket={ticket} now={now} onOpen={() => onTicket(ticket.id)} />
          ))}
        </ul>
      </section>
      <Appointments story={story} work={work} now={now} {...ways} />
    </div>
  )
}

function OpenTicket({ ticket, now, onOpen }: { ticket: Ticket; now: number; onOpen: () => void }) {
  const { t } = useTranslation()
  const format = useFormat()
  const names = useReferenceNames()
  const left = daysBetween(cityDay(now), ticket.dueOn)
  return (
    <li>
      <b>{names.topic(ticket.topicId)}</b>
      <Tag tone={left < 0 ? 'red' : left <= 6 ? 'amber' : 'plain'} icon={<Clock aria-hidden="true" />}>
        {left < 0
          ? t('person.story.late', { count: -left })
          : left === 0
            ? t('person.story.dueToday')
            : t('person.story.dueIn', { count: left })}
      </Tag>
      <p className="n">
        {t('person.story.ticketLine', {
          kind: t(`work.request.kind.${ticket.kind}`),
          date: format.dateDayMonth(cityDay(ticket.receivedAt)),
        })}
        ,{' '}
        <Button look="link" size="small" className={cx(s.whole)} onPress={onOpen}>
          {ticket.protocol ?? t('person.story.noProtocol')}
        </Button>
      </p>
    </li>
  )
}
