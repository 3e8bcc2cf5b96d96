import type { Logger } from 'pino'
import type { ReadReason } from '#contract/commands/citizen.ts'
import type { CallerContext, SipCredentials } from '#contract/crm.ts'
import type { Affected, ClosureOutcome, Recovery, RecoveryAgenda, Standing } from '#contract/crm-agenda.ts'
import type {
  AuditEntry,
  CitizenRead,
  KnownDevice,
  LeftUser,
  LegalHold,
  RetentionSchedule,
  StatisticsCount,
  WipeMode,
} from '#contract/crm-audit.ts'
import type { Hold } from '#contract/crm-booking.ts'
import type { Alike, Entered, Merge } from '#contract/crm-citizens.ts'
import type { TicketPresence } from '#contract/crm-tickets.ts'
import type { ChangedPassword, ChangedRights, SeenAccount } from '#contract/crm-users.ts'
import type { SystemTruth, VisitOffer } from '#contract/desk.ts'
import type { Account, Accounts, NewAccount, OpenRequests } from '#contract/domain/account.ts'
import type { User } from '#contract/domain/agent.ts'
import type { Appointment } from '#contract/domain/appointment.ts'
import type { Citizen } from '#contract/domain/citizen.ts'
import type { Contact } from '#contract/domain/contact.ts'
import type { Id, PlainDate, Slug } from '#contract/domain/ids.ts'
import type { AppointmentMessage, CitizenMessage, MessageChannel } from '#contract/domain/message.ts'
import type { SpellingLanguage } from '#contract/domain/spelling.ts'
import type { Ticket } from '#contract/domain/ticket.ts'
import type { TicketEntry } from '#contract/domain/ticket-entry.ts'
import type { Cache } from '../cache/cache.ts'
import type { CrmHome } from './home.ts'

export type DeviceCredential = { deviceId: Id; secret: string }

/** As the CRM reads it. */
export const credentialText = ({ deviceId, secret }: DeviceCredential): string => `${deviceId}.${secret}`

export type CrmOptions = {
  /** Base address of the CRM, without `/api/v1`. Refused when it is neither loopback nor TLS. */
  url: string
  /** An access token that is valid now. Rejects `unauthenticated` when nobody is signed in. */
  accessToken(): Promise<string>
  log: Logger
}

/** The CRM as a desk asks it directly. Every call rejects with a `Fault`; `unavailable: crm-away` when it does not answer in time. */
export interface CrmClient {
  me(): Promise<User>
  credentials(): Promise<SipCredentials>
  registerDevice(name: string): Promise<DeviceCredential>
  callerContext(number: string, contactId: Id): Promise<CallerContext>
  story(citizenId: Id, reason: ReadReason): Promise<CallerContext>
  contact(id: Id): Promise<Contact>
  search(text: string): Promise<{ citizens: Citizen[]; more: boolean }>
  alike(entered: Entered): Promise<Alike[]>
  toCompare(after: Id | null): Promise<{ citizen: Citizen; alike: Alike[] }[]>
  merges(citizenId: Id): Promise<Merge[]>
  optOuts(citizenId: Id): Promise<MessageChannel[]>
  setOptOuts(citizenId: Id, channels: readonly MessageChannel[]): Promise<MessageChannel[]>
  nextFree(query: {
    serviceIds: string[]
    officeIds: string[] | null
    after: string | null
    near: string | null
    limit: number
    recoveryOf: Id | null
  }): Promise<VisitOffer[]>
  week(query: {
    serviceIds: string[]
    officeId: string
    monday: string
    recoveryOf: Id | null
  }): Promise<VisitOffer[]>
  hold(visit: {
    id: Id
    serviceIds: string[]
    officeId: string
    startsAt: string
    recoveryOf: Id | null
  }): Promise<Hold>
  /** `heldUntil` of both by this desk's clock. */
  renewHold(id: Id): Promise<{ heldUntil: string }>
  releaseHold(id: Id): Promise<void>
  recovery(appointmentId: Id): Promise<RecoveryAgenda | null>
  appointmentByCode(code: string): Promise<Appointment | null>
  messages(appointmentId: Id): Promise<AppointmentMessage[]>
  sendAgain(
    appointmentId: Id,
    message: { messageId: Id; channel: MessageChannel },
  ): Promise<AppointmentMessage[]>
  calendarFile(appointmentId: Id, language: SpellingLanguage): Promise<string>
  /** Null also for one that its user may not see. */
  ticketByProtocol(protocol: string): Promise<Ticket | null>
  ticket(id: Id): Promise<{ ticket: Ticket; entries: TicketEntry[] }>
  present(ticketId: Id, writing: boolean): Promise<TicketPresence[]>
  leave(ticketId: Id): Promise<void>
  members(team: Slug): Promise<{ id: Id; name: string }[]>
  attach(ticketId: Id, id: Id, file: File): Promise<TicketEntry>
  attachment(ticketId: Id, id: Id): Promise<Buffer>
  oversight: CrmOversight
  offices: CrmOffices
  accounts: CrmAccounts
}

