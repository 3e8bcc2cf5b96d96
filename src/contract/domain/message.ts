import { z } from 'zod'
import { Id, Instant } from './ids.ts'

export const MessageChannel = z.enum(['email', 'sms', 'whatsapp'])
export type MessageChannel = z.infer<typeof MessageChannel>

/**
 * Whether messages of a channel leave the CRM, as every desk holds it: those of a channel without a provider, or without a mail server, come no further
 * than the outbox, and reach nobody.
 */
export const ChannelWay = z.object({
  id: MessageChannel,
  version: z.number().int().nonnegative(),
  leaves: z.boolean(),
})
export type ChannelWay = z.infer<typeof ChannelWay>

/** `recovery`: the office cancelled and opened an agenda in which the affected come first. `lapse`: a proposal that nobody confirmed in time. */
export const MessageKind = z.enum([
  'confirmation',
  'change',
  'cancellation',
  'recovery',
  'reminder',
  'proposal',
  'lapse',
])
export type MessageKind = z.infer<typeof MessageKind>

/** `failed`: it should have gone out and did not, somebody must act. `dropped`: it was not, or is no longer, to be sent. */
export const MessageState = z.enum(['queued', 'sent', 'failed', 'dropped'])
export type MessageState = z.infer<typeof MessageState>

/**
 * Why a message failed (`refused` by the other side, `unreachable` after the last attempt, `unexpected`) or was dropped (`no-address`,
 * `opted-out`, `superseded` by a later message, `outdated`: what it says is no longer so).
 */
export const MessageReason = z.enum([
  'refused',
  'unreachable',
  'unexpected',
  'no-address',
  'opted-out',
  'superseded',
  'outdated',
])
export type MessageReason = z.infer<typeof MessageReason>

/** A message about an appointment, as the desk shows it. */
export const AppointmentMessage = z.object({
  id: Id,
  appointmentId: Id,
  kind: MessageKind,
  channel: MessageChannel,
  /** Shortened: enough to say over the phone which one it is. Null when the person has no address of this channel. */
  recipient: z.string().nullable(),
  state: MessageState,
  reason: MessageReason.nullable(),
  /** Not sent before; later in the quiet hours of the city and after a failed attempt. */
  dueAt: Instant,
  sentAt: Instant.nullable(),
  attempts: z.number().int().nonnegative(),
  /** How it left: `outbox` is a place in the CRM where messages of a channel lie that no provider sends yet. Null until sent. */
  via: z.enum(['smtp', 'outbox']).nullable(),
})
export type AppointmentMessage = z.infer<typeof AppointmentMessage>

/** A message to a citizen, about an appointment or, as `told`, about a request. */
export const CitizenMessage = AppointmentMessage.extend({
  appointmentId: Id.nullable(),
  ticketId: Id.nullable(),
  kind: z.enum([...MessageKind.options, 'told']),
})
export type CitizenMessage = z.infer<typeof CitizenMessage>

/** What became of one. */
export const Delivery = AppointmentMessage.pick({
  recipient: true,
  state: true,
  reason: true,
  sentAt: true,
  via: true,
})
export type Delivery = z.infer<typeof Delivery>

/**
 * Whether the person hears of something without a call: a message has been `sent`, or is `waiting` in the queue of a channel that is really sent and
 * will come in time; `none`: somebody must call, or write a letter.
 */
export const Reach = z.enum(['sent', 'waiting', 'none'])
export type Reach = z.infer<typeof Reach>

/** Whether a message is about to leave: it may be asked again soon what became of it. */
export const isLeaving = (
  { state, dueAt }: Pick<AppointmentMessage, 'state' | 'dueAt'>,
  now: Date,
): boolean => state === 'queued' && Date.parse(dueAt) <= now.getTime()

/** As it is said: one that left for the CRM's outbox has reached nobody. */
export const becameOf = ({ state, via }: Pick<Delivery, 'state' | 'via'>): MessageState | 'outbox' =>
  state === 'sent' && via === 'outbox' ? 'outbox' : state

/** A message of a channel without a provider, as it would have been sent. */
export const OutboxMessage = z.object({
  id: Id,
  appointmentId: Id.nullable(),
  ticketId: Id.nullable(),
  channel: MessageChannel,
  recipient: z.string(),
  subject: z.string().nullable(),
  text: z.string(),
  /** The calendar file (RFC 5545) that an e-mail has with it. SMS and WhatsApp carry no file: the code in the text is what the person needs. */
  calendar: z.string().nullable(),
  writtenAt: Instant,
})
export type OutboxMessage = z.infer<typeof OutboxMessage>
