import { CalendarDays, Clock, LoaderCircle, RotateCw } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { ListBox, ListBoxItem } from 'react-aria-components'
import type { CallerView, ShownStory } from '#contract/desk.ts'
import { isActive } from '#contract/domain/appointment.ts'
import { fullName, mostOnNumber } from '#contract/domain/citizen.ts'
import { openTicketStatuses } from '#contract/domain/ticket.ts'
import { useOfficeFormat } from '../../host/use-office-format.ts'
import { useReferenceNames } from '../../host/use-reference-names.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { cx } from '../../ui/cx.ts'
import { cityDay, daysBetween, sentences } from '../../ui/format.ts'
import headings from '../../ui/heading.module.css'
import { useMinute } from '../../ui/now.ts'
import { useTakesDigits } from '../../ui/shortcuts.ts'
import { Tag } from '../../ui/tag.tsx'
import { useFormat } from '../../ui/use-format.ts'
import { digitOf } from './digit.ts'
import { householdOrder } from './order.ts'
import s from './ringing.module.css'

const other = 'other'

/** Several persons have this number: one key chooses who it is. The list never takes the focus by itself. */
export function Household({
  caller,
  talking,
  onChoose,
  onOther,
}: {
  caller: CallerView
  talking: boolean
  onChoose: (citizenId: string) => void
  onOther: () => void
}) {
  const { t } = useTranslation()
  useTakesDigits()
  const shown = useRef<{ callId: string; ids: string[] }>({ callId: '', ids: [] })
  const stories = householdOrder(
    caller.stories,
    shown.current.callId === caller.callId ? shown.current.ids : [],
  )
  useEffect(() => {
    shown.current = { callId: caller.callId, ids: stories.map(({ citizen }) => citizen.id) }
  })
  const choose = (index: number) => {
    const story = stories[index]
    if (story) onChoose(story.citizen.id)
    else if (index === stories.length) onOther()
  }
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const digit = digitOf(event)
      if (digit === null || digit > stories.length + 1) return
      event.preventDefault()
      choose(digit - 1)
    }
    window.addEventListener('keydown', onKeyDown)
    return () => window.removeEventListener('keydown', onKeyDown)
  })
  const streets = [...new Set(stories.map(({ citizen }) => citizen.address?.street ?? ''))].filter(Boolean)
  return (
    <>
      <h1 className={cx(headings.page)}>
        {talking ? t('person.ringing.whoTalking') : t('person.ringing.who')}
      </h1>
      <p className={cx(s.under)}>
        {stories.length < mostOnNumber
          ? [t('person.ringing.household', { count: stories.length }), ...streets].join(' · ')
          : t('person.ringing.many', { count: mostOnNumber })}
      </p>
      <CrmLine caller={caller} />
      <ListBox
        className={cx(s.people)}
        aria-label={t('person.ringing.people')}
        selectionMode="none"
        onAction={(key) => {
          if (key === other) onOther()
          else onChoose(String(key))
        }}
      >
        {[
          ...stories.map((story, index) => <Person key={story.citizen.id} story={story} digit={index + 1} />),
          <ListBoxItem
            key={other}
            id={other}
            className={cx(s.person, s.other)}
            textValue={t('person.ringing.other')}
          >
            <span className={cx(s.digit)} aria-hidden="true">
              {stories.length + 1}
            </span>
            <div className={cx(s.otherName)}>{t('person.ringing.other')}</div>
            <div className={cx(s.right)}>{t('person.ringing.otherBody')}</div>
          </ListBoxItem>,
        ]}
      </ListBox>
      <Lately stories={stories} />
    </>
  )
}

