import type { ShownStory, Work } from '#contract/desk.ts'
import type { Call } from '#contract/domain/call.ts'
import { type Citizen, fullName } from '#contract/domain/citizen.ts'
import { formatNumber } from '#contract/domain/phone-number.ts'
import { useOfficeFormat } from '../../host/use-office-format.ts'
import { useReferenceNames } from '../../host/use-reference-names.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { cx } from '../../ui/cx.ts'
import { Emphasis, mark } from '../../ui/emphasis.tsx'
import { inSentence } from '../../ui/format.ts'
import headings from '../../ui/heading.module.css'
import { useMinute } from '../../ui/now.ts'
import { Tag } from '../../ui/tag.tsx'
import { useFormat } from '../../ui/use-format.ts'
import type { AppointmentWays } from './appointments.tsx'
import { Facts } from './facts.tsx'
import { Identification } from './identification.tsx'
import { type LedeFact, ledeOf } from './lede.ts'
import s from './story.module.css'
import { Timeline } from './timeline-view.tsx'

/** A person and what was said: who, how recognised, what is open, what happened. The present call is the first entry. */
export function Story({
  story,
  work,
  call,
  others,
  onOther,
  onTicket,
  onEdit,
  ...ways
}: {
  story: ShownStory
  /** Null while the host has none for this call. */
  work: Work | null
  call: Call | null
  /** How many more have the number, when nobody was chosen among them. */
  others: number
  /** It is somebody else: choose, find or create. */
  onOther: () => void
  onTicket: (ticketId: string) => void
  /** What is known of the person is to be changed. */
  onEdit: (work: Work, citizen: Citizen) => void
} & AppointmentWays) {
  const { t } = useTranslation()
  const { citizen } = story
  const now = useMinute()
  const [phone] = citizen.whole?.phones ?? citizen.phones
  const contactId = work?.contactId ?? call?.id ?? null
  const street = citizen.address
    ? citizen.address.municipio
      ? t('person.story.municipio', {
          street: citizen.address.street,
          municipio: citizen.address.municipio,
        })
      : `${citizen.address.street}, ${citizen.address.municipality}`
    : null
  return (
    <article aria-labelledby="person">
      <h1 className={cx(headings.page)} id="person">
        {fullName(citizen)}
      </h1>
      <p className={cx(s.under)}>
        {citizen.age === null ? null : <span>{t('person.story.age', { count: citizen.age })}</span>}
        <span>{t('person.story.speaks', { language: t(`person.language.${citizen.language}`) })}</span>
        {street ? <span>{street}</span> : null}
        {phone ? (
          <span className="n">{citizen.whole ? formatNumber(phone.number) : phone.number}</span>
        ) : null}
        {citizen.needsDuplicateCheck ? (
          <span>
            <Tag tone="amber">{t('person.story.duplicate')}</Tag>
          </span>
        ) : null}
      </p>
      <Lede facts={ledeOf(story, contactId, now)} now={now} />
      <Identification citizen={citizen} work={work} others={others} onOther={onOther} onEdit={onEdit} />
      <Facts story={story} work={work} contactId={contactId} now={now} onTicket={onTicket} {...ways} />
      <Timeline story={story} work={work} call={call} now={now} />
    </article>
  )
}

function Lede({ facts, now }: { facts: readonly LedeFact[]; now: number }) {
  const sentence = useLedeSentence(now)
  return (
    <p className={cx(s.lede)}>
      {facts.map((fact) => (
        <span key={fact.kind}>
          <Emphasis text={sentence(fact)} />{' '}
        </span>
      ))}
    </p>
  )
}

const worded = [2, 3, 4, 5, 6, 7, 8, 9] as const
const isWorded = (count: number): count is (typeof worded)[number] =>
  (worded as readonly number[]).includes(count)

function useLedeSentence(now: number): (fact: LedeFact) => string {
  const { t } = useTranslation()
  const format = useFormat()
  const formatOf = useOfficeFormat()
  const names = useReferenceNames()
  return (fact) => {
    switch (fact.kind) {
      case 'first':
        return t('person.story.lede.first')
      case 'promised':
        return t('person.story.lede.promised', {
          when: mark(format.when(fact.at, now)),
          operator: fact.operator,
        })
      case 'late':
        return t('person.story.lede.late', {
          days: t('person.story.days', { count: fact.days }),
          topic: mark(inSentence(names.topic(fact.topicId))),
        })
      case 'soon':
        return t('person.story.lede.soon', {
          date: format.dateDayMonth(fact.dueOn),
          topic: mark(inSentence(names.topic(fact.topicId))),
        })
      case 'appointment':
        return fact.requested
          ? t('person.story.lede.appointmentRequested', {
              word: mark(t('person.story.lede.requestedWord')),
              when: formatOf(fact.officeId).moment(fact.at),
              office: names.office(fact.officeId),
            })
          : t('person.story.lede.appointment', {
              when: mark(formatOf(fact.officeId).moment(fact.at)),
              office: names.office(fact.officeId),
            })
      case 'proposed':
        return t('person.story.lede.proposed', {
          when: mark(formatOf(fact.officeId).moment(fact.at)),
          office: names.office(fact.officeId),
          by: formatOf(fact.officeId).moment(fact.by),
        })
      case 'owed':
        return t('person.story.lede.owed', {
          when: mark(formatOf(fact.officeId).moment(fact.at)),
          office: names.office(fact.officeId),
        })
      case 'repeat': {
        const { count } = fact
        return t('person.story.lede.repeat', {
          ordinal: isWorded(count)
            ? t(`person.story.ordinal.${count}`)
            : t('person.story.ordinal.many', { count }),
          topic: mark(inSentence(names.topic(fact.topicId))),
        })
      }
      case 'last':
        return fact.topicId
          ? t('person.story.lede.last', {
              when: format.when(fact.at, now),
              topic: mark(inSentence(names.topic(fact.topicId))),
            })
          : t('person.story.lede.lastPlain', { when: format.when(fact.at, now) })
    }
  }
}
