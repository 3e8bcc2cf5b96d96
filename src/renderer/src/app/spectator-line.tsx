import { MonitorSmartphone } from 'lucide-react'
import { useState } from 'react'
import { attempt } from '../host/attempt.ts'
import { useDesk } from '../host/desk.tsx'
import { useLive } from '../host/live-store.ts'
import { useBlocked } from '../host/use-blocked.ts'
import { useTranslation } from '../i18n/use-translation.ts'
import { Button } from '../ui/button.tsx'
import { cx } from '../ui/cx.ts'
import { useShortcut } from '../ui/shortcuts.ts'
import s from './call.module.css'

/** Where the calls are when they are not here, and the one way to have them here. */
export function SpectatorLine() {
  const { t } = useTranslation()
  const { desk } = useDesk()
  const blocked = useBlocked()
  const takeVoice = useLive((state) => state.takeVoice)
  const [taking, setTaking] = useState(false)
  const take = () => {
    if (blocked === 'voice') {
      takeVoice?.()
      return
    }
    setTaking(true)
    void attempt('takeOver', () => desk.phone.takeOver()).then(() => setTaking(false))
  }
  useShortcut('takeHere', take, blocked !== null)
  if (!blocked) return null
  return (
    <div className={cx(s.spectator)}>
      <MonitorSmartphone size={18} aria-hidden="true" />
      <p>
        <b>{t(`calls.spectator.${blocked}`)}</b> {t(`calls.spectator.${blocked}Body`)}
      </p>
      <Button size="small" look="primary" shortcut="takeHere" isPending={taking} onPress={take}>
        {t(taking ? 'calls.spectator.taking' : 'calls.spectator.take')}
      </Button>
    </div>
  )
}