function Person({ story, digit }: { story: ShownStory; digit: number }) {
  const { t } = useTranslation()
  const format = useFormat()
  const formatOf = useOfficeFormat()
  const names = useReferenceNames()
  const now = useMinute()
  const today = cityDay(now)
  const { citizen, contacts } = story
  const [last] = contacts
  const tickets = story.tickets.filter(({ status }) => openTicketStatuses.includes(status))
  const next = story.appointments.find(({ state, startsAt }) => isActive(state) && Date.parse(startsAt) > now)
  return (
    <ListBoxItem id={citizen.id} className={cx(s.person)} textValue={fullName(citizen)}>
      <span className={cx(s.digit)} aria-hidden="true">
        {digit}
      </span>
      <div>
        <div className={cx(s.name)}>{fullName(citizen)}</div>
        <p className={cx(s.small)}>
          {[
            citizen.age === null ? null : t('person.story.age', { count: citizen.age }),
            last
              ? t('person.ringing.lastCall', { when: format.when(last.startedAt, now) })
              : t('person.ringing.neverCalled'),
          ]
            .filter(Boolean)
            .join(', ')}
        </p>
      </div>
      <div className={cx(s.right)}>
        {last?.outcome === 'callback' ? (
          <Tag tone="amber" icon={<RotateCw aria-hidden="true" />}>
            {t('person.story.callbackPromised')}
          </Tag>
        ) : null}
        {tickets.slice(0, 2).map((ticket) => {
          const left = daysBetween(today, ticket.dueOn)
          return (
            <div key={ticket.id}>
              <Clock aria-hidden="true" />
              <span>
                {names.topic(ticket.topicId)},{' '}
                {left < 0
                  ? t('person.story.late', { count: -left })
                  : left === 0
                    ? t('person.story.dueToday')
                    : t('person.story.dueIn', { count: left })}
              </span>
            </div>
          )
        })}
        {next ? (
          <div>
            <CalendarDays aria-hidden="true" />
            <span className="n">
              {names.services(next.serviceIds)}: {formatOf(next.officeId).shortDay(next.startsAt)},{' '}
              {formatOf(next.officeId).time(next.startsAt)}
              {next.state === 'proposed' ? `, ${t('person.story.appointmentState.proposed')}` : null}
            </span>
          </div>
        ) : null}
      </div>
    </ListBoxItem>
  )
}

/** What the CRM, asked in parallel, does. */
export function CrmLine({ caller }: { caller: CallerView }) {
  const { t } = useTranslation()
  if (caller.crm === 'asking') {
    return (
      <p className={cx(s.crm)} role="status">
        <LoaderCircle size={15} className={cx(s.spin)} aria-hidden="true" />
        {caller.stories.length > 0 ? t('person.ringing.askingMore') : t('person.ringing.asking')}
      </p>
    )
  }
  if (caller.crm === 'away' && caller.stories.length > 0) {
    return (
      <p className={cx(s.crm, s.crmAway)} role="status">
        {t('person.ringing.awayMore')}
      </p>
    )
  }
  if (caller.crm === 'refused' && caller.stories.length > 0) {
    return (
      <p className={cx(s.crm, s.crmAway)} role="status">
        {t('person.ringing.refusedMore')}
      </p>
    )
  }
  return null
}

/** The last conversations of all who share the number. */
function Lately({ stories }: { stories: readonly ShownStory[] }) {
  const { t } = useTranslation()
  const format = useFormat()
  const names = useReferenceNames()
  const now = useMinute()
  const latest = stories
    .flatMap(({ citizen, contacts }) => contacts.map((contact) => ({ citizen, contact })))
    .sort((a, b) => Date.parse(b.contact.startedAt) - Date.parse(a.contact.startedAt))
    .slice(0, 5)
  if (latest.length === 0) return null
  return (
    <section aria-labelledby="lately">
      <h2 className={cx(s.head)} id="lately">
        {t('person.ringing.lately')}
      </h2>
      <ol className={cx(s.lately)}>
        {latest.map(({ citizen, contact }) => (
          <li key={contact.id}>
            <span className="n">{format.when(contact.startedAt, now)}</span>
            <div>
              <b>
                {citizen.givenName}
                {contact.topicId ? `, ${names.topic(contact.topicId)}` : ''}
              </b>
              <p>{sentences(contact.note, contact.operatorName)}</p>
            </div>
          </li>
        ))}
      </ol>
    </section>
  )
}
