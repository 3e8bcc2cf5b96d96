import { eventIterator, oc } from '@orpc/contract'
import { z } from 'zod'
import { Notify } from './commands/appointment.ts'
import { createCitizen } from './commands/citizen.ts'
import { CommandRequest } from './commands/registry.ts'
import { RecoveryAgenda } from './crm-agenda.ts'
import { Hold } from './crm-booking.ts'
import { deskAccounts } from './desk-accounts.ts'
import { deskCitizens, EditedCitizen, ShownStory } from './desk-citizens.ts'
import { deskOffices } from './desk-offices.ts'
import { deskOversight } from './desk-oversight.ts'
import { deskTickets } from './desk-tickets.ts'
import { AgentView, DesiredState, User } from './domain/agent.ts'
import { Appointment, mostServices, ServiceIds } from './domain/appointment.ts'
import { Call, CallQueue, CallRemote } from './domain/call.ts'
import { CallRecord } from './domain/call-record.ts'
import { Language } from './domain/citizen.ts'
import { ShownCitizen } from './domain/citizen-shown.ts'
import { Contact, IdentificationMethod, mostTried, Outcome, TriedBefore } from './domain/contact.ts'
import { DocumentCheck, documentReasons } from './domain/eligibility.ts'
import { EntityName } from './domain/entities.ts'
import { Id, Instant, PlainDate, Slug } from './domain/ids.ts'
import { Team } from './domain/line.ts'
import { LineRecord, LineRecordSummary, LineView } from './domain/line-record.ts'
import { AppointmentMessage, MessageChannel } from './domain/message.ts'
import { Article, Office, Service, Topic } from './domain/reference.ts'
import { CityTeam, Rulebook } from './domain/rulebook.ts'
import { SpellingLanguage } from './domain/spelling.ts'
import { Ticket } from './domain/ticket.ts'
import { TicketKind } from './domain/ticket-kind.ts'
import { FaultData, faultErrors } from './errors.ts'
import { AudioRoles, MediaAnswer, MediaNotice, MediaRequest } from './media.ts'
import { QueueFigures } from './queue.ts'

/**
 * What the window may ask its host. A `watch` gives the present value at once and every later one; only the newest matters, so a slow
 * reader skips to it. Everything else is asked once. Nothing that is not listed here can be called.
 */
const base = oc.errors(faultErrors)
const done = z.object({ ok: z.literal(true) })

/** What this host can do; the page asks for these, never which host it is. */
export const Capabilities = z.object({
  /** `same-window`: the page navigates to `startUrl`; `system-browser`: the host opens it. */
  signIn: z.enum(['same-window', 'system-browser']),
  notifications: z.boolean(),
  raiseWindow: z.boolean(),
  /** Whether the UI page must mount the media end itself. */
  mediaInPage: z.boolean(),
})
export type Capabilities = z.infer<typeof Capabilities>

export const Session = z.discriminatedUnion('phase', [
  z.object({ phase: z.literal('signed-out'), fault: FaultData.nullable() }),
  z.object({ phase: z.literal('signing-in') }),
  /** `offline`: restored from the sealed session, the CRM has not confirmed it yet. */
  z.object({ phase: z.literal('signed-in'), user: User, until: Instant, offline: z.boolean() }),
])
export type Session = z.infer<typeof Session>

