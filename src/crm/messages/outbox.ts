import type { Db } from '../store/store.ts'
import type { MessagePort } from './ports.ts'

/** For channels without a provider: messages lie in the database, where administrators look into them. */
export const outboxPort = (db: Db): MessagePort => ({
  via: 'outbox',
  async deliver(message) {
    await db
      .insertInto('message_outbox')
      .values({
        message_id: message.id,
        appointment_id: message.appointmentId,
        ticket_id: message.ticketId,
        channel: message.channel,
        recipient: message.recipient,
        subject: message.subject,
        body: message.text,
        calendar: message.calendar?.content ?? null,
      })
      .onConflict((conflict) => conflict.column('message_id').doNothing())
      .execute()
  },
  async close() {},
})
