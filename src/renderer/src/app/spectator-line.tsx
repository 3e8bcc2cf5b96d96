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

/** Where the calls are when they are not here, or not only here, and the one way to have them here. */
export function SpectatorLine() {
  const { t } = useTranslation()
  const { desk } = useDesk()
  const blocked = useBlocked()
  const others = useLive(({ truth }) => (truth?.phone.state === 'registered' ? truth.phone.otherDesks : 0))
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
  useShortcut('takeHere', take, blocked !== null || others > 0)
  if (!blocked && others === 0) return null
  const [what, why] = blocked
    ? [t(`calls.spectator.${blocked}`), t(`calls.spectator.${blocked}Body`)]
    : [t('calls.spectator.shared', { count: others }), t('calls.spectator.sharedBody')]
  return (
    <div className={cx(s.spectator)}>
      <MonitorSmartphone size={18} aria-hidden="true" />
      <p>
        <b>{what}</b> {why}
      </p>
      <Button size="small" look="primary" shortcut="takeHere" isPending={taking} onPress={take}>
        {t(taking ? 'calls.spectator.taking' : 'calls.spectator.take')}
      </Button>
    </div>
  )
}