/** The truth about the system, as one value. Each `since` is when it became so. */
export const SystemTruth = z.object({
  phone: z.object({
    /** `elsewhere`: another desk has this operator's extension; calls ring there until `phone.takeOver`. */
    state: z.enum(['off', 'connecting', 'registered', 'away', 'refused', 'elsewhere']),
    since: Instant,
    line: z.string().nullable(),
    practice: z.boolean(),
    retryAt: Instant.nullable(),
    /** Registrations of this extension that are not this desk's, as the exchange lists them. */
    otherDesks: z.number().int().nonnegative(),
  }),
  crm: z.object({
    state: z.enum(['connecting', 'reachable', 'away']),
    since: Instant,
    retryAt: Instant.nullable(),
    /** Why `away` is no absence: `other-crm`, what answers there is not the CRM that this desk's data belong to. */
    fault: FaultData.nullable(),
  }),
  /** Of the signed-in user. `others`: how many commands and files of colleagues wait on this desk, `othersRefused`: were refused; of both nobody else sees more. */
  outbox: z.object({
    pending: z.number().int(),
    refused: z.number().int(),
    others: z.number().int(),
    othersRefused: z.number().int(),
  }),
  cache: z.object({
    /** `blocked`: a fault of the file, in `fault`; the desk works without a cache and never overwrites it. */
    state: z.enum(['filling', 'ready', 'blocked']),
    fault: FaultData.nullable(),
  }),
  queue: QueueFigures.nullable(),
  /** Microphone as the media end last reported it; null before one attached. */
  microphone: z.enum(['granted', 'prompt', 'denied', 'missing']).nullable(),
  /** Devices as the media end last reported them. */
  audio: z
    .object({
      roles: AudioRoles,
      ringSilenced: z.boolean(),
      headset: z.string().nullable(),
    })
    .nullable()
    .optional(),
})
export type SystemTruth = z.infer<typeof SystemTruth>

export type { ShownStory } from './desk-citizens.ts'

/** Who a number may be. Household: more than one story. */
export const CallerView = z.object({
  callId: Id,
  /** `withheld`: no number to look up. */
  number: z.enum(['known', 'unknown', 'withheld', 'looking']),
  /** What the CRM, asked in parallel, did. `away`: it is asked again once it is there. `refused`: it is there and did not say. */
  crm: z.enum(['asking', 'answered', 'away', 'refused', 'not-asked']),
  /** Whatever is shown of the CRM meanwhile, it has been asked, or is about to be, and may still name others. */
  awaited: z.boolean(),
  from: z.enum(['cache', 'crm']).nullable(),
  /** The person of `continued` first. */
  stories: z.array(ShownStory),
  /** The contact that a colleague handed on with the call (`Call.continues`), once it is known here; its number masked like a person's. */
  continued: Contact.nullable(),
})
export type CallerView = z.infer<typeof CallerView>

/** Where and when a visit takes place. */
export const VisitPlace = Appointment.pick({
  slotId: true,
  slotIds: true,
  officeId: true,
  startsAt: true,
  endsAt: true,
}).extend({ slotIds: z.array(Id).min(1) })
export type VisitPlace = z.infer<typeof VisitPlace>

/** A place where a visit of the services asked for may begin; `free` counters have room for all of it, 0: none. */
export const VisitOffer = VisitPlace.extend({
  ...{ free: z.number().int().nonnegative(), kept: z.number().int().nonnegative() },
})
export type VisitOffer = z.infer<typeof VisitOffer>

/** What is typed during one call. It belongs to the contact, not to a screen. Null fields: nothing chosen yet. */
export const Draft = z.object({
  citizenId: Id.nullable(),
  identification: IdentificationMethod,
  /**
   * What the operator said of who it is. `number`: nothing, it is whom the number says, if anybody; `person`: the one in `citizenId`; `another`: not the one
   * that was taken for it; `none`: nobody of those who have the number.
   */
  choice: z.enum(['number', 'person', 'another', 'none']).default('number'),
  note: z.string().max(8000),
  booking: z.object({
    /** Of one visit, the main one first. */
    serviceIds: z.array(Slug).max(mostServices).default([]),
    officeId: Slug.nullable(),
    visit: VisitPlace.nullable().default(null),
    /** The appointment that this visit takes the place of. */
    moves: Id.nullable().default(null),
    /** The appointment cancelled by the office that this visit makes up for. */
    recoveryOf: Id.nullable().default(null),
    /** When the citizen's document expires, as typed. */
    expiry: z.string().max(10).default(''),
    /** Why they want another; only a renewal has to wait. */
    reason: z.enum(documentReasons).default('renewal'),
    /** How the citizen wants to be told; null: not chosen yet. */
    notify: Notify.nullable().default(null),
  }),
  ticket: z.object({ kind: TicketKind.nullable(), topicId: Slug.nullable(), text: z.string().max(8000) }),
  wrapUp: z.object({
    topicId: Slug.nullable(),
    outcome: Outcome.nullable(),
    triedBefore: z.array(TriedBefore).max(mostTried),
    triedDetail: Contact.shape.triedDetail.default(''),
  }),
  /** The person for whom the one in `citizenId` speaks. */
  onBehalfOf: Id.nullable().default(null),
  newCitizen: z
    .object({
      givenName: z.string().max(80),
      familyName: z.string().max(80),
      birthDate: z.string().max(10),
      fiscalCode: z.string().max(16),
      language: Language,
    })
    .nullable(),
  editedCitizen: EditedCitizen.nullable().default(null),
})
export type Draft = z.infer<typeof Draft>

