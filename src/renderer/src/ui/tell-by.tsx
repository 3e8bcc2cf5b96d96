import { Checkbox, CheckboxGroup, Label } from 'react-aria-components'
import { useTranslation } from 'react-i18next'
import type { Notify } from '#contract/commands/appointment.ts'
import type { MessageChannel } from '#contract/domain/message.ts'
import { cx } from './cx.ts'
import s from './tell-by.module.css'

/** By which of the channels somebody is told. */
export function TellBy({
  label,
  channels,
  told,
  onTold,
}: {
  label: string
  channels: readonly MessageChannel[]
  told: Notify
  onTold: (told: Notify) => void
}) {
  const { t } = useTranslation()
  return (
    <CheckboxGroup
      className={cx(s.channels)}
      value={told.filter((channel): channel is MessageChannel => channel !== 'none')}
      onChange={(chosen) => onTold(chosen as Notify)}
    >
      <Label>{label}</Label>
      {channels.map((channel) => (
        <Checkbox key={channel} value={channel} className={cx(s.channel)}>
          <span aria-hidden="true" />
          {t(`work.booking.channel.${channel}`)}
        </Checkbox>
      ))}
    </CheckboxGroup>
  )
}
