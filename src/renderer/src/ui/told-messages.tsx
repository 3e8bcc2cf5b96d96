import { useQuery } from '@tanstack/react-query'
import { type AppointmentMessage, becameOf, isLeaving } from '#contract/domain/message.ts'
import { useDesk } from '../host/desk.tsx'
import { useTranslation } from '../i18n/use-translation.ts'
import { cx } from './cx.ts'
import s from './told-messages.module.css'
import { useFormat } from './use-format.ts'

/** What a person was told of an appointment, or will be; reminders apart. */
export function ToldMessages({ appointmentId }: { appointmentId: string }) {
  const { t } = useTranslation()
  const format = useFormat()
  const { queries } = useDesk()
  const { data, error } = useQuery({
    ...queries.messages(appointmentId),
    retry: false,
    // The feed does not tell of messages: asked again while one that is due has not left.
    refetchInterval: ({ state }) => (state.data?.some((one) => isLeaving(one, new Date())) ? 2000 : false),
  })
  if (error) return <p className={cx(s.none)}>{t('work.booking.messagesUnknown')}</p>
  if (!data) return null
  const now = data.filter(({ kind }) => kind !== 'reminder')
  if (now.length === 0) return <p className={cx(s.none)}>{t('work.booking.messagesNone')}</p>
  const words = (message: AppointmentMessage) => {
    switch (becameOf(message)) {
      case 'sent':
        return t('work.booking.messageSent')
      case 'outbox':
        return t('work.booking.messageInOutbox')
      case 'queued':
        return t('work.booking.messageDue', { when: format.moment(message.dueAt) })
      default:
        return t(`work.booking.messageReason.${message.reason ?? 'unexpected'}`)
    }
  }
  return (
    <ul className={cx(s.messages)}>
      {now.map((message) => (
        <li key={message.id}>
          <b>{t(`work.booking.channel.${message.channel}`)}</b> {words(message)}
        </li>
      ))}
    </ul>
  )
}
