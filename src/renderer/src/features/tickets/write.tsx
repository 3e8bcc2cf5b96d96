import { useState, useSyncExternalStore } from 'react'
import { Checkbox } from 'react-aria-components'
import { mayAnswer, type Ticket } from '#contract/domain/ticket.ts'
import type { TicketAction } from '#contract/domain/ticket-act.ts'
import { isSent, type TicketChannel, ticketChannels } from '#contract/domain/ticket-entry.ts'
import { useUnsentChannels } from '../../host/use-unsent-channels.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { Button } from '../../ui/button.tsx'
import checks from '../../ui/check.module.css'
import { cx } from '../../ui/cx.ts'
import { Field } from '../../ui/field.tsx'
import { Choice } from '../../ui/select.tsx'
import { useOfferedName } from '../../ui/use-offered-name.ts'
import s from './tickets.module.css'
import type { TicketKeeper } from './use-ticket-draft.ts'

/** What the key does with what is written, by whether the CRM sends it, can only leave it in its outbox, or keeps what was said. */
const verbs = {
  sent: { message: 'send', answer: 'sendAnswer' },
  left: { message: 'leave', answer: 'leaveAnswer' },
  said: { message: 'tell', answer: 'tellAnswer' },
} as const

/** A note for colleagues and a message to the person, as drafts that nobody else's change touches. */
export function Write({
  ticket,
  keeper,
  onAct,
}: {
  ticket: Ticket
  keeper: TicketKeeper
  onAct: (action: TicketAction) => Promise<boolean>
}) {
  const { t } = useTranslation()
  const { draft, status } = useSyncExternalStore(keeper.subscribe, keeper.get)
  const [sending, setSending] = useState(false)
  const set = (change: Partial<typeof draft>) => keeper.edit((before) => ({ ...before, ...change }))
  const answerable = mayAnswer(ticket)
  const answers = draft.answers && answerable
  const unsent = useUnsentChannels()
  const offered = useOfferedName()
  const isLeft = (one: TicketChannel) => isSent(one) && unsent.includes(one)
  const channel = draft.channel ?? (isLeft('email') ? 'phone' : 'email')
  const goes = isLeft(channel) ? 'left' : isSent(channel) ? 'sent' : 'said'
  const doing = verbs[goes][answers ? 'answer' : 'message']
  const name = (one: TicketChannel) => offered(t(`work.tickets.write.channels.${one}`), !isLeft(one))
  const send = async (action: TicketAction) => {
    setSending(true)
    await onAct(action)
    setSending(false)
  }
  return (
    <section className={cx(s.part)} aria-labelledby="ticket-write">
      <h2 id="ticket-write">{t('work.tickets.write.title')}</h2>
      <Field
        label={t('work.tickets.write.note')}
        hint={t('work.tickets.write.noteHint')}
        rows={3}
        maxLength={8000}
        value={draft.note}
        onChange={(note) => set({ note })}
      />
      <div className={cx(s.out)}>
        <Button
          size="small"
          isDisabled={draft.note.trim() === '' || sending}
          onPress={() => void send({ do: 'note', text: draft.note.trim() })}
        >
          {t('work.tickets.write.addNote')}
        </Button>
      </div>
      <Field
        label={t('work.tickets.write.message')}
        hint={t(
          `work.tickets.write.messageHint.${goes === 'left' ? 'unsent' : channel === 'sms' ? 'sms' : goes}`,
        )}
        rows={5}
        maxLength={8000}
        value={draft.message}
        onChange={(message) => set({ message })}
      />
      <div className={cx(s.out)}>
        <Choice
          label={t('work.tickets.write.channel')}
          hideLabel
          value={channel}
          onChange={(chosen) => set({ channel: chosen })}
          options={ticketChannels.map((id) => ({ id, name: name(id) }))}
        />
        <Checkbox
          className={cx(checks.check)}
          isSelected={answers}
          isDisabled={!answerable}
          onChange={(on) => set({ answers: on })}
        >
          <span className={cx(checks.box)} aria-hidden="true" />
          {t('work.tickets.write.answers')}
        </Checkbox>
        <Button
          size="small"
          look={answers ? 'primary' : 'plain'}
          isDisabled={draft.message.trim() === '' || sending}
          onPress={() => void send({ do: 'tell', channel, text: draft.message.trim(), answers })}
        >
          {t(`work.tickets.write.${doing}`)}
        </Button>
        <span className={cx(s.small)}>
          {status === 'failed'
            ? t('work.tickets.write.unsaved')
            : draft.note === '' && draft.message === ''
              ? null
              : t(status === 'saved' ? 'work.tickets.write.saved' : 'work.tickets.write.saving')}
        </span>
      </div>
    </section>
  )
}
