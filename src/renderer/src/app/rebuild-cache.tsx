import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { SystemTruth } from '#contract/desk.ts'
import type { FaultData } from '#contract/errors.ts'
import { useDesk } from '../host/desk.tsx'
import { toFault } from '../host/fault.ts'
import { Button } from '../ui/button.tsx'
import { cx } from '../ui/cx.ts'
import { useFaultText } from '../ui/fault-text.tsx'
import s from './truth.module.css'

/** The way out of a blocked cache: begin anew from the CRM, after words that say what happens. Not for a file of a newer program. */
export function RebuildCache({ cache }: { cache: SystemTruth['cache'] }) {
  const { t } = useTranslation()
  const { desk } = useDesk()
  const say = useFaultText()
  const [step, setStep] = useState<'offered' | 'asked' | 'going'>('offered')
  const [failed, setFailed] = useState<FaultData | null>(null)
  if (cache.state !== 'blocked' || cache.fault?.code === 'cache-newer') return null

  const rebuild = async () => {
    setStep('going')
    setFailed(null)
    try {
      await desk.system.rebuildCache()
    } catch (error) {
      setFailed(toFault(error))
    }
    setStep('offered')
  }
  if (step === 'offered')
    return (
      <div className={cx(s.panelNote)}>
        {failed ? <p role="alert">{say(failed)}</p> : null}
        <Button size="small" onPress={() => setStep('asked')}>
          {t('desk.truth.rebuild.offer')}
        </Button>
      </div>
    )
  return (
    <div className={cx(s.panelNote)}>
      <p role="alert">{t('desk.truth.rebuild.ask')}</p>
      <div className={cx(s.panelActions)}>
        <Button
          size="small"
          look="primary"
          onPress={() => void rebuild()}
          isPending={step === 'going'}
          autoFocus
        >
          {t('desk.truth.rebuild.yes')}
        </Button>
        <Button size="small" look="quiet" onPress={() => setStep('offered')}>
          {t('desk.truth.rebuild.no')}
        </Button>
      </div>
    </div>
  )
}
