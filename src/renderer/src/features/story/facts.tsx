import { useQuery } from '@tanstack/react-query'
import { ArrowUp, Ban, CalendarDays, Check, Clock, RotateCw } from 'lucide-react'
import { useState } from 'react'
import type { ShownStory, Work } from '#contract/desk.ts'
import { type Appointment, isToldOf } from '#contract/domain/appointment.ts'
import { openTicketStatuses, type Ticket } from '#contract/domain/ticket.ts'
import { attempt } from '../../host/attempt.ts'
import { useDesk } from '../../host/desk.tsx'
import { useReferenceNames } from '../../host/use-reference-names.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { Field } from '../../ui/field.tsx'
import { cityDay, daysBetween } from '../../ui/format.ts'
import { Tag } from '../../ui/tag.tsx'
import { useFormat } from '../../ui/use-format.ts'
import { nextRows, rememberCancelled, useCancelled } from './cancelled.ts'
import s from './story.module.css'

/** What is open with the person, and what is to come. */
export function Facts({
  story,
  work,
  contactId,
  now,
  onMove,
  onTicket,
}: {
  story: ShownStory
  work: Work | null
  contactId: string | null
  now: number
  onMove: (work: Work, appointment: Appointment) => void
  onTicket: (ticketId: string) => void
}) {
  const { t } = useTranslation()
  const format = useFormat()
  const open = story.tickets.filter(({ status }) => openTicketStatuses.includes(status))
  const next = story.appointments.filter(
    ({ state, startsAt }) => isToldOf(state) && Date.parse(startsAt) > now,
  )
  const { queries } = useDesk()
  const outbox = useQuery(queries.outbox).data ?? []
  const cancelledHere = useCancelled((state) => state.appointments)
  const rows = nextRows(next, cancelledHere, outbox, story.citizen.id)
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
      <section aria-labelledby="appointments">
        <h2 className={cx(s.h2)} id="appointments">
          {t('person.story.appointments')}
        </h2>
        {rows.length === 0 ? <p className={cx(s.none)}>{t('person.story.appointmentsNone')}</p> : null}
        <ul className={cx(s.facts)}>
          {rows.map(({ appointment, cancelled }) =>
            cancelled === 'no' ? (
              <NextAppointment key={appointment.id} appointment={appointment} work={work} onMove={onMove} />
            ) : (
              <CancelledAppointment key={appointment.id} appointment={appointment} cancelled={cancelled} />
            ),
          )}
        </ul>
      </section>
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

function CancelledAppointment({
  appointment,
  cancelled,
}: {
  appointment: Appointment
  cancelled: 'waits' | 'done' | 'office'
}) {
  const { t } = useTranslation()
  const format = useFormat()
  const names = useReferenceNames()
  return (
    <li>
      <s>{names.services(appointment.serviceIds)}</s>
      {cancelled === 'office' ? (
        <Tag tone="amber" icon={<Ban aria-hidden="true" />}>
          {t('person.story.appointmentState.cancelled-by-office')}
        </Tag>
      ) : (
        <Tag icon={cancelled === 'waits' ? <ArrowUp aria-hidden="true" /> : <Check aria-hidden="true" />}>
          {cancelled === 'waits' ? t('person.story.cancelledWaits') : t('person.story.cancelled')}
        </Tag>
      )}
      <p className="n">
        {format.shortDay(appointment.startsAt)}, {format.time(appointment.startsAt)},{' '}
        {names.office(appointment.officeId)}
        {cancelled === 'office' && appointment.reason ? `. ${appointment.reason}` : null}
      </p>
    </li>
  )
}

function NextAppointment({
  appointment,
  work,
  onMove,
}: {
  appointment: Appointment
  work: Work | null
  onMove: (work: Work, appointment: Appointment) => void
}) {
  const { t } = useTranslation()
  const { desk } = useDesk()
  const format = useFormat()
  const names = useReferenceNames()
  const [asking, setAsking] = useState(false)
  const [reason, setReason] = useState('')
  const when = `${format.shortDay(appointment.startsAt)}, ${format.time(appointment.startsAt)}`
  const { state } = appointment
  const settled = state === 'confirmed'
  const cancel = () => {
    setAsking(false)
    if (!work) return
    void attempt('cancelAppointment', async () => {
      await desk.work.cancelAppointment({
        contactId: work.contactId,
        appointmentId: appointment.id,
        reason: reason.trim() === '' ? null : reason.trim(),
        notify: [],
      })
      rememberCancelled(appointment)
    })
  }
  const begun = work !== null && (work.answeredAt !== null || work.endedAt !== null)
  return (
    <li>
      <b>{names.services(appointment.serviceIds)}</b>
      <Tag
        tone={settled ? 'plain' : 'amber'}
        icon={settled ? <CalendarDays aria-hidden="true" /> : <Clock aria-hidden="true" />}
      >
        {t(`person.story.appointmentState.${state}`)}
      </Tag>
      <p className="n">
        {when}, {names.office(appointment.officeId)}
        {appointment.code ? (
          <>
            , <span className={cx(s.whole)}>{appointment.code}</span>
          </>
        ) : null}
      </p>
      {begun ? (
        asking ? (
          // biome-ignore lint/a11y/useSemanticElements: a question with two buttons is no fieldset
          <div className={cx(s.sure)} role="group" aria-label={t('person.story.cancelSure', { when })}>
            <span className={cx(s.question)}>{t('person.story.cancelSure', { when })}</span>
            <Field
              label={t('person.story.cancelReason')}
              hideLabel
              placeholder={t('person.story.cancelReason')}
              maxLength={500}
              value={reason}
              onChange={setReason}
              // The reason first: a key that is pressed twice cancels nothing.
              autoFocus
            />
            <Button size="small" look="danger" onPress={cancel}>
              {t('person.story.cancelYes')}
            </Button>
            <Button size="small" look="quiet" onPress={() => setAsking(false)}>
              {t('person.story.cancelNo')}
            </Button>
          </div>
        ) : (
          <div className={cx(s.act)}>
            {work ? (
              <Button
                look="link"
                size="small"
                onPress={() => onMove(work, appointment)}
                aria-label={t('person.story.moveAppointment', { when })}
              >
                {t('person.story.moveShort')}
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
      ) : null}
    </li>
  )
}
