import { useState } from 'react'
import { useLive } from '../host/live-store.ts'
import { useTranslation } from '../i18n/use-translation.ts'
import { Button } from '../ui/button.tsx'
import { Notice } from '../ui/notice.tsx'
import { useMinute } from '../ui/now.ts'
import { useFormat } from '../ui/use-format.ts'
import { shiftEnd } from './shift-end.ts'

/** That the shift ends, while there is time to finish what is begun: without the CRM nobody comes back in. */
export function ShiftLine() {
  const until = useLive(({ session }) => (session?.phase === 'signed-in' ? session.until : null))
  return until === null ? null : <End until={until} />
}

function End({ until }: { until: string }) {
  const { t } = useTranslation()
  const format = useFormat()
  const away = useLive(({ truth }) => truth?.crm.state === 'away')
  const end = shiftEnd(until, useMinute())
  const [read, setRead] = useState<typeof end>(null)
  if (end === null || end === read) return null
  return (
    <Notice
      title={t(`desk.shift.${end}`, { when: format.time(until) })}
      actions={
        <Button size="small" look="quiet" onPress={() => setRead(end)}>
          {t('refusals.dismiss')}
        </Button>
      }
    >
      {t(`desk.shift.${end}Body`)}{' '}
      {away ? t('desk.shift.away') : end === 'soon' ? t('desk.shift.anew') : null}
    </Notice>
  )
}
