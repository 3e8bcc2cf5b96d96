import { useQuery } from '@tanstack/react-query'
import { CalendarDays, Circle, Clock, FileText, Phone, PhoneOutgoing, RotateCw } from 'lucide-react'
import type { ReactNode } from 'react'
import type { ShownStory, Work } from '#contract/desk.ts'
import type { Call } from '#contract/domain/call.ts'
import { identifies } from '#contract/domain/contact.ts'
import { useDesk, useDraft } from '../../host/desk.tsx'
import { useOfficeFormat } from '../../host/use-office-format.ts'
import { type ReferenceNames, useReferenceNames } from '../../host/use-reference-names.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { cx } from '../../ui/cx.ts'
import { cityDay, daysBetween, inSentence } from '../../ui/format.ts'
import { Tag } from '../../ui/tag.tsx'
import { useFormat } from '../../ui/use-format.ts'
import s from './story.module.css'
import { partIn, type TimelineEntry, timelineOf } from './timeline.ts'

export function Timeline({
  story,
  work,
  call,
  now,
}: {
  story: ShownStory
  work: Work | null
  call: Call | null
  now: number
}) {
  const { t } = useTranslation()
  const names = useReferenceNames()
  const contactId = work?.contactId ?? call?.id ?? null
  const entries = timelineOf(story, contactId, now)
  const today = cityDay(now)
  const inYear = story.contacts.filter(
    ({ startedAt }) => daysBetween(cityDay(startedAt), today) <= 365,
  ).length
  return (
    <section aria-labelledby="conversation">
      <div className={cx(s.head)}>
        <h2 className={cx(s.h2)} id="conversation">
          {t('person.story.conversation')}
        </h2>
        <span className={cx(s.small)}>{t('person.story.count', { count: inYear })}</span>
      </div>
      <ol className={cx(s.timeline)}>
        {call || work ? <Present work={work} call={call} /> : null}
        {entries.map((entry) => (
          <PastEntry key={`${entry.kind} ${entry.id}`} entry={entry} story={story} now={now} names={names} />
        ))}
      </ol>
      {entries.length === 0 ? <p className={cx(s.none)}>{t('person.story.first')}</p> : null}
    </section>
  )
}

function Row({
  when,
  icon,
  title,
  children,
  tag,
  present = false,
}: {
  when: string
  icon: ReactNode
  title: ReactNode
  children?: ReactNode
  tag?: ReactNode
  present?: boolean
}) {
  return (
    <li className={cx(present && s.now)}>
      <div className={cx(s.when, 'n')}>{when}</div>
      <div className={cx(s.icon)}>{icon}</div>
      <div className={cx(s.text)}>
        <b>{title}</b>
        {children}
      </div>
      <div className={cx(s.mark)}>{tag}</div>
    </li>
  )
}

/** The call that is going on writes itself: each thing done becomes a step. */
function Present({ work, call }: { work: Work | null; call: Call | null }) {
  const { t } = useTranslation()
  const format = useFormat()
  const formatOf = useOfficeFormat()
  const names = useReferenceNames()
  const { queries } = useDesk()
  const draft = useDraft(work)?.draft
  const answeredAt = work?.answeredAt ?? call?.answeredAt ?? null
  const endedAt = work?.endedAt ?? call?.endedAt ?? null
  const made = useQuery({
    ...queries.made(work?.contactId ?? ''),
    enabled: work !== null && answeredAt !== null,
  })
  const steps: string[] = []
  if (answeredAt) steps.push(t('person.story.answeredAt', { time: format.time(answeredAt) }))
  if (draft && identifies(draft.identification)) steps.push(t('person.story.verifiedAt'))
  for (const appointment of made.data?.appointments ?? []) {
    const there = formatOf(appointment.officeId)
    const when = `${there.shortDay(appointment.startsAt)} ${there.time(appointment.startsAt)}`
    if (appointment.state === 'requested') steps.push(t('person.story.bookedRequested', { when }))
    else if (appointment.state === 'confirmed') steps.push(t('person.story.booked', { when }))
  }
  for (const ticket of made.data?.tickets ?? []) {
    steps.push(t('person.story.ticketOpened', { protocol: ticket.protocol ?? t('person.story.noProtocol') }))
  }
  if (endedAt) steps.push(t('person.story.endedAt', { time: format.time(endedAt) }))
  const topicId = draft?.wrapUp.topicId
  const firstLine = draft?.note.split('\n').find((line) => line.trim() !== '')
  return (
    <Row
      present
      when={t('common.now')}
      icon={<Phone size={18} aria-hidden="true" />}
      title={firstLine ?? (topicId ? names.topic(topicId) : t('person.story.nowTitle'))}
      tag={
        <Tag tone="blue" icon={<Circle aria-hidden="true" />}>
          {endedAt
            ? t('person.story.nowClosing')
            : answeredAt
              ? t('person.story.now')
              : t('person.story.nowRinging')}
        </Tag>
      }
    >
      {steps.length > 0 ? (
        <p className={cx(s.steps)}>
          {steps.map((step) => (
            <span className="n" key={step}>
              {step}
            </span>
          ))}
        </p>
      ) : null}
    </Row>
  )
}