export const emptyDraft: Draft = {
  citizenId: null,
  identification: 'none',
  choice: 'number',
  note: '',
  booking: {
    ...{ serviceIds: [], officeId: null, visit: null, moves: null, recoveryOf: null },
    ...{ expiry: '', reason: 'renewal', notify: null },
  },
  ticket: { kind: null, topicId: null, text: '' },
  wrapUp: { topicId: null, outcome: null, triedBefore: [], triedDetail: '' },
  onBehalfOf: null,
  newCitizen: null,
  editedCitizen: null,
}

/** A contact on this desk that is not closed: in call, in wrap-up, or left over from a host that stopped. */
export const Work = z.object({
  contactId: Id,
  remote: CallRemote,
  queue: CallQueue.nullable(),
  direction: z.enum(['inbound', 'outbound']),
  practice: z.boolean(),
  /** The contact of the desk that transferred the call: the same person, told on. */
  continues: Id.nullable().default(null),
  startedAt: Instant,
  answeredAt: Instant.nullable(),
  endedAt: Instant.nullable(),
  draft: Draft,
  /** Rises with every saved draft; a save names the one it was made from. */
  revision: z.number().int().nonnegative(),
  /** On disk since. */
  savedAt: Instant,
})
export type Work = z.infer<typeof Work>

const undecidedDays = 183

/**
 * When a desk lets go of what its author left lying, counted from when it was last touched: a command that was refused, a conversation that
 * was not closed, the draft of a request that is not here. Nobody else can decide about it, and retention knows nothing of it.
 */
export const undecidedUntil = (touchedAt: Instant): Instant =>
  new Date(Date.parse(touchedAt) + undecidedDays * 86_400_000).toISOString()
/** Touched before then it goes. */
export const undecidedSince = (now: Date): Instant =>
  new Date(now.getTime() - undecidedDays * 86_400_000).toISOString()

/** A file that lies here until the CRM can take it, or has not taken it (`fault`). */
export const WaitingFile = z.object({
  ...{ id: Id, ticketId: Id, name: z.string().min(1).max(255), size: z.number().int().positive() },
  at: Instant,
  fault: FaultData.nullable(),
})
export type WaitingFile = z.infer<typeof WaitingFile>

/** A command in the outbox, as the operator reads it. */
export const OutboxEntry = z.object({
  commandId: Id,
  request: CommandRequest,
  at: Instant,
  contactId: Id.nullable(),
  authorName: z.string(),
  /** `sent`: applied by the CRM, its rows not pulled yet. `noted`: applied, and `fault` is to be known of it. */
  state: z.enum(['pending', 'sent', 'noted', 'refused', 'failed']),
  fault: FaultData.nullable(),
})
export type OutboxEntry = z.infer<typeof OutboxEntry>

export const Settings = z.object({
  language: z.enum(['it', 'en']),
  theme: z.enum(['system', 'light', 'dark']),
  /** `deviceId`s of the browser; null: the system's default. */
  microphoneId: z.string().max(200).nullable(),
  speakerId: z.string().max(200).nullable(),
  ringerId: z.string().max(200).nullable(),
  /** The devices' own names, by which they are known again where their ids have changed. */
  microphoneLabel: z.string().max(200).nullable(),
  speakerLabel: z.string().max(200).nullable(),
  ringerLabel: z.string().max(200).nullable(),
  /** What the browser does to the microphone's sound. */
  echoCancellation: z.boolean(),
  noiseSuppression: z.boolean(),
  autoGainControl: z.boolean(),
  /** Buttons of the headset, once it was allowed. */
  headsetButtons: z.boolean(),
  /** 0 to 1. */
  ringVolume: z.number().min(0).max(1),
})
export type Settings = z.infer<typeof Settings>

