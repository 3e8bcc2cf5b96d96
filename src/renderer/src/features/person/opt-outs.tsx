import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Checkbox } from 'react-aria-components'
import { useTranslation } from 'react-i18next'
import { MessageChannel } from '#contract/domain/message.ts'
import type { FaultData } from '#contract/errors.ts'
import { useDesk } from '../../host/desk.tsx'
import { toFault } from '../../host/fault.ts'
import { announce } from '../../ui/announce.tsx'
import checks from '../../ui/check.module.css'
import { cx } from '../../ui/cx.ts'
import { FaultNotice } from '../../ui/fault-notice.tsx'
import s from './person.module.css'

/** By which channels a person wants no messages. Only the CRM knows: while it is away, it says so. */
export function OptOuts({ citizenId }: { citizenId: string }) {
  const { t } = useTranslation()
  const { desk, queries } = useDesk()
  const client = useQueryClient()
  const query = queries.optOuts(citizenId)
  const { data, error } = useQuery(query)
  const [sending, setSending] = useState(false)
  const [refused, setRefused] = useState<FaultData | null>(null)
  const fault = refused ?? (error && !data ? toFault(error) : null)
  const set = async (channel: MessageChannel, unwanted: boolean) => {
    const others = (data ?? []).filter((one) => one !== channel)
    setSending(true)
    setRefused(null)
    try {
      const { channels } = await desk.citizens.setOptOuts({
        citizenId,
        channels: unwanted ? [...others, channel] : others,
      })
      client.setQueryData(query.queryKey, channels)
      announce(t('person.optOuts.done'))
    } catch (reason) {
      setRefused(toFault(reason))
    } finally {
      setSending(false)
    }
  }
  return (
    <section className={cx(s.part)} aria-labelledby="opt-outs">
      <h2 className={cx(s.h2)} id="opt-outs">
        {t('person.optOuts.title')}
      </h2>
      <p className={cx(s.small)}>{t('person.optOuts.hint')}</p>
      {data ? (
        <ul className={cx(s.switches)}>
          {MessageChannel.options.map((channel) => (
            <li key={channel}>
              <Checkbox
                className={cx(checks.check)}
                isSelected={data.includes(channel)}
                isDisabled={sending}
                onChange={(on) => void set(channel, on)}
              >
                <span className={cx(checks.box)} aria-hidden="true" />
                {t(`person.optOuts.channel.${channel}`)}
              </Checkbox>
            </li>
          ))}
        </ul>
      ) : null}
      <FaultNotice fault={fault} />
    </section>
  )
}