/** For supervisors and administrators: rejects with `forbidden` for others. */
export interface CrmOversight {
  reads(citizenId: Id): Promise<CitizenRead[]>
  /** CSV. */
  readsReport(citizenId: Id, language: 'it' | 'en'): Promise<string>
  holds(): Promise<LegalHold[]>
  hold(citizenId: Id, reason: string): Promise<LegalHold>
  release(citizenId: Id): Promise<void>
  devices(): Promise<KnownDevice[]>
  wipe(deviceId: Id, mode: WipeMode): Promise<KnownDevice>
  schedule(): Promise<RetentionSchedule>
  audit(query: { by: 'everybody' | 'leaders'; before?: number; limit: number }): Promise<AuditEntry[]>
  statistics(period: { from: PlainDate; to: PlainDate }): Promise<StatisticsCount[]>
}

/** As `CrmOversight`. */
export interface CrmOffices {
  closures(officeId: Slug): Promise<ClosureOutcome[]>
  concerned(time: { officeId: Slug; from: string; to: string }): Promise<number>
  close(closing: {
    id: Id
    officeId: Slug
    from: string
    to: string
    agendas: Slug[] | null
    reason: string
    bookings: 'cancel' | 'keep'
    recovery: Recovery | null
  }): Promise<ClosureOutcome>
  withdraw(id: Id): Promise<ClosureOutcome>
  recover(id: Id, recovery: Recovery): Promise<ClosureOutcome>
  affected(id: Id): Promise<{ affected: Affected[]; standing: Standing[] }>
  failedMessages(): Promise<CitizenMessage[]>
  /** Those of them that are tried anew. */
  resend(ids: Id[]): Promise<Id[]>
}

/** As `CrmOversight`, for administrators. */
export interface CrmAccounts {
  list(): Promise<Accounts>
  openRequests(account: { id: Id }): Promise<OpenRequests>
  add(account: NewAccount): Promise<Account>
  change(account: ChangedRights): Promise<Account>
  setPassword(account: ChangedPassword): Promise<Account>
  deactivate(account: SeenAccount): Promise<Account>
  activate(account: SeenAccount): Promise<Account>
  endSignIns(account: { id: Id }): Promise<{ ended: number }>
}

export type SyncOptions = CrmOptions & {
  cache: Cache
  client: CrmClient
  home: CrmHome
  device(): Promise<DeviceCredential>
  /** The CRM does not know the device `unknown`: `device` answers another one from now on. */
  renewDevice(unknown: Id): Promise<void>
  now(): Date
  wipe?: DeskWipe
  /** Who worked here has left, the CRM says; told again until the time in which it takes what they did is over. */
  left?(users: readonly LeftUser[]): void
}

/** How a desk empties itself when the center says so. */
export interface DeskWipe {
  /** Ends the session and forgets all; answers how many commands were destroyed, or null when it cannot be now. */
  empty(): Promise<number | null>
  /** The center knows: the credential is worth nothing any more. */
  done(): Promise<void>
}

/** Push, pull, notices and back-off. Pending commands of others on this device are pushed too, by the device's credential. */
export interface Sync {
  /**
   * Pull as this user; their stream is registered while they are on line. Null: nobody is signed in, only push.
   * Once more, with another: switch to them.
   */
  start(user: User | null): void
  /** Ends everything; nothing is under way when it resolves. */
  stop(): Promise<void>
  /** The outbox has something new. */
  nudge(): void
  retryNow(): void
  state(): SystemTruth['crm']
  onState(listener: (state: SystemTruth['crm']) => void): () => void
}