export const defaultSettings: Settings = {
  language: 'it',
  theme: 'system',
  microphoneId: null,
  speakerId: null,
  ringerId: null,
  microphoneLabel: null,
  speakerLabel: null,
  ringerLabel: null,
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
  headsetButtons: false,
  ringVolume: 0.7,
}

export const selfTestSteps = ['line', 'microphone', 'ringer', 'echo'] as const
export type SelfTestStep = (typeof selfTestSteps)[number]

export const SelfTestFault = z.enum([
  'line-away',
  'line-refused',
  'line-elsewhere',
  'microphone-denied',
  'microphone-missing',
  'microphone-refused', // the chosen one is there and does not open
  'microphone-silent',
  'ringer-unheard',
  'echo-unknown', // the exchange has none that we know of
  'echo-unanswered',
  'echo-interrupted',
  'echo-no-sound',
  'echo-silent', // sound comes back, and nobody is heard in it
])
export type SelfTestFault = z.infer<typeof SelfTestFault>

const selfTestResult = z.object({
  state: z.enum(['open', 'running', 'passed', 'failed', 'skipped']),
  why: SelfTestFault.nullable(),
  at: Instant.nullable(),
})
/** The checks at the start of a shift, as they were made last in it. */
export const SelfTest = z.object({
  line: selfTestResult,
  microphone: selfTestResult,
  ringer: selfTestResult,
  echo: selfTestResult,
})
export type SelfTest = z.infer<typeof SelfTest>

/** Names what changed, so that the page asks again for just that. `*`: everything. */
export const ChangeNotice = z.object({
  entities: z.array(z.union([EntityName, z.enum(['work', 'outbox', 'calls', '*'])])),
})
export type ChangeNotice = z.infer<typeof ChangeNotice>

/** Also the seats kept for those whom a closure affected: for the person whose cancelled appointment this is. */
const recoveryOf = Id.nullable().default(null)

/** For whom, as the window says; left out: for the contact's person. */
const citizenId = Id.optional()

const onCall = z.object({ callId: Id })
/** A number as people write it, an extension, or a team's address. */
const dialled = z.string().trim().min(1).max(64)

