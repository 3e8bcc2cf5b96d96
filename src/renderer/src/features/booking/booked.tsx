import { useQuery } from '@tanstack/react-query'
import { Ban, CalendarPlus, Check, Clock } from 'lucide-react'
import { useRef } from 'react'
import { useTranslation } from 'react-i18next'
import type { Work } from '#contract/desk.ts'
import { type Appointment, isActive } from '#contract/domain/appointment.ts'
import type { ShownCitizen } from '#contract/domain/citizen-shown.ts'
import { spellingLanguage, spellOut } from '#contract/domain/spelling.ts'
import { attempt } from '../../host/attempt.ts'
import { useDesk } from '../../host/desk.tsx'
import { useMovedCodes } from '../../host/moved-codes.ts'
import { placesAgain, type TakenUp } from '../../host/places-again.ts'
import { useOfficeFormat } from '../../host/use-office-format.ts'
import { useReferenceNames } from '../../host/use-reference-names.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { download } from '../../ui/download.ts'
import { useFaultText } from '../../ui/fault-text.tsx'
import { Notice, Waiting } from '../../ui/notice.tsx'
import { Tag } from '../../ui/tag.tsx'
import { ToldMessages } from '../../ui/told-messages.tsx'
import { useLanguage } from '../../ui/use-format.ts'
import s from './booking.module.css'
import { type Outcome, outcomeOf } from './outcome.ts'

/** What became of the booking: a wish until the CRM has confirmed it, then a seat with the code to read out; or why the CRM refused it. */
export function Booked({
  work,
  citizen,
  appointmentId,
  since,
  onAnother,
  onAgain,
}: {
  work: Work
  citizen: ShownCitizen | null
  appointmentId: string
  /** When it was asked for, as epoch milliseconds. */
  since: number
  onAnother: () => void
  onAgain: (again: TakenUp) => void
}) {
  const { t } = useTranslation()
  const language = useLanguage()
  const formatOf = useOfficeFormat()
  const names = useReferenceNames()
  const { queries, desk } = useDesk()
  // Asked for again here: "not there" must mean that the CRM took it back, not that we have not looked yet.
  const made = useQuery({ ...queries.made(work.contactId), refetchOnMount: 'always' })
  const story = useQuery({
    ...queries.story(citizen?.id ?? '', work.contactId),
    enabled: citizen !== null,
    refetchOnMount: 'always',
  })
  const outbox = useQuery({ ...queries.outbox, refetchOnMount: 'always' })
  const isIt = ({ id }: Appointment) => id === appointmentId
  const own = made.data?.appointments.find(isIt)
  const told = story.data?.appointments.find(isIt)
  const code = useMovedCodes(({ codes }) => codes[appointmentId])
  const isSought = code !== undefined && !own && !told && made.isFetchedAfterMount && !story.isFetching
  const alone = useQuery({ ...queries.byCode(code ?? ''), enabled: isSought })
  const last = useRef<Outcome>({ kind: 'looking' })
  last.current = outcomeOf(last.current, {
    ...{ appointmentId, since, appointment: own ?? told ?? alone.data?.appointment ?? null },
    entries: outbox.data ?? [],
    asking:
      made.isFetching ||
      outbox.isFetching ||
      (!own && (!made.isFetchedAfterMount || story.isFetching || alone.isFetching)),
  })
  const outcome = last.current
  if (outcome.kind === 'looking') {
    return (
      <div className={cx(s.plain)}>
        <Waiting label={t('common.loading')} />
      </div>
    )
  }
  if (outcome.kind !== 'known') {
    return (
      <div className={cx(s.plain)}>
        {outcome.kind === 'refused' ? (
          <Refused outcome={outcome} onAnother={onAnother} onAgain={onAgain} />
        ) : (
          <Notice
            alert
            actions={
              <Button size="small" onPress={onAnother}>
                {t('work.booking.another')}
              </Button>
            }
          >
            {t('work.booking.gone')}
          </Notice>
        )}
      </div>
    )
  }
  const { appointment } = outcome
  const { state, reason } = appointment
  const confirmed = state === 'confirmed'
  const requested = state === 'requested'
  const when = formatOf(appointment.officeId).moment(appointment.startsAt)
  const office = names.office(appointment.officeId)
  const save = () =>
    void attempt('calendarFile', async () => {
      // It is for whoever comes.
      const readBy = spellingLanguage(citizen?.language ?? language)
      const { text } = await desk.appointments.calendarFile({ appointmentId, language: readBy })
      download(`${appointment.code ?? 'appuntamento'}.ics`, new Blob([text], { type: 'text/calendar' }))
    })
  return (
    <div className={cx(s.plain)} role="status">
      <Tag
        tone={confirmed ? 'green' : requested ? 'amber' : 'plain'}
        icon={
          confirmed ? (
            <Check aria-hidden="true" />
          ) : requested ? (
            <Clock aria-hidden="true" />
          ) : (
            <Ban aria-hidden="true" />
          )
        }
      >
        {confirmed
          ? t('work.booking.confirmed')
          : requested
            ? t('work.booking.requested')
            : t(`person.story.appointmentState.${state}`)}
      </Tag>
      <h2 className={cx(s.name)}>{names.services(appointment.serviceIds)}</h2>
      <p className={cx(s.result, 'n')}>
        {requested
          ? t('work.booking.requestedBody', { when, office })
          : t('work.booking.confirmedPlace', { when, office })}
        {confirmed || requested || !reason ? null : ` ${reason}`}
      </p>
      {confirmed && appointment.code ? <Code code={appointment.code} /> : null}
      {confirmed ? <ToldMessages appointmentId={appointmentId} /> : null}
      <div className={cx(s.verbs)}>
        <Button size="small" onPress={onAnother}>
          {t('work.booking.another')}
        </Button>
        {confirmed ? (
          <Button
            size="small"
            look="quiet"
            icon={<CalendarPlus size={16} aria-hidden="true" />}
            onPress={save}
          >
            {t('work.booking.calendarFile')}
          </Button>
        ) : null}
      </div>
    </div>
  )
}

