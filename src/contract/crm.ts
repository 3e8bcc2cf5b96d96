import { eventIterator, oc } from '@orpc/contract'
import { z } from 'zod'
import { CommandEnvelope, CommandResult } from './commands/registry.ts'
import { agendaContract } from './crm-agenda.ts'
import { auditContract, retentionContract, wipeContract } from './crm-audit.ts'
import { bookingContract } from './crm-booking.ts'
import { citizensContract } from './crm-citizens.ts'
import { ticketsContract } from './crm-tickets.ts'
import { usersContract } from './crm-users.ts'
import { User } from './domain/agent.ts'
import { Appointment, Slot } from './domain/appointment.ts'
import { Contact } from './domain/contact.ts'
import { EntityName } from './domain/entities.ts'
import { Id, Instant, PlainDate, Slug } from './domain/ids.ts'
import { defaultLine, LineConfiguration } from './domain/line.ts'
import {
  AppointmentMessage,
  CitizenMessage,
  MessageChannel,
  MessageState,
  OutboxMessage,
} from './domain/message.ts'
import { SpellingLanguage } from './domain/spelling.ts'
import { faultErrors } from './errors.ts'

/**
 * What a desk, or another system of the city, may ask the CRM: REST under `/api/v1`, the OpenAPI document is made from this.
 * Sign-in: `authorization: Bearer <access token>`. Where a desk pushes, its device's own credential:
 * `authorization: Device <deviceId>.<secret>`.
 */
export const crmPrefix = '/api/v1'
export const crmAudience = 'urn:ascolto:crm'

const base = oc.errors(faultErrors)

export type { CallerContext } from './crm-citizens.ts'

export const SipCredentials = z.object({
  /** `<unix expiry>:<extension>`, and base64 HMAC-SHA1 of it: the scheme of Kamailio's auth_ephemeral. */
  username: z.string(),
  password: z.string(),
  extension: z.string(),
  realm: z.string(),
  expiresAt: Instant,
  /** `ws:` or `wss:` address of the exchange's SIP, and of its queue engine when it has one that speaks `queueProtocol`. */
  sipUrl: z.url(),
  queueUrl: z.url().nullable(),
  /** How this exchange is spoken to. */
  line: LineConfiguration.default(defaultLine),
})
export type SipCredentials = z.infer<typeof SipCredentials>

