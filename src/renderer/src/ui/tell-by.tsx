import { Checkbox, CheckboxGroup, Label, Text } from 'react-aria-components'
import { useTranslation } from 'react-i18next'
import type { Notify } from '#contract/commands/appointment.ts'
import type { MessageChannel } from '#contract/domain/message.ts'
import { cx } from './cx.ts'
import s from './tell-by.module.css'
import { useOfferedName } from './use-offered-name.ts'

/** By which of the channels somebody is told; of those that nobody sends it says so. */
export function TellBy({
  label,
  channels,
  unsent,
  told,
  onTold,
}: {
  label: string
  channels: readonly MessageChannel[]
  unsent: readonly MessageChannel[]
  told: Notify
  onTold: (told: Notify) => void
}) {
  const { t } = useTranslation()
  const offered = useOfferedName()
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
          {offered(t(`work.booking.channel.${channel}`), !unsent.includes(channel))}
        </Checkbox>
      ))}
      {told.some((channel) => channel !== 'none' && unsent.includes(channel)) ? (
        <Text slot="description" className={cx(s.note)}>
          {t('work.booking.unsentNote')}
        </Text>
      ) : null}
    </CheckboxGroup>
  )
}
