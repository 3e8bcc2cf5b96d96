import { useTranslation } from 'react-i18next'
import type { RecoveryAgenda } from '#contract/crm-agenda.ts'
import { useOfficeFormat } from '../../host/use-office-format.ts'
import { Notice } from '../../ui/notice.tsx'

/** Who comes first in it, and until when. */
export function RecoveryWords({
  recovery,
  office,
  now,
  short,
}: {
  recovery: RecoveryAgenda
  office: string
  now: number
  short: boolean
}) {
  const { t } = useTranslation()
  const format = useOfficeFormat()(recovery.officeId)
  const { from, to, fromTime, toTime, exclusiveUntil } = recovery
  const days = format.days(from, to)
  const until = format.moment(exclusiveUntil)
  return (
    <Notice
      tone="blue"
      title={t('work.booking.recovery.title', { office, days, times: `${fromTime}–${toTime}` })}
    >
      {Date.parse(exclusiveUntil) > now
        ? t('work.booking.recovery.first', { until })
        : t('work.booking.recovery.everybody', { until })}
      {short ? null : ` ${t('work.booking.recovery.noBlame')}`}
    </Notice>
  )
}
