import { useQuery } from '@tanstack/react-query'
import { Check, Clock } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { Work } from '#contract/desk.ts'
import { useDesk } from '../../host/desk.tsx'
import { useReferenceNames } from '../../host/use-reference-names.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { Notice, Waiting } from '../../ui/notice.tsx'
import { Tag } from '../../ui/tag.tsx'
import { useFormat } from '../../ui/use-format.ts'
import s from './booking.module.css'

/** What became of the booking: a wish until the CRM has confirmed it, then a seat with its code. */
export function Booked({
  work,
  appointmentId,
  onAnother,
}: {
  work: Work
  appointmentId: string
  onAnother: () => void
}) {
  const { t } = useTranslation()
  const format = useFormat()
  const names = useReferenceNames()
  const { queries } = useDesk()
  // Asked for again here: "not there" must mean that the CRM took it back, not that we have not looked yet.
  const { data, isFetching, isFetchedAfterMount } = useQuery({
    ...queries.made(work.contactId),
    refetchOnMount: 'always',
  })
  const appointment = data?.appointments.find(({ id }) => id === appointmentId)
  if (!appointment && isFetchedAfterMount && !isFetching) {
    return (
      <div className={cx(s.plain)}>
        <Notice
          tone="red"
          alert
          actions={
            <Button size="small" onPress={onAnother}>
              {t('work.booking.another')}
            </Button>
          }
        >
          {t('work.booking.taken')}
        </Notice>
      </div>
    )
  }
  if (!appointment) {
    return (
      <div className={cx(s.plain)}>
        <Waiting label={t('common.loading')} />
      </div>
    )
  }
  const confirmed = appointment.state === 'confirmed'
  const when = format.moment(appointment.startsAt)
  const office = names.office(appointment.officeId)
  return (
    <div className={cx(s.plain)} role="status">
      <Tag
        tone={confirmed ? 'green' : 'amber'}
        icon={confirmed ? <Check aria-hidden="true" /> : <Clock aria-hidden="true" />}
      >
        {confirmed ? t('work.booking.confirmed') : t('work.booking.requested')}
      </Tag>
      <h2 className={cx(s.name)}>{names.services(appointment.serviceIds)}</h2>
      <p className={cx(s.result, 'n')}>
        {confirmed
          ? t('work.booking.confirmedBody', { when, office, code: appointment.code ?? '–' })
          : t('work.booking.requestedBody', { when, office })}
      </p>
      <Button size="small" onPress={onAnother}>
        {t('work.booking.another')}
      </Button>
    </div>
  )
}
