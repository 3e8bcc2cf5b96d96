import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { KnownDevice, WipeMode } from '#contract/crm-audit.ts'
import type { FaultData } from '#contract/errors.ts'
import { useDesk } from '../../host/desk.tsx'
import { toFault } from '../../host/fault.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { FaultNotice } from '../../ui/fault-notice.tsx'
import { useFaultText } from '../../ui/fault-text.tsx'
import { Notice, Waiting } from '../../ui/notice.tsx'
import rows from '../../ui/rows.module.css'
import { Tag } from '../../ui/tag.tsx'
import { useFormat } from '../../ui/use-format.ts'
import s from './oversight.module.css'

/** The desks that the CRM knows. One that is lost is emptied at its next contact. */
export function Devices() {
  const { t } = useTranslation()
  const say = useFaultText()
  const { queries } = useDesk()
  const { data, error } = useQuery(queries.devices)
  const [asking, setAsking] = useState<string | null>(null)
  if (error)
    return (
      <Notice tone="red" alert>
        {say(toFault(error))}
      </Notice>
    )
  if (!data) return <Waiting label={t('common.loading')} rows={5} />
  if (data.length === 0) return <p className={cx(s.none)}>{t('work.oversight.device.none')}</p>
  return (
    <>
      <p className={cx(s.none)}>{t('work.oversight.device.about')}</p>
      <ul className={cx(rows.rows)}>
        {data.map((device) => (
          <Device
            key={device.id}
            device={device}
            asking={asking === device.id}
            onAsk={(open) => setAsking(open ? device.id : null)}
          />
        ))}
      </ul>
    </>
  )
}

function Device({
  device,
  asking,
  onAsk,
}: {
  device: KnownDevice
  asking: boolean
  onAsk: (open: boolean) => void
}) {
  const { t } = useTranslation()
  const format = useFormat()
  const { name, registeredBy, registeredAt, wipe, wiped } = device
  return (
    <li>
      <div>
        <b>{name}</b>
        <p>{t('work.oversight.device.known', { when: format.moment(registeredAt), who: registeredBy })}</p>
        {wiped && wiped.destroyed > 0 ? (
          <p>{t('work.oversight.device.destroyed', { count: wiped.destroyed })}</p>
        ) : null}
        {asking ? <AskWipe device={device} onDone={() => onAsk(false)} /> : null}
      </div>
      <div className={cx(s.tags)}>
        {wiped ? (
          <Tag>{t('work.oversight.device.wiped', { when: format.moment(wiped.at) })}</Tag>
        ) : wipe ? (
          <Tag tone="amber">{t(`work.oversight.device.asked.${wipe.mode}`)}</Tag>
        ) : null}
        {wiped || asking || wipe?.mode === 'now' ? null : (
          <Button size="small" look="quiet" onPress={() => onAsk(true)}>
            {wipe ? t('work.oversight.device.sooner') : t('work.oversight.device.wipe')}
          </Button>
        )}
      </div>
    </li>
  )
}

/** To empty a desk cannot be taken back. One that is to deliver first may be told to empty itself now, and not the other way round. */
function AskWipe({ device, onDone }: { device: KnownDevice; onDone: () => void }) {
  const { t } = useTranslation()
  const { desk } = useDesk()
  const client = useQueryClient()
  const [going, setGoing] = useState<WipeMode | null>(null)
  const [fault, setFault] = useState<FaultData | null>(null)
  const wipe = async (mode: WipeMode) => {
    setGoing(mode)
    setFault(null)
    try {
      await desk.oversight.wipe({ deviceId: device.id, mode })
      await client.invalidateQueries({ queryKey: ['oversight', 'devices'] })
      onDone()
    } catch (error) {
      setFault(toFault(error))
      setGoing(null)
    }
  }
  const isAsked = device.wipe !== null
  const question = t(`work.oversight.device.${isAsked ? 'askNow' : 'ask'}`, { name: device.name })
  return (
    <fieldset className={cx(s.ask)} aria-label={question}>
      <p className={cx(s.asked)}>
        <b>{question}</b> {t(`work.oversight.device.${isAsked ? 'askNowMore' : 'askMore'}`)}
      </p>
      <FaultNotice fault={fault} />
      <div className={cx(s.out)}>
        {isAsked ? null : (
          <Button
            size="small"
            look="primary"
            autoFocus
            isDisabled={going !== null}
            onPress={() => void wipe('after-delivery')}
          >
            {t('work.oversight.device.afterDelivery')}
          </Button>
        )}
        <Button size="small" isDisabled={going !== null} onPress={() => void wipe('now')}>
          {t('work.oversight.device.now')}
        </Button>
        <Button size="small" look="quiet" autoFocus={isAsked} onPress={onDone}>
          {t('work.oversight.leave')}
        </Button>
      </div>
    </fieldset>
  )
}
