import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLive } from '../host/live-store.ts'
import { announce } from '../ui/announce.tsx'
import { Button } from '../ui/button.tsx'
import { Notice } from '../ui/notice.tsx'
import { isBack, isBare, isShut, type Missing, missing } from './missing-devices.ts'

/** A device that was chosen is gone or does not open: what takes its place, or that nothing does, until it is back. And a ring that the browser keeps silent. */
export function DeviceLine() {
  const { t } = useTranslation()
  const audio = useLive((state) => state.truth?.audio ?? null)
  const [read, setRead] = useState('')
  const before = useRef<Missing[]>([])
  const roles = audio?.roles
  const gone = missing(roles)
  const key = gone.map(({ name, state, wanted }) => `${name} ${state} ${wanted}`).join()
  useEffect(() => {
    if (!roles) return
    if (isBack(before.current, roles)) announce(t('desk.device.back'))
    before.current = missing(roles)
    // The next time it goes is told again.
    if (before.current.length === 0) setRead('')
  }, [roles, t])
  if (audio?.ringSilenced) {
    return (
      <Notice tone="red" title={t('desk.device.silenced')}>
        {t('desk.device.silencedBody')}
      </Notice>
    )
  }
  if (gone.length === 0 || key === read) return null
  const shut = gone.every(isShut)
  const device = gone.find((one) => one.wanted && isShut(one) === shut)?.wanted
  return (
    <Notice
      title={
        shut
          ? device
            ? t('desk.device.shut', { device })
            : t('desk.device.shutUnnamed')
          : device
            ? t('desk.device.gone', { device })
            : t('desk.device.goneUnnamed')
      }
      {...(gone.some(isBare) ? { tone: 'red' as const } : {})}
      actions={
        <Button size="small" look="quiet" onPress={() => setRead(key)}>
          {t('refusals.dismiss')}
        </Button>
      }
    >
      {gone
        .map(({ name, state, used }) =>
          state === 'none' || state === 'failed'
            ? t(`desk.device.${state}.${name}`)
            : t('desk.device.instead', {
                role: t(`desk.device.role.${name}`),
                used: used ?? t('desk.device.unnamed'),
              }),
        )
        .join(' ')}{' '}
      {t(shut ? 'desk.device.triedAgain' : 'desk.device.returns')}
    </Notice>
  )
}
