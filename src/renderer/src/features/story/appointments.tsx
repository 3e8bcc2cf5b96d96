import { useQuery } from '@tanstack/react-query'
import { ArrowUp, Ban, CalendarDays, Check, Clock } from 'lucide-react'
import { useState } from 'react'
import type { Notify } from '#contract/commands/appointment.ts'
import type { RecoveryAgenda } from '#contract/crm-agenda.ts'
import type { ShownStory, Work } from '#contract/desk.ts'
import type { Appointment } from '#contract/domain/appointment.ts'
import type { ShownCitizen } from '#contract/domain/citizen-shown.ts'
import type { MessageChannel } from '#contract/domain/message.ts'
import { attempt } from '../../host/attempt.ts'
import { useDesk } from '../../host/desk.tsx'
import { useOfficeFormat } from '../../host/use-office-format.ts'
import { useRecovery } from '../../host/use-recovery.ts'
import { useReferenceNames } from '../../host/use-reference-names.ts'
import { useUnsentChannels } from '../../host/use-unsent-channels.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { announce } from '../../ui/announce.tsx'
import { Button } from '../../ui/button.tsx'
import { channelsOf, proposedOfChange } from '../../ui/channels.ts'
import { cx } from '../../ui/cx.ts'
import { Field } from '../../ui/field.tsx'
import { useMinute } from '../../ui/now.ts'
import { useShortcut } from '../../ui/shortcuts.ts'
import { Tag } from '../../ui/tag.tsx'
import { TellBy } from '../../ui/tell-by.tsx'
import { rememberCancelled, useCancelled } from './cancelled.ts'
import { type NextRow, nextRows, type Standing } from './next-rows.ts'
import { SendAgain } from './send-again.tsx'
import s from './story.module.css'

export type AppointmentWays = {
  /** It is to take place elsewhere or at another time. */
  onMove: (work: Work, appointment: Appointment) => void
  /** Another is to be booked in its place. */
  onBookAgain: (work: Work, appointment: Appointment) => void
}

/** What is to come, and what a person was promised and has not got. */
export function Appointments({
  story,
  work,
  now,
  ...ways
}: { story: ShownStory; work: Work | null; now: number } & AppointmentWays) {
  const { t } = useTranslation()
  const { queries } = useDesk()
  const outbox = useQuery(queries.outbox).data ?? []
  const cancelledHere = useCancelled((state) => state.appointments)
  const rows = nextRows(story.appointments, cancelledHere, outbox, story.citizen.id, now)
  const first = rows.find(({ standing }) => standing === 'proposed')
  return (
    <section aria-labelledby="appointments">
      <h2 className={cx(s.h2)} id="appointments">
        {t('person.story.appointments')}
      </h2>
      {rows.length === 0 ? <p className={cx(s.none)}>{t('person.story.appointmentsNone')}</p> : null}
      <ul className={cx(s.facts)}>
        {rows.map((row) => (
          <AppointmentRow
            key={row.appointment.id}
            row={row}
            work={workable(work)}
            byKey={row === first}
            citizen={story.citizen}
            {...ways}
          />
        ))}
      </ul>
    </section>
  )
}

/** One that hangs on nobody in the directory. */
export function LoneAppointment({
  appointment,
  work,
  ...ways
}: { appointment: Appointment; work: Work | null } & AppointmentWays) {
  const { t } = useTranslation()
  const { queries } = useDesk()
  const outbox = useQuery(queries.outbox).data ?? []
  const format = useOfficeFormat()(appointment.officeId)
  const names = useReferenceNames()
  const [row] = nextRows([appointment], {}, outbox, null, useMinute())
  return (
    <ul className={cx(s.facts)}>
      {row ? (
        <AppointmentRow row={row} work={workable(work)} byKey={false} citizen={null} {...ways} />
      ) : (
        <li>
          <b>{names.services(appointment.serviceIds)}</b>
          <Tag>{t(`person.story.appointmentState.${appointment.state}`)}</Tag>
          <p className="n">
            {format.moment(appointment.startsAt)}, {names.office(appointment.officeId)}
          </p>
        </li>
      )}
    </ul>
  )
}

/** Before it is answered there is no contact that anything could be done in. */
const workable = (work: Work | null): Work | null =>
  work !== null && (work.answeredAt !== null || work.endedAt !== null) ? work : null

const over: readonly Standing[] = ['cancelling', 'cancelled', 'owed', 'late']

