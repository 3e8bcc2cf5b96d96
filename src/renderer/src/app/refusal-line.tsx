import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { forgetRefusal, useRefusal } from '../host/attempt.ts'
import { Button } from '../ui/button.tsx'
import { cx } from '../ui/cx.ts'
import { useFaultText } from '../ui/fault-text.tsx'
import { isAboutVoice, nextStepOf } from '../ui/next-step.ts'
import { Notice } from '../ui/notice.tsx'
import { DeviceLine } from './device-line.tsx'
import s from './frame.module.css'
import { ShiftLine } from './shift-line.tsx'
import { SpectatorLine } from './spectator-line.tsx'
import { TransferNotice } from './transfer-notice.tsx'
import { showPage } from './use-scene.ts'

/** Why the last thing asked did not happen, under the call, until something succeeds or it is put away. */
export function RefusalLine() {
  const { t } = useTranslation()
  const say = useFaultText()
  const refusal = useRefusal((state) => state.refusal)
  useEffect(() => forgetRefusal, [])
  return (
    <div className={cx(s.refusal)} role="alert" data-live-announcer="true">
      <SpectatorLine />
      <DeviceLine />
      <ShiftLine />
      <TransferNotice />
      {refusal ? (
        <Notice
          tone="red"
          title={t(`refusals.deed.${refusal.deed}`)}
          actions={
            <>
              {isAboutVoice(refusal.fault.code) ? (
                <Button size="small" onPress={() => showPage('settings')}>
                  {t('start.idle.micAction')}
                </Button>
              ) : null}
              <Button size="small" look="quiet" onPress={forgetRefusal}>
                {t('refusals.dismiss')}
              </Button>
            </>
          }
        >
          {say(refusal.fault)} {t(`refusals.next.${nextStepOf(refusal.fault.code)}`)}
        </Notice>
      ) : null}
    </div>
  )
}
