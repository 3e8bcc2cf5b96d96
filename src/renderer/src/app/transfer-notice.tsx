import { useState } from 'react'
import { isLive } from '#contract/domain/call.ts'
import { hasVoice, pairOf } from '#contract/domain/call-machine.ts'
import { useTargetName } from '../features/calls/use-who.ts'
import { useCalls } from '../host/call-store.ts'
import { useTranslation } from '../i18n/use-translation.ts'
import { Button } from '../ui/button.tsx'
import { Notice } from '../ui/notice.tsx'
import { afterFailedTransfer } from './scene.ts'
import { openPanel } from './use-scene.ts'

/** A transfer that came to nothing: whom it did not reach, why, and where the caller is now. */
export function TransferNotice() {
  const { t } = useTranslation()
  const name = useTargetName()
  const failed = useCalls(({ calls }) =>
    calls.find((call) => isLive(call) && call.transfer?.state === 'failed' && call.changing !== 'transfer'),
  )
  // Where it is looked for whom to hand on to is the ribbon, of the call that is spoken on alone.
  const inRibbon = useCalls(({ calls }) => !!failed && hasVoice(failed) && pairOf(calls, failed.id) === null)
  const [read, setRead] = useState<object | null>(null)
  const transfer = failed?.transfer
  if (!failed || !transfer || read === transfer) return null
  return (
    <Notice
      title={t('calls.transfer.failedTitle', { to: name(transfer.to) })}
      actions={
        <>
          {inRibbon ? (
            <Button
              size="small"
              onPress={() => {
                setRead(transfer)
                openPanel('transfer', failed.id)
              }}
            >
              {t('calls.transfer.again')}
            </Button>
          ) : null}
          <Button size="small" look="quiet" onPress={() => setRead(transfer)}>
            {t('calls.transfer.seen')}
          </Button>
        </>
      }
    >
      {transfer.failure ? t(`calls.transfer.failure.${transfer.failure}`) : null}{' '}
      {t(`calls.transfer.${afterFailedTransfer(failed)}`)}
    </Notice>
  )
}
