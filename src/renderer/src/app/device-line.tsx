import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { AudioRoles } from '#contract/media.ts'
import { useLive } from '../host/live-store.ts'
import { announce } from '../ui/announce.tsx'
import { Button } from '../ui/button.tsx'
import { Notice } from '../ui/notice.tsx'

const names = ['microphone', 'speaker', 'ringer'] as const

const missing = (roles: AudioRoles | undefined) =>
  names.filter((name) => roles?.[name].state === 'fallback').map((name) => ({ name, ...roles?.[name] }))

/** A device that was chosen is gone: what takes its place, until it is back. And a ring that the browser keeps silent. */
export function DeviceLine() {
  const { t } = useTranslation()
  const audio = useLive((state) => state.truth?.audio ?? null)
  const [read, setRead] = useState('')
  const before = useRef(0)
  const gone = missing(audio?.roles)
  const key = gone.map(({ name, wanted }) => `${name} ${wanted}`).join()
  useEffect(() => {
    if (gone.length < before.current) announce(t('desk.device.back'))
    before.current = gone.length
  }, [gone.length, t])
  if (audio?.ringSilenced) {
    return (
      <Notice tone="red" title={t('desk.device.silenced')}>
        {t('desk.device.silencedBody')}
      </Notice>
    )
  }
  if (gone.length === 0 || key === read) return null
  const device = gone.find(({ wanted }) => wanted)?.wanted ?? t('desk.device.unnamed')
  return (
    <Notice
      title={t('desk.device.gone', { device })}
      actions={
        <Button size="small" look="quiet" onPress={() => setRead(key)}>
          {t('refusals.dismiss')}
        </Button>
      }
    >
      {gone
        .map(({ name, used }) =>
          t('desk.device.instead', {
            role: t(`desk.device.role.${name}`),
            used: used ?? t('desk.device.unnamed'),
          }),
        )
        .join(' ')}{' '}
      {t('desk.device.returns')}
    </Notice>
  )
}
