import { useTranslation } from 'react-i18next'
import type { Appointment } from '#contract/domain/appointment.ts'
import { useOfficeFormat } from '../../host/use-office-format.ts'
import { Button } from '../../ui/button.tsx'
import { Notice } from '../../ui/notice.tsx'
import { useShortcut } from '../../ui/shortcuts.ts'

/** The person has one to come for the same service: it is said before another is confirmed, and moved instead with one key. */
export function Already({
  appointments,
  office,
  onMove,
}: {
  /** The next one first. */
  appointments: readonly Appointment[]
  office: (id: string) => string
  onMove: (appointment: Appointment) => void
}) {
  const { t } = useTranslation()
  const formatOf = useOfficeFormat()
  const [next] = appointments
  useShortcut('moveInstead', () => next && onMove(next), next !== undefined)
  if (!next) return null
  return (
    <Notice
      actions={
        <Button size="small" shortcut="moveInstead" onPress={() => onMove(next)}>
          {t('work.booking.moveInstead')}
        </Button>
      }
    >
      {t('work.booking.already', {
        places: appointments
          .map(({ officeId, startsAt }) => `${formatOf(officeId).moment(startsAt)}, ${office(officeId)}`)
          .join('; '),
      })}
    </Notice>
  )
}
