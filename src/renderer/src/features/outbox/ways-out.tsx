import { useQuery } from '@tanstack/react-query'
import { Phone } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { type OutboxEntry, undecidedUntil, type Work } from '#contract/desk.ts'
import type { Appointment } from '#contract/domain/appointment.ts'
import { cityDayOf } from '#contract/domain/calendar.ts'
import { formatNumber } from '#contract/domain/phone-number.ts'
import type { FaultData } from '#contract/errors.ts'
import { attempt } from '../../host/attempt.ts'
import { useDesk } from '../../host/desk.tsx'
import { useMovedCodes } from '../../host/moved-codes.ts'
import { type PlaceRequest, placesAgain, type TakenUp } from '../../host/places-again.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { OwnWords } from '../../ui/own-words.tsx'
import { useFormat } from '../../ui/use-format.ts'
import { AskedFirst } from './asked-first.tsx'
import { OtherSlots } from './other-slots.tsx'
import s from './outbox.module.css'
import { remedyOf, typedText } from './remedy.ts'

/** Takes up again, in the contact that the entry came from, what the CRM refused; while that is open. */
export type Reopen = {
  booking: (work: Work, again: TakenUp) => void
  ticket: (work: Work, ticket: Work['draft']['ticket']) => void
  /** A note or message of a request, back into its draft. */
  takeBack: (commandId: string) => void
}

/** What to do about a command that the CRM did not take. Nothing that somebody typed goes without a question. */
export function WaysOut({ entry, work, reopen }: { entry: OutboxEntry; work: Work | null; reopen: Reopen }) {
  const { t } = useTranslation()
  const format = useFormat()
  const { desk, queries } = useDesk()
  const { contactId, request, commandId } = entry
  const answered = work !== null && work.answeredAt !== null ? work : null
  const isOnLine = answered !== null && answered.endedAt === null
  // The contact may be closed: its row still knows the number.
  const contact = useQuery({ ...queries.made(contactId ?? ''), enabled: contactId !== null }).data?.contact
  const number = work?.remote.number ?? contact?.callerNumber ?? null
  const text = typedText(request)
  const isLost = entry.state !== 'noted'
  const bookAgain =
    request.name === 'appointment.book' && isLost ? placesAgain(request, entry.fault, null) : null
  const remove = () => void attempt('dismiss', () => desk.outbox.dismiss({ commandId }))
  return (
    <>
      <p className={cx(s.more)}>
        {t(`work.outbox.remedy.${remedyOf(request, entry.fault?.code ?? null, answered !== null, isOnLine)}`)}{' '}
        <span className="n">
          {t('work.outbox.goesOn', { date: format.dateLong(cityDayOf(undecidedUntil(entry.at))) })}
        </span>
      </p>
      {text ? (
        <div className={cx(s.more)}>
          <OwnWords text={text} />
        </div>
      ) : null}
      {request.name === 'appointment.book' && isLost ? (
        <OtherSlots
          wish={{ serviceIds: request.args.serviceIds, recoveryOf: request.args.recoveryOf }}
          lost={request.args}
          citizenId={request.args.citizenId}
          moves={null}
          work={answered}
          commandId={commandId}
        />
      ) : null}
      {request.name === 'appointment.reschedule' && answered && entry.fault?.code !== 'appointment-begun' ? (
        <MoveElsewhere
          request={request}
          fault={entry.fault}
          work={answered}
          commandId={commandId}
          reopen={reopen}
        />
      ) : null}
      <div className={cx(s.out)}>
        {bookAgain && answered ? (
          <Button size="small" onPress={() => reopen.booking(answered, bookAgain)}>
            {t('work.outbox.otherSlots')}
          </Button>
        ) : null}
        {answered &&
        (request.name === 'appointment.confirm' ||
          (request.name === 'appointment.reschedule' && entry.fault?.code === 'appointment-begun')) ? (
          <BookAnother work={answered} appointmentId={request.args.appointmentId} reopen={reopen} />
        ) : null}
        {request.name === 'ticket.note' || request.name === 'ticket.tell' ? (
          <Button size="small" onPress={() => reopen.takeBack(commandId)}>
            {t('work.outbox.reopenTicket')}
          </Button>
        ) : null}
        {request.name === 'ticket.open' && answered ? (
          <Button
            size="small"
            onPress={() =>
              reopen.ticket(answered, {
                kind: request.args.kind,
                topicId: request.args.topicId,
                text: request.args.text,
              })
            }
          >
            {t('work.outbox.reopenTicket')}
          </Button>
        ) : null}
        {number && !isOnLine ? (
          <Button
            size="small"
            icon={<Phone size={15} aria-hidden="true" />}
            onPress={() => void attempt('dial', () => desk.calls.dial({ number }))}
          >
            <span className="n">{t('work.outbox.callBackNumber', { number: formatNumber(number) })}</span>
          </Button>
        ) : null}
        <AskedFirst
          label={t('work.outbox.dismiss')}
          question={text ? t('work.outbox.sureText') : t('work.outbox.sure')}
          onSure={remove}
        />
      </div>
    </>
  )
}

/** An appointment that the contact is about, as the story of its person has it, or the contact itself; that of nobody is found by its code. */
function useKnown(work: Work, appointmentId: string): Appointment | undefined {
  const { queries } = useDesk()
  const { citizenId } = work.draft
  const story = useQuery({ ...queries.story(citizenId ?? '', work.contactId), enabled: citizenId !== null })
  const made = useQuery(queries.made(work.contactId))
  const known = [...(story.data?.appointments ?? []), ...(made.data?.appointments ?? [])].find(
    ({ id }) => id === appointmentId,
  )
  const code = useMovedCodes(({ codes }) => codes[appointmentId])
  const alone = useQuery({ ...queries.byCode(code ?? ''), enabled: code !== undefined && !known })
  return known ?? alone.data?.appointment ?? undefined
}

/** For the services of the proposal that could not be confirmed. */
function BookAnother({ work, appointmentId, reopen }: { work: Work; appointmentId: string; reopen: Reopen }) {
  const { t } = useTranslation()
  const known = useKnown(work, appointmentId)
  const { citizenId = null, serviceIds = [], officeId = null } = known ?? {}
  return (
    <Button
      size="small"
      onPress={() => reopen.booking(work, { citizenId, booking: { serviceIds, officeId } })}
    >
      {t('work.outbox.bookAnother')}
    </Button>
  )
}

/** Other places for an appointment that could not be moved, while it still stands. */
function MoveElsewhere({
  request,
  fault,
  work,
  commandId,
  reopen,
}: {
  request: Extract<PlaceRequest, { name: 'appointment.reschedule' }>
  fault: FaultData | null
  work: Work
  commandId: string
  reopen: Reopen
}) {
  const { t } = useTranslation()
  const known = useKnown(work, request.args.appointmentId)
  const again = placesAgain(request, fault, known ?? null)
  if (!known || !again) return null
  const { id: moves, citizenId, serviceIds, recoveryOf } = known
  return (
    <>
      {/* Where it was to go is not known to be lost when only the appointment has changed. */}
      {fault?.code === 'appointment-changed' ? null : (
        <OtherSlots
          wish={{ serviceIds, recoveryOf }}
          lost={request.args}
          citizenId={citizenId}
          moves={moves}
          work={work}
          commandId={commandId}
        />
      )}
      <div className={cx(s.out)}>
        <Button size="small" onPress={() => reopen.booking(work, again)}>
          {t('work.outbox.otherSlots')}
        </Button>
      </div>
    </>
  )
}