/** What was not booked or moved, why, and what stands; the nearest free places are offered where all refusals are, beside the story. */
function Refused({
  outcome: { request, fault, stands },
  onAnother,
  onAgain,
}: {
  outcome: Extract<Outcome, { kind: 'refused' }>
  onAnother: () => void
  onAgain: (again: TakenUp) => void
}) {
  const { t } = useTranslation()
  const say = useFaultText()
  const formatOf = useOfficeFormat()
  const names = useReferenceNames()
  const placeOf = ({ officeId, startsAt }: Pick<Appointment, 'officeId' | 'startsAt'>) => ({
    when: formatOf(officeId).moment(startsAt),
    office: names.office(officeId),
  })
  const again = placesAgain(request, fault, stands)
  return (
    <Notice
      tone="red"
      alert
      title={t(
        request.name === 'appointment.book' ? 'work.booking.notBooked' : 'work.booking.notMoved',
        placeOf(request.args),
      )}
      actions={
        <>
          {again ? (
            <Button size="small" onPress={() => onAgain(again)}>
              {t('work.booking.otherPlaces')}
            </Button>
          ) : null}
          <Button size="small" look={again ? 'quiet' : 'plain'} onPress={onAnother}>
            {t('work.booking.another')}
          </Button>
        </>
      }
    >
      {fault ? <p>{say(fault)}</p> : null}
      {stands && isActive(stands.state) ? <p>{t('work.booking.stands', placeOf(stands))}</p> : null}
    </Notice>
  )
}

/** As large as it is read out, each letter with its word. */
function Code({ code }: { code: string }) {
  const { t } = useTranslation()
  const language = useLanguage()
  return (
    <div className={cx(s.code)}>
      <span className={cx(s.codeLabel)}>{t('work.booking.code')}</span>
      <b className={cx(s.codeSigns, 'n')}>{code}</b>
      <ul className={cx(s.spelled)} aria-label={t('work.booking.spelled')}>
        {spellOut(code, language).map(({ sign, word }, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a sign is its place
          <li key={place}>
            <b className="n">{sign}</b> {word}
          </li>
        ))}
      </ul>
    </div>
  )
}