export const deskContract = {
  host: {
    capabilities: base.output(Capabilities),
  },

  session: {
    watch: base.output(eventIterator(Session)),
    /** `startUrl` is where to go in the same window; null when the host has opened the system browser. */
    begin: base.output(z.object({ startUrl: z.string().nullable() })),
    /** `conflict: call-live` while a call lives: it would be hung up on whoever is on the line. */
    signOut: base.output(done),
  },

  system: {
    watch: base.output(eventIterator(SystemTruth)),
    /** Try the CRM and the phone now instead of at `retryAt`. */
    retry: base.output(done),
    /**
     * Begin a blocked cache anew from the CRM; the damaged file stays beside it under another name, the outbox is not touched.
     * `conflict: cache-ready` when it is not blocked, `unsupported: cache-newer` when the file is of a newer program.
     */
    rebuildCache: base.output(done),
  },

  changes: {
    watch: base.output(eventIterator(ChangeNotice)),
  },

  calls: {
    /** Live calls, and each ended one once more with its end. */
    watch: base.output(eventIterator(z.object({ calls: z.array(Call) }))),
    /** A call that waits: the one that is spoken on is held. */
    answer: base.input(onCall).output(done),
    reject: base.input(onCall).output(done),
    /** Stops the ringing here and tells nobody: it goes on for the others, and the call can still be answered. */
    ignore: base.input(onCall).output(done),
    /** A consultation's end gives the caller back; in a conference only this one leaves. */
    hangUp: base.input(onCall).output(done),
    /** Taking one back holds another that is spoken on. */
    hold: base.input(onCall.extend({ on: z.boolean() })).output(done),
    mute: base.input(onCall.extend({ on: z.boolean() })).output(done),
    dtmf: base.input(onCall.extend({ tones: z.string().regex(/^[0-9A-D*#]{1,32}$/) })).output(done),
    /** Holds a call that is spoken on. `invalid: number-invalid` for what nobody can have; 112 and the other emergency numbers always dial. */
    dial: base.input(z.object({ number: dialled })).output(onCall),
    /** What was dialled last, also before a restart. `not-found: redial-empty`. */
    redial: base.output(onCall),
    /**
     * Blind: the caller is held and the far end asked (REFER) to call `to`. Returns when it has agreed; `Call.transfer` shows what comes of it, and
     * the call ends with `transferred` or comes back. `conflict: transfer-refused` when it does not agree, with the caller back.
     */
    transfer: base.input(onCall.extend({ to: dialled })).output(done),
    /** Holds this call and dials a colleague about it; the returned call has `consultsFor`. One at a time. */
    consult: base.input(onCall.extend({ to: dialled })).output(onCall),
    /** Between the two of a consultation (either is named), or from the call that is spoken on to the held one that is named. */
    swap: base.input(onCall).output(done),
    /** Connects the two of a consultation, or of a conference, and leaves; either is named. Fails as `transfer` does. */
    completeTransfer: base.input(onCall).output(done),
    /** Hangs the consultation up and gives the caller back; either is named. */
    cancelTransfer: base.input(onCall).output(done),
    /** Everybody hears everybody; off: back to the consultation, with the caller held. Either of the two is named. */
    conference: base.input(onCall.extend({ on: z.boolean() })).output(done),
    /** Newest first, of the signed-in operator on this desk, two weeks back. `before`: the `startedAt` of the last one that is known. */
    history: base
      .input(
        z.object({
          before: Instant.nullable().default(null),
          limit: z.number().int().min(1).max(200).default(50),
        }),
      )
      .output(z.object({ calls: z.array(CallRecord) })),
    /** Whom calls can be handed to. */
    directory: base.output(z.object({ teams: z.array(Team) })),
  },

  agent: {
    watch: base.output(eventIterator(AgentView)),
    /** During a call or a wrap-up it is reserved for afterwards. */
    setDesired: base.input(z.object({ desired: DesiredState })).output(done),
    /** More time for the wrap-up that is open; `conflict: call-illegal-move` when none is. */
    extendAfterCallWork: base.input(z.object({ seconds: z.number().int().min(15).max(600) })).output(done),
  },

  phone: {
    /** Take the extension from the operator's other desk, which is told so and registers no more by itself. */
    takeOver: base.output(done),
  },

  /**
   * The media end's side: attach, be handed requests, answer them, tell what happens. One window carries the voice; any other is a spectator until
   * it takes over, and both are told by `watch`.
   */
  media: {
    /** `conflict: media-elsewhere` while another window carries the voice, unless it is to be taken over: that one's stream then ends with the same fault. */
    attach: base.input(z.object({ windowId: Id, takeOver: z.boolean() })).output(eventIterator(MediaRequest)),
    /** The window that carries the voice now; null: none does. A window has a new id each time it is loaded. */
    watch: base.output(eventIterator(z.object({ windowId: Id.nullable() }))),
    answer: base.input(MediaAnswer).output(done),
    notify: base.input(MediaNotice).output(done),
  },

  /** How the lines are: the exchange, the network, this PC. Never kept as a figure of an operator. */
  line: {
    /** Live calls, and the last that ended. */
    watch: base.output(eventIterator(z.object({ lines: z.array(LineView) }))),
    /** Writes what is remembered of a call, without anything that names anybody. `path`: where, for the operator to tell. */
    keep: base.input(onCall).output(z.object({ recordId: Id, path: z.string() })),
    /** Newest first. */
    kept: base.output(z.object({ records: z.array(LineRecordSummary) })),
    read: base.input(z.object({ recordId: Id })).output(LineRecord),
  },

  caller: {
    watch: base.input(onCall).output(eventIterator(CallerView)),
    /** The view of every caller as soon as there is one, told before the call, and again when it changes: a window need not ask before it can show who rings. */
    incoming: base.output(eventIterator(CallerView)),
  },

  citizens: deskCitizens,

  work: {
    /** Open contacts of this operator on this desk, the oldest first. */
    list: base.output(z.object({ work: z.array(Work) })),
    /**
     * Save the whole draft. On disk when it returns; a change of who speaks, and of how that is known, with its command. A `revision` that is not the stored one is `conflict: draft-stale`
     * (another window saved meanwhile) and nothing is lost: read again and merge.
     */
    save: base
      .input(z.object({ contactId: Id, revision: z.number().int(), draft: Draft }))
      .output(z.object({ revision: z.number().int(), savedAt: Instant })),
    /** The next three make their commands from the draft, clear its part, and return when the outbox has them. */
    book: base
      .input(
        z.object({
          ...{
            contactId: Id,
            citizenId,
            serviceIds: ServiceIds,
            visit: VisitPlace,
            recoveryOf,
            notify: Notify,
          },
          /** What was asked of the document: `conflict: renewal-too-early` follows from it. */
          checked: DocumentCheck.optional(),
          /** What the person has to come for these services and the operator was told of: of another one the booking is `noted` in the outbox. */
          besides: z.array(Id).max(100).optional(),
        }),
      )
      .output(z.object({ appointmentId: Id })),
    /** To another time or place; the old seats stay the citizen's until the CRM has given the new ones. `conflict: appointment-of-another`: it is not theirs. */
    reschedule: base
      .input(z.object({ contactId: Id, citizenId, appointmentId: Id, visit: VisitPlace, notify: Notify }))
      .output(done),
    /**
     * Keeps the seats of a visit for this contact while its operator talks; asked again for the same place it answers with what is kept, for
     * another it gives the first back. `held` null: the CRM is away, and a booking will be a request.
     * `conflict: slot-taken` or `slot-gone`: somebody else was quicker.
     */
    hold: base
      .input(
        z.object({ contactId: Id, serviceIds: ServiceIds, officeId: Slug, startsAt: Instant, recoveryOf }),
      )
      .output(z.object({ held: Hold.nullable() })),
    /** `conflict: hold-expired`: they are not kept any more; `hold-longest`: they are, and no longer than before. */
    renewHold: base.input(z.object({ contactId: Id })).output(z.object({ held: Hold })),
    releaseHold: base.input(z.object({ contactId: Id })).output(done),
    openTicket: base
      .input(
        z.object({
          contactId: Id,
          kind: TicketKind,
          topicId: Slug,
          text: z.string().trim().min(1).max(8000),
        }),
      )
      .output(z.object({ ticketId: Id })),
    createCitizen: base
      .input(
        z.object({
          contactId: Id,
          citizen: createCitizen.args.omit({ id: true, needsDuplicateCheck: true }),
        }),
      )
      .output(z.object({ citizenId: Id })),
    /** `by`: for the citizen, or because the office asked, which says why; that is never a no-show. */
    cancelAppointment: base
      .input(
        z
          .object({
            contactId: Id,
            appointmentId: Id,
            by: z.enum(['citizen', 'office']),
            reason: z.string().trim().min(1).max(500).nullable(),
            notify: Notify,
          })
          .refine(({ by, reason }) => by === 'citizen' || reason !== null, { path: ['reason'] }),
      )
      .output(done),
    /** The citizen takes what the office proposed; taken already it is left so. `conflict: proposal-expired` when its time is over. */
    confirmProposal: base.input(z.object({ contactId: Id, appointmentId: Id })).output(done),
    /** Wrap up from the draft, then `next`. Needs an outcome. `conflict: draft-unconfirmed`: a request was typed, or a place chosen, and not confirmed. */
    close: base.input(z.object({ contactId: Id, next: DesiredState })).output(done),
    /** What this contact made so far: pending or confirmed, as the projection shows it. */
    made: base.input(z.object({ contactId: Id })).output(
      z.object({
        contact: Contact.nullable(),
        tickets: z.array(Ticket),
        appointments: z.array(Appointment),
      }),
    ),
  },

  tickets: deskTickets,

  oversight: deskOversight,

  offices: deskOffices,

  accounts: deskAccounts,

  outbox: {
    /** The signed-in user's: what waits for the CRM, what it refused (until dismissed), oldest first. */
    list: base.output(z.object({ entries: z.array(OutboxEntry) })),
    dismiss: base.input(z.object({ commandId: Id })).output(done),
    /** The signed-in user's, oldest first; `tickets.attachment` reads them. */
    files: base.output(z.object({ files: z.array(WaitingFile) })),
    removeFile: base.input(z.object({ id: Id })).output(done),
  },

  reference: {
    all: base.output(
      z.object({
        services: z.array(Service),
        offices: z.array(Office),
        topics: z.array(Topic),
        articles: z.array(Article),
        teams: z.array(CityTeam),
        /** Null before the desk has heard of one: the law’s own then. */
        rulebook: Rulebook.nullable(),
        /** Those whose messages come no further than the CRM's outbox; none before the desk has heard of any. */
        unsentChannels: z.array(MessageChannel),
      }),
    ),
  },

  slots: {
    /** The next free places, earliest first. `from: cache`: as last heard, the CRM is away. */
    next: base
      .input(
        z.object({
          serviceIds: ServiceIds,
          officeIds: z.array(Slug).min(1).max(100).nullable(),
          /** Not before; null: from now on. */
          after: Instant.nullable(),
          /** Those nearest to this moment, before and after it, instead of the first; earliest first all the same. */
          near: Instant.nullable().default(null),
          limit: z.number().int().min(1).max(100),
          recoveryOf,
        }),
      )
      .output(z.object({ offers: z.array(VisitOffer), from: z.enum(['cache', 'crm']) })),
    /** A week of one office; places without room have `free` 0. */
    week: base
      .input(z.object({ serviceIds: ServiceIds, officeId: Slug, monday: PlainDate, recoveryOf }))
      .output(z.object({ offers: z.array(VisitOffer), from: z.enum(['cache', 'crm']) })),
  },

  appointments: {
    /**
     * By the code that its citizen has, as it is read out or typed; with the commands that wait. `citizen`: whose it is, where this desk holds
     * them. Journaled as a search. `complete`: the CRM was asked, or need not be.
     */
    byCode: base.input(z.object({ code: z.string().max(120) })).output(
      z.object({
        appointment: Appointment.nullable(),
        citizen: ShownCitizen.nullable(),
        complete: z.boolean(),
      }),
    ),
    /** What was sent, or will be, about an appointment. Only the CRM knows: `unavailable: crm-away` without it. */
    messages: base
      .input(z.object({ appointmentId: Id }))
      .output(z.object({ messages: z.array(AppointmentMessage) })),
    /**
     * Has the CRM tell the person once more, by this channel. The id is the page's: asked again, it sends nothing twice. `unavailable: crm-away` without
     * the CRM; `appointment-settled`, `appointment-begun`, `office-closed-then`.
     */
    sendAgain: base
      .input(z.object({ appointmentId: Id, messageId: Id, channel: MessageChannel }))
      .output(z.object({ messages: z.array(AppointmentMessage) })),
    /** The recovery agenda that is open to one that the office cancelled; null when there is none. Only the CRM knows. */
    recovery: base
      .input(z.object({ appointmentId: Id }))
      .output(z.object({ recovery: RecoveryAgenda.nullable() })),
    /** The calendar file (RFC 5545) as text. */
    calendarFile: base
      .input(z.object({ appointmentId: Id, language: SpellingLanguage }))
      .output(z.object({ text: z.string() })),
  },

  selfTest: {
    watch: base.output(eventIterator(SelfTest)),
    /** Returns when it is known; the result is in `watch`. `echo` calls the exchange's echo, speaks of it to nobody, and ends the call. */
    check: base.input(z.object({ step: z.enum(['line', 'echo']) })).output(done),
    /** What only a page, or an operator's ear, can say; `why` null: passed. */
    report: base
      .input(z.object({ step: z.enum(['microphone', 'ringer']), why: SelfTestFault.nullable() }))
      .output(done),
  },

  settings: {
    get: base.output(Settings),
    set: base.input(Settings.partial()).output(Settings),
  },
} as const
