import type { MessageChannel } from '#contract/domain/message.ts'
import type { CalendarFile } from './calendar.ts'

export type Outgoing = {
  /** Of the message, the same at every attempt: whoever receives it twice can tell. */
  id: string
  /** What it is about: one of the two. */
  appointmentId: string | null
  ticketId: string | null
  channel: MessageChannel
  /** E-mail address, or E.164 number. */
  recipient: string
  subject: string | null
  text: string
  html: string | null
  calendar: CalendarFile | null
}

/** A way out of the CRM for messages of a channel. */
export interface MessagePort {
  readonly via: 'smtp' | 'outbox'
  /**
   * Resolves once the other side has taken the message over; rejects with `NotDelivered`, or unexpectedly. Again with the same id is safe. `signal`
   * ends it.
   */
  deliver(message: Outgoing, signal?: AbortSignal): Promise<void>
  /** Ends what is under way. */
  close(): Promise<void>
}

/** `detail` is for the log: codes, never what the other side said, which quotes addresses. */
export class NotDelivered extends Error {
  readonly permanent: boolean
  readonly detail: Record<string, string | number>

  constructor(permanent: boolean, detail: Record<string, string | number>) {
    super('not delivered')
    this.permanent = permanent
    this.detail = detail
  }
}

export type Ports = Record<MessageChannel, MessagePort>

/** Whether messages of a channel leave this CRM: without a provider, or a mail server, they come no further than the outbox. */
export type Sends = (channel: MessageChannel) => boolean

export const sendsBy =
  (ports: Ports): Sends =>
  (channel) =>
    ports[channel].via !== 'outbox'
