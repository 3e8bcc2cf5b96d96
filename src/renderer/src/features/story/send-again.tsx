import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Appointment } from '#contract/domain/appointment.ts'
import { newId } from '#contract/domain/ids.ts'
import type { MessageChannel } from '#contract/domain/message.ts'
import { attempt } from '../../host/attempt.ts'
import { useDesk } from '../../host/desk.tsx'
import { useUnsentChannels } from '../../host/use-unsent-channels.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { announce } from '../../ui/announce.tsx'
import { Button } from '../../ui/button.tsx'
import { proposed } from '../../ui/channels.ts'
import { cx } from '../../ui/cx.ts'
import { Choice } from '../../ui/select.tsx'
import { ToldMessages } from '../../ui/told-messages.tsx'
import { useOfferedName } from '../../ui/use-offered-name.ts'
import s from './story.module.css'

/** What was told of an appointment, and the same once more by a channel that is chosen. */
export function SendAgain({
  appointment,
  when,
  channels,
  onLeave,
}: {
  appointment: Appointment
  when: string
  channels: readonly MessageChannel[]
  onLeave: () => void
}) {
  const { t } = useTranslation()
  const { desk, queries } = useDesk()
  const client = useQueryClient()
  const unsent = useUnsentChannels()
  const offered = useOfferedName()
  const [first] = proposed([...channels], unsent)
  const [chosen, setChosen] = useState<MessageChannel | null>(null)
  const channel = chosen ?? (first === 'none' ? undefined : first)
  // The same for every press until it is sent: what is pressed twice goes once.
  const [messageId, setMessageId] = useState(newId)
  const [sending, setSending] = useState(false)
  const isLeft = (one: MessageChannel) => unsent.includes(one)
  const send = async () => {
    if (channel === undefined || sending) return
    setSending(true)
    const asked = { appointmentId: appointment.id, messageId, channel }
    const isDone = await attempt('sendAgain', async () => {
      const { messages } = await desk.appointments.sendAgain(asked)
      client.setQueryData(queries.messages(appointment.id).queryKey, messages)
    })
    setSending(false)
    if (!isDone) return
    setMessageId(newId())
    announce(t(isLeft(channel) ? 'person.story.sentAgainLeft' : 'person.story.sentAgain'))
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: what goes out, with two buttons, is no fieldset
    <div className={cx(s.sure)} role="group" aria-label={t('person.story.sendAgainOf', { when })}>
      <div className={cx(s.question)}>
        <ToldMessages appointmentId={appointment.id} />
      </div>
      <Choice
        label={t('person.story.sendAgainBy')}
        value={channel ?? null}
        onChange={setChosen}
        options={channels.map((id) => ({ id, name: offered(t(`work.booking.channel.${id}`), !isLeft(id)) }))}
      />
      <Button size="small" look="primary" isPending={sending} onPress={() => void send()}>
        {t('person.story.sendAgainDo')}
      </Button>
      <Button size="small" look="quiet" onPress={onLeave}>
        {t('person.story.sendAgainLeave')}
      </Button>
      {channel && isLeft(channel) ? (
        <span className={cx(s.question)}>{t('work.booking.unsentNote')}</span>
      ) : null}
    </div>
  )
}