function PastEntry({
  entry,
  story,
  now,
  names,
}: {
  entry: TimelineEntry
  /** In which it stands. */
  story: ShownStory
  now: number
  names: ReferenceNames
}) {
  const { t } = useTranslation()
  const formatOf = useOfficeFormat()
  const city = useFormat()
  const format = entry.kind === 'appointment' ? formatOf(entry.appointment.officeId) : city
  const when = format.when(entry.at, now)
  switch (entry.kind) {
    case 'contact': {
      const { contact, tickets, appointments } = entry
      const outbound = contact.direction === 'outbound'
      const topic = contact.topicId ? inSentence(names.topic(contact.topicId)) : null
      const as = partIn(contact, story.citizen.id, story.parties)
      const other = 'name' in as ? (as.name ?? t(`person.story.somebody.${as.part}`)) : ''
      const title = topic
        ? t(`person.story.contactAbout.${as.part}`, { topic, other })
        : t(`person.story.contactPlain.${as.part}`, { other })
      const outcome = contact.outcome ? t(`work.wrapUp.outcome.${contact.outcome}`) : null
      const made = [
        ...appointments.map(({ startsAt, officeId }) => {
          const there = formatOf(officeId)
          return `${there.shortDay(startsAt)} ${there.time(startsAt)}, ${names.office(officeId)}`
        }),
        ...tickets.map(({ protocol }) => protocol ?? t('person.story.noProtocol')),
      ]
      return (
        <Row
          when={when}
          icon={
            outbound ? <PhoneOutgoing size={17} aria-hidden="true" /> : <Phone size={17} aria-hidden="true" />
          }
          title={title}
          tag={
            contact.outcome === 'callback' ? (
              <Tag tone="amber" icon={<RotateCw aria-hidden="true" />}>
                {t('person.story.promised')}
              </Tag>
            ) : null
          }
        >
          <p className={cx(s.note, 'n')}>
            {contact.note ? `${contact.note.trim()} ` : null}
            <span className={cx(s.by)}>
              {[outcome, ...made, contact.operatorName].filter(Boolean).map((part, index) => (
                <span key={part} className={cx(s.whole)}>
                  {index > 0 ? '. ' : ''}
                  {part}
                </span>
              ))}
            </span>
          </p>
        </Row>
      )
    }
    case 'ticket': {
      const { ticket } = entry
      return (
        <Row
          when={when}
          icon={<FileText size={17} aria-hidden="true" />}
          title={t('person.story.ticketEntry', { topic: names.topic(ticket.topicId) })}
          tag={<Tag>{t(`person.story.ticketStatus.${ticket.status}`)}</Tag>}
        >
          <p className={cx(s.note)}>
            {ticket.text} <span className={cx(s.by)}>{ticket.protocol ?? t('person.story.noProtocol')}</span>
          </p>
        </Row>
      )
    }
    case 'appointment': {
      const { appointment } = entry
      return (
        <Row
          when={when}
          icon={<CalendarDays size={17} aria-hidden="true" />}
          title={t('person.story.appointmentEntry', { service: names.services(appointment.serviceIds) })}
          tag={
            <Tag
              tone={appointment.state === 'no-show' ? 'amber' : 'plain'}
              {...(appointment.state === 'requested' ? { icon: <Clock aria-hidden="true" /> } : {})}
            >
              {t(`person.story.appointmentState.${appointment.state}`)}
            </Tag>
          }
        >
          <p className={cx(s.note)}>{names.office(appointment.officeId)}</p>
        </Row>
      )
    }
  }
}