function AppointmentRow({
  row: { appointment, standing },
  work,
  byKey,
  citizen,
  onMove,
  onBookAgain,
}: {
  row: NextRow
  /** Null before there is a contact that anything could be done in. */
  work: Work | null
  /** It is the one that the key confirms. */
  byKey: boolean
  citizen: ShownCitizen | null
} & AppointmentWays) {
  const { t } = useTranslation()
  const format = useOfficeFormat()(appointment.officeId)
  const names = useReferenceNames()
  const when = `${format.shortDay(appointment.startsAt)}, ${format.time(appointment.startsAt)}`
  const name = names.services(appointment.serviceIds)
  const { recovery, isUnknown } = useRecovery(standing === 'owed' ? appointment.id : null)
  const term = useTerm({ appointment, standing }, recovery, isUnknown)
  return (
    <li>
      {over.includes(standing) ? <s>{name}</s> : <b>{name}</b>}
      <StandingTag appointment={appointment} standing={standing} />
      <p className="n">
        {when}, {names.office(appointment.officeId)}
        {appointment.code && !over.includes(standing) ? (
          <>
            , <span className={cx(s.whole)}>{appointment.code}</span>
          </>
        ) : null}
        {standing === 'owed' && appointment.reason ? `. ${appointment.reason}` : null}
      </p>
      {term ? <p className={cx(s.term, 'n')}>{term}</p> : null}
      {work === null ? null : standing === 'proposed' || standing === 'stands' ? (
        <Verbs
          appointment={appointment}
          when={when}
          work={work}
          isProposed={standing === 'proposed'}
          byKey={byKey}
          citizen={citizen}
          onMove={onMove}
        />
      ) : standing === 'late' || standing === 'owed' ? (
        <div className={cx(s.act)}>
          <Button
            look={recovery ? 'plain' : 'link'}
            size="small"
            onPress={() => onBookAgain(work, appointment)}
            aria-label={t(recovery ? 'person.story.recoverFor' : 'person.story.bookAgainFor', { when })}
          >
            {t(recovery ? 'person.story.recover' : 'person.story.bookAgain')}
          </Button>
        </div>
      ) : null}
    </li>
  )
}

/** By when something is to be done about it, or was. */
function useTerm(
  { appointment: { confirmBy, officeId }, standing }: NextRow,
  recovery: RecoveryAgenda | null,
  isUnknown: boolean,
): string | null {
  const { t } = useTranslation()
  const format = useOfficeFormat()(officeId)
  const by = confirmBy === null ? null : format.moment(confirmBy)
  switch (standing) {
    case 'proposed':
      return by === null ? null : t('person.story.confirmBy', { when: by })
    case 'late':
      return by === null ? t('person.story.lapsedWords') : t('person.story.confirmWas', { when: by })
    case 'owed':
      if (recovery) return t('person.story.recovery', { days: format.days(recovery.from, recovery.to) })
      return isUnknown ? t('person.story.recoveryUnknown') : null
    default:
      return null
  }
}

function StandingTag({ appointment, standing }: NextRow) {
  const { t } = useTranslation()
  switch (standing) {
    case 'cancelling':
      return <Tag icon={<ArrowUp aria-hidden="true" />}>{t('person.story.cancelledWaits')}</Tag>
    case 'cancelled':
      return <Tag icon={<Check aria-hidden="true" />}>{t('person.story.cancelled')}</Tag>
    case 'confirming':
      return <Tag icon={<ArrowUp aria-hidden="true" />}>{t('person.story.confirmedWaits')}</Tag>
    case 'owed':
      return (
        <Tag tone="amber" icon={<Ban aria-hidden="true" />}>
          {t('person.story.appointmentState.cancelled-by-office')}
        </Tag>
      )
    case 'late':
      return (
        <Tag tone="amber" icon={<Ban aria-hidden="true" />}>
          {t('person.story.appointmentState.lapsed')}
        </Tag>
      )
    default: {
      const settled = appointment.state === 'confirmed'
      return (
        <Tag
          tone={settled ? 'plain' : 'amber'}
          icon={settled ? <CalendarDays aria-hidden="true" /> : <Clock aria-hidden="true" />}
        >
          {t(`person.story.appointmentState.${appointment.state}`)}
        </Tag>
      )
    }
  }
}