export const crmContract = {
  me: base.route({ method: 'GET', path: '/me', summary: 'The signed-in user' }).output(User),

  phone: {
    credentials: base
      .route({
        method: 'POST',
        path: '/phone/credentials',
        summary: 'A time-limited SIP credential for the signed-in operator',
      })
      .output(SipCredentials),
  },

  devices: {
    list: wipeContract.list,
    register: base
      .route({ method: 'POST', path: '/devices', summary: 'Make this desk known; the secret is shown once' })
      .input(z.object({ name: z.string().min(1).max(120) }))
      .output(z.object({ deviceId: Id, secret: z.string() })),
    wipe: wipeContract.wipe,
    orders: wipeContract.orders,
    wiped: wipeContract.wiped,
  },

  sync: {
    /** A stream belongs to one device and one user; registering one again is no error. */
    registerStream: base
      .route({
        method: 'POST',
        path: '/sync/streams',
        summary: 'Open a stream of commands of the signed-in user on a device',
      })
      .input(z.object({ streamId: Id, deviceId: Id }))
      .output(z.object({ lastN: z.number().int().nonnegative() })),
    /** By device credential: a stream with a new id for the same device and user, after `stream-reset`. */
    replaceStream: base
      .route({
        method: 'POST',
        path: '/sync/streams/{streamId}/replace',
        summary: 'Go on under a new stream id after a restored or cloned disk',
      })
      .input(z.object({ streamId: Id, replacement: Id }))
      .output(z.object({ lastN: z.number().int().nonnegative() })),
    /**
     * By device credential. Commands with consecutive `n`. Each is applied in its own transaction together with the stream's last `n`;
     * one that was applied before is answered with what became of it then. An `n` already taken by another command id is
     * `conflict: stream-reset`; an `n` beyond the next is `invalid`.
     */
    push: base
      .route({
        method: 'POST',
        path: '/sync/streams/{streamId}/commands',
        summary: 'Apply commands, once each',
      })
      .input(
        z.object({
          streamId: Id,
          commands: z.array(CommandEnvelope).min(1).max(500),
          /** What time it is at the desk, by the clock by which the commands say when they were given: so a wrong one does no harm. */
          sentAt: Instant.optional(),
        }),
      )
      .output(z.object({ results: z.array(CommandResult), lastN: z.number().int().nonnegative() })),
    /** Server-sent events: pull now. Sends one at once, then whenever something in the caller's scope may have changed. */
    notices: base
      .route({ method: 'GET', path: '/sync/notices', summary: 'Told when there is something to pull' })
      .output(eventIterator(z.object({ pull: z.literal(true) }))),
  },

  citizens: citizensContract,

  contacts: {
    get: base
      .route({ method: 'GET', path: '/contacts/{id}', summary: 'One contact' })
      .input(z.object({ id: Id }))
      .output(Contact),
  },
  tickets: ticketsContract,
  appointments: {
    /** Audited as a read of its person. */
    messages: base
      .route({
        method: 'GET',
        path: '/appointments/{id}/messages',
        summary: 'What the person was told of an appointment, or will be',
      })
      .input(z.object({ id: Id }))
      .output(z.object({ messages: z.array(AppointmentMessage) })),
    /**
     * Tells the person once more of an appointment to come, as it is now, by the channel that is asked for: in the place of what waits there, beside what goes
     * another way. The message's id is made by the caller: asking again sends nothing twice. Without an address, or after an opt-out, it is there as dropped.
     * Refusals: `appointment-settled`, `appointment-begun`, `office-closed-then`.
     */
    sendAgain: base
      .route({
        method: 'PUT',
        path: '/appointments/{id}/messages/{messageId}',
        summary: 'Send the confirmation of an appointment, or its proposal, again',
      })
      .input(z.object({ id: Id, messageId: Id, channel: MessageChannel }))
      .output(z.object({ messages: z.array(AppointmentMessage) })),
    /** In Italian unless asked for in another. An appointment that no longer stands is a cancellation of the same event. */
    calendarFile: base
      .route({
        method: 'GET',
        path: '/appointments/{id}/calendar.ics',
        summary: 'An appointment as an iCalendar file (RFC 5545)',
      })
      .input(z.object({ id: Id, language: SpellingLanguage.default('it') }))
      .output(z.file().mime('text/calendar')),
    list: base
      .route({ method: 'GET', path: '/appointments', summary: 'Appointments of a contact or a person' })
      .input(z.object({ contactId: Id.optional(), citizenId: Id.optional() }))
      .output(z.object({ appointments: z.array(Appointment) })),
    /** As it is read out or typed; null when there is none with it. Audited as a read of its person. */
    byCode: base
      .route({
        method: 'POST',
        path: '/appointments/by-code',
        summary: 'An appointment by the code that its citizen has',
      })
      .input(z.object({ code: z.string().min(1).max(40) }))
      .output(z.object({ appointment: Appointment.nullable() })),
    /** Days are each office's own. */
    slots: base
      .route({ method: 'GET', path: '/slots', summary: 'Free and taken slots of an office and agenda' })
      .input(z.object({ agenda: Slug, officeId: Slug.optional(), from: PlainDate, to: PlainDate }))
      .output(z.object({ slots: z.array(Slot) })),
    ...bookingContract,
  },
  messages: {
    /** Supervisors and administrators. Newest first. */
    list: base
      .route({
        method: 'GET',
        path: '/messages',
        summary: 'Messages in one state, such as those that failed',
      })
      .input(z.object({ state: MessageState, limit: z.coerce.number().int().min(1).max(500).default(100) }))
      .output(z.object({ messages: z.array(CitizenMessage) })),
    /**
     * Those among them that failed are tried anew, from the first attempt; what they say is asked again, and one that is no longer so is dropped.
     * Answers which. One whose address is no longer kept stays as it is.
     */
    resend: base
      .route({ method: 'POST', path: '/messages/resend', summary: 'Send messages again that failed' })
      .input(z.object({ ids: z.array(Id).min(1).max(500) }))
      .output(z.object({ messages: z.array(CitizenMessage) })),
    /** Administrators; audited as reads of the persons written to. Newest first. */
    outbox: base
      .route({
        method: 'GET',
        path: '/messages/outbox',
        summary: 'Messages of channels that no provider sends yet',
      })
      .input(
        z.object({
          channel: MessageChannel.optional(),
          limit: z.coerce.number().int().min(1).max(500).default(100),
        }),
      )
      .output(z.object({ messages: z.array(OutboxMessage) })),
    optOuts: base
      .route({
        method: 'GET',
        path: '/citizens/{id}/opt-outs',
        summary: 'By which channels a person wants no messages',
      })
      .input(z.object({ id: Id }))
      .output(z.object({ channels: z.array(MessageChannel) })),
    setOptOuts: base
      .route({
        method: 'PUT',
        path: '/citizens/{id}/opt-outs',
        summary: 'Say by which channels a person wants no messages',
      })
      .input(z.object({ id: Id, channels: z.array(MessageChannel).max(3) }))
      .output(z.object({ channels: z.array(MessageChannel) })),
  },
  agenda: agendaContract,
  audit: auditContract,
  retention: retentionContract,
  users: usersContract,
} as const

