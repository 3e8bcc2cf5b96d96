import { Unplug } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useConnectionStatus } from '../host/desk.tsx'
import { Button } from '../ui/button.tsx'
import { cx } from '../ui/cx.ts'
import s from './overlay.module.css'

/** The page without its host: said at once and over everything, because nothing typed now is safe. */
export function LinkOverlay() {
  const { t } = useTranslation()
  const status = useConnectionStatus()
  if (status === 'open' || status === 'connecting') return null
  const stale = status === 'stale'
  return (
    <div className={cx(s.link)} role="alert" data-live-announcer="true">
      <Unplug size={20} aria-hidden="true" />
      <div>
        <b>{stale ? t('common.link.stale') : t('common.link.lost')}</b>
        <p>{stale ? t('common.link.staleBody') : t('common.link.lostBody')}</p>
      </div>
      <Button size="small" onPress={() => window.location.reload()}>
        {t('common.link.reload')}
      </Button>
    </div>
  )
}
