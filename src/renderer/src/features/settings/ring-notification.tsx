import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useDesk } from '../../host/desk.tsx'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import s from './settings.module.css'

/** The browser's notification of a call: asked for by a press alone. Absent where the shell announces calls itself. */
export function RingNotification() {
  const { t } = useTranslation()
  const { queries } = useDesk()
  const byShell = useQuery(queries.capabilities).data?.notifications ?? true
  const [permission, setPermission] = useState(() =>
    'Notification' in window ? Notification.permission : 'denied',
  )
  if (byShell) return null
  const allow = () => void Notification.requestPermission().then(setPermission, () => undefined)
  return (
    <div className={cx(s.row)}>
      <p className={cx(s.small)}>{t(`work.settings.notify.${permission}`)}</p>
      {permission === 'default' ? (
        <div className={cx(s.test)}>
          <Button size="small" onPress={allow}>
            {t('work.settings.notifyAllow')}
          </Button>
        </div>
      ) : null}
    </div>
  )
}