/** What can be done with one that is to come. */
function Verbs({
  appointment,
  when,
  work,
  isProposed,
  byKey,
  citizen,
  onMove,
}: {
  appointment: Appointment
  when: string
  work: Work
  isProposed: boolean
  byKey: boolean
  citizen: ShownCitizen | null
  onMove: AppointmentWays['onMove']
}) {
  const { t } = useTranslation()
  const { desk } = useDesk()
  const [asking, setAsking] = useState(false)
  const [sendsAgain, setSendsAgain] = useState(false)
  const { contactId } = work
  const confirm = () =>
    void attempt('confirmProposal', async () => {
      await desk.work.confirmProposal({ contactId, appointmentId: appointment.id })
      announce(t('desk.done.confirmed'))
    })
  useShortcut('takeProposal', confirm, isProposed && byKey && !asking)
  const cancel = (by: 'citizen' | 'office', reason: string, told: Notify) => {
    setAsking(false)
    void attempt('cancelAppointment', async () => {
      await desk.work.cancelAppointment({
        contactId,
        appointmentId: appointment.id,
        by,
        reason: reason.trim() === '' ? null : reason.trim(),
        notify: told.length === 0 ? ['none'] : told,
      })
      // What the office took away stays in the story: it is owed.
      if (by === 'citizen') rememberCancelled(appointment)
    })
  }
  const isCallers = appointment.citizenId === null && appointment.contactId === contactId
  const channels = channelsOf(citizen, isCallers ? work.remote.e164 : null)
  if (asking)
    return <Sure when={when} channels={channels} onCancel={cancel} onKeep={() => setAsking(false)} />
  if (sendsAgain)
    return <SendAgain {...{ appointment, when, channels }} onLeave={() => setSendsAgain(false)} />
  return (
    <div className={cx(s.act)}>
      {isProposed ? (
        <Button
          size="small"
          onPress={confirm}
          aria-label={t('person.story.confirmProposal', { when })}
          {...(byKey ? { shortcut: 'takeProposal' as const } : {})}
        >
          {t('person.story.confirmShort')}
        </Button>
      ) : null}
      <Button
        look="link"
        size="small"
        onPress={() => onMove(work, appointment)}
        aria-label={t('person.story.moveAppointment', { when })}
      >
        {t('person.story.moveShort')}
      </Button>
      {channels.length > 0 && (appointment.state === 'confirmed' || appointment.state === 'proposed') ? (
        <Button
          look="link"
          size="small"
          onPress={() => setSendsAgain(true)}
          aria-label={t('person.story.sendAgainOf', { when })}
        >
          {t('person.story.sendAgain')}
        </Button>
      ) : null}
      <Button
        look="link"
        size="small"
        onPress={() => setAsking(true)}
        aria-label={t('person.story.cancelAppointment', { when })}
      >
        {t('person.story.cancelShort')}
      </Button>
    </div>
  )
}

function Sure({
  when,
  channels,
  onCancel,
  onKeep,
}: {
  when: string
  channels: MessageChannel[]
  onCancel: (by: 'citizen' | 'office', reason: string, told: Notify) => void
  onKeep: () => void
}) {
  const { t } = useTranslation()
  const [reason, setReason] = useState('')
  const [unsaid, setUnsaid] = useState(false)
  const unsent = useUnsentChannels()
  const [told, setTold] = useState(() => proposedOfChange(channels, unsent))
  return (
    // biome-ignore lint/a11y/useSemanticElements: a question with two buttons is no fieldset
    <div className={cx(s.sure)} role="group" aria-label={t('person.story.cancelSure', { when })}>
      <span className={cx(s.question)}>{t('person.story.cancelSure', { when })}</span>
      <Field
        label={t('person.story.cancelReason')}
        hideLabel
        placeholder={t('person.story.cancelReason')}
        maxLength={500}
        value={reason}
        onChange={(text) => {
          setReason(text)
          setUnsaid(false)
        }}
        error={unsaid ? t('person.story.cancelOfficeWhy') : null}
        // The reason first: a key that is pressed twice cancels nothing.
        autoFocus
      />
      {channels.length > 0 ? (
        <div className={cx(s.question)}>
          <TellBy
            label={t('person.story.cancelTell')}
            channels={channels}
            unsent={unsent}
            told={told}
            onTold={setTold}
          />
        </div>
      ) : (
        <span className={cx(s.question)}>{t('person.story.cancelTellNobody')}</span>
      )}
      <Button size="small" look="danger" onPress={() => onCancel('citizen', reason, told)}>
        {t('person.story.cancelYes')}
      </Button>
      <Button
        size="small"
        onPress={() => (reason.trim() === '' ? setUnsaid(true) : onCancel('office', reason, told))}
      >
        {t('person.story.cancelOffice')}
      </Button>
      <Button size="small" look="quiet" onPress={onKeep}>
        {t('person.story.cancelNo')}
      </Button>
    </div>
  )
}
