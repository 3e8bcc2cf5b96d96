import { z } from 'zod'
import { Id, Instant, PlainDate, Slug } from './ids.ts'
import { Delivery, MessageChannel } from './message.ts'
import { CloseReason, TicketStatus } from './ticket.ts'
import { TicketKind } from './ticket-kind.ts'

/** How a citizen was told something. E-mail, SMS and WhatsApp the CRM sends; the others are said or posted by whoever writes it down here. */
export const ticketChannels = ['phone', 'email', 'letter', 'counter', 'whatsapp', 'sms'] as const
export const TicketChannel = z.enum(ticketChannels)
export type TicketChannel = z.infer<typeof TicketChannel>

/** Whether the CRM itself sends it. */
export const isSent = (channel: TicketChannel): channel is MessageChannel =>
  MessageChannel.safeParse(channel).success

export const attachmentTypes = [
  'application/pdf',
  'image/jpeg',
  'image/png',
  'image/webp',
  'text/plain',
] as const
export const AttachmentType = z.enum(attachmentTypes)
export type AttachmentType = z.infer<typeof AttachmentType>
/** What systems take the types for, each by the end of a name; the first is added where a name ends otherwise. */
const endings: Record<AttachmentType, readonly [string, ...string[]]> = {
  'application/pdf': ['.pdf'],
  'image/jpeg': ['.jpg', '.jpeg'],
  'image/png': ['.png'],
  'image/webp': ['.webp'],
  'text/plain': ['.txt'],
}
const longestName = 200

/** A name that ends as its content is: whoever saves a file opens it by that, and a text that ends in `.bat` is a program there. */
export function withOwnEnding(name: string, type: AttachmentType): string {
  // Dots and spaces at the end are none to Windows.
  const plain = name.replace(/[.\s]+$/u, '')
  const own = endings[type].find((ending) => plain.toLowerCase().endsWith(ending))
  const ending = own === undefined ? endings[type][0] : plain.slice(-own.length)
  const stem = own === undefined ? plain : plain.slice(0, -own.length)
  return `${(/^\.*$/.test(stem) ? 'file' : stem).slice(0, longestName - ending.length)}${ending}`
}

export const attachmentLimit = 10 * 1024 * 1024
export const mostAttachments = 50

export const Attachment = z.object({
  id: Id,
  name: z.string().min(1).max(longestName),
  /** What its content is, whatever its name says. */
  type: AttachmentType,
  size: z.number().int().positive().max(attachmentLimit),
})
export type Attachment = z.infer<typeof Attachment>

const text = z.string().max(8000)
const reason = z.string().max(500)

/** One thing that happened to a request. `clock`: what it did to the clock beside. */
export const TicketDeed = z.discriminatedUnion('did', [
  z.object({
    did: z.literal('moved'),
    from: TicketStatus,
    to: TicketStatus,
    reason: reason.nullable(),
    closedFor: CloseReason.nullable(),
    clock: z.enum(['stopped', 'resumed']).nullable(),
  }),
  z.object({ did: z.literal('noted'), text }),
  z.object({
    did: z.literal('told'),
    channel: TicketChannel,
    text,
    /** It was the answer, and the state that this ended. */
    answered: TicketStatus.nullable(),
  }),
  z.object({
    did: z.literal('handed-over'),
    from: Slug,
    to: Slug,
    reason,
    reference: z.string().max(80).nullable(),
  }),
  z.object({
    ...{ did: z.literal('assigned'), toId: Id.nullable(), toName: z.string().max(120).nullable() },
    /** It is nobody's because whoever had it has left its team, or their account has ended. */
    why: z.enum(['other-team', 'deactivated']).optional(),
  }),
  z.object({ did: z.literal('stopped'), on: PlainDate, reason }),
  z.object({ did: z.literal('resumed'), on: PlainDate, dueOn: PlainDate }),
  z.object({ did: z.literal('extended'), days: z.number().int(), reason, dueOn: PlainDate }),
  z.object({ did: z.literal('linked'), contactId: Id }),
  /** As the persons were recorded then: they may have been joined with others since, or be there no more. */
  z.object({
    ...{ did: z.literal('identified'), fromId: Id.nullable(), toId: Id.nullable() },
    reason: reason.nullable(),
  }),
  z.object({
    did: z.literal('classified'),
    from: z.object({ kind: TicketKind, topicId: Slug }),
    to: z.object({ kind: TicketKind, topicId: Slug }),
    reason,
    dueOn: PlainDate,
  }),
  z.object({ did: z.literal('attached'), attachment: Attachment }),
])
export type TicketDeed = z.infer<typeof TicketDeed>

/** A line of a request's history. It is never changed; retention may empty it, and what becomes of a message is told beside it. */
export const TicketEntry = z.object({
  id: Id,
  version: z.number().int().nonnegative(),
  ticketId: Id,
  at: Instant,
  /** Null: nobody did it, it followed from the city's rules. */
  authorId: Id.nullable(),
  authorName: z.string().max(120).nullable(),
  what: TicketDeed,
  /** Null where there is nothing to send, and until the CRM has it. */
  delivery: Delivery.nullable().default(null),
})
export type TicketEntry = z.infer<typeof TicketEntry>