/**
 * `GET /api/v1/identity`, open to everybody: which database this is, as its change log's epoch. A desk asks before it sends anything
 * to an address that is new to it.
 */
export const identityPath = `${crmPrefix}/identity`
export const CrmIdentity = z.object({ epoch: Id })
export type CrmIdentity = z.infer<typeof CrmIdentity>

/**
 * A desk names itself to the CRM beside its user: `<deviceId>.<secret>` in this header of the feed, of `registerStream` and of `appointments.lease`.
 * Without it only a device that the user registered may be named there; of any other the CRM says `not-found`.
 */
export const deviceHeader = 'ascolto-device'

/**
 * The change feed, `GET /api/v1/sync/changes?cursor=…&limit=…&device=…`: NDJSON, one `FeedLine` a line. Rows are as they are now, not as they were.
 * A page counts only when its `end` line has arrived; without a cursor it begins with everything in scope.
 */
export const feedPath = `${crmPrefix}/sync/changes`

const feedLine = <Entity extends z.ZodType<string>>(entity: Entity) =>
  z.discriminatedUnion('type', [
    /** `row` is checked against the entity's own schema by the reader. */
    z.object({ type: z.literal('row'), entity, id: z.string(), row: z.unknown() }),
    /** Left the caller's scope, or was erased: forget it. */
    z.object({ type: z.literal('gone'), entity, id: z.string() }),
    /** The last command of this device's stream whose effect this page, or an earlier one, carries. */
    z.object({ type: z.literal('applied'), streamId: Id, n: z.number().int().nonnegative() }),
    /** `more`: ask again at once. `restart`: the cursor is too old or of another database; begin anew without one. */
    z.object({ type: z.literal('end'), cursor: z.string(), more: z.boolean(), restart: z.boolean() }),
  ])

export const FeedLine = feedLine(EntityName)
export type FeedLine = z.infer<typeof FeedLine>

/** As a desk reads it: the CRM may be newer and tell of entities that the desk does not know. */
export const HeardLine = feedLine(z.string())
export type HeardLine = z.infer<typeof HeardLine>

export const FeedQuery = z.object({
  cursor: z.string().max(400).optional(),
  limit: z.coerce.number().int().min(1).max(5000).default(1000),
  device: Id,
})
