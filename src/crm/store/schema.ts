import type { ColumnType, Generated, GeneratedAlways, JSONColumnType } from 'kysely'
import type { CommandName } from '#contract/commands/registry.ts'
import type { Recovery } from '#contract/crm-agenda.ts'
import type { Role } from '#contract/domain/agent.ts'
import type { AppointmentState } from '#contract/domain/appointment.ts'
import type {
  Address,
  Citizen,
  CitizenIdentity,
  CitizenPhone,
  DelegationKind,
  Language,
} from '#contract/domain/citizen.ts'
import type { Contact, IdentificationMethod, Outcome, TriedBefore } from '#contract/domain/contact.ts'
import type { Entity } from '#contract/domain/entities.ts'
import type { MessageChannel, MessageKind, MessageReason, MessageState } from '#contract/domain/message.ts'
import type { ClockStep } from '#contract/domain/reply-term.ts'
import type { CloseReason, TicketStatus } from '#contract/domain/ticket.ts'
import type { AttachmentType, TicketDeed } from '#contract/domain/ticket-entry.ts'
import type { TicketKind } from '#contract/domain/ticket-kind.ts'
import type { FaultData } from '#contract/errors.ts'

/**
 * The tables as both engines give them: `bigint` and `count(*)` are numbers, `timestamptz` and `date` are ISO text,
 * `xid8` is text. Arrays and objects for `jsonb` go in as JSON text (`JSON.stringify`).
 */
type Json<T extends object | null> = ColumnType<T, string | null, string | null>

export type UsersTable = {
  id: string
  /** Lower case. */
  login: string
  name: string
  given_name: string
  roles: Role[]
  teams: string[]
  extension: string
  password_hash: string
  /** Since then the account may not sign in. */
  deactivated_at: ColumnType<string | null, string | null | undefined, string | null>
  /** Null for an account that never had a password of its own, and for those of before. */
  password_set_at: ColumnType<string | null, string | null | undefined, string | null>
  /** When somebody else last ended this person's sign-ins. */
  signed_out_at: ColumnType<string | null, string | null | undefined, string | null>
  /** Rises when an account is changed, so that two who change it know of each other. */
  version: Generated<number>
  /** Another system's, with the hash of its secret in the place of a password's. */
  client: Generated<boolean>
}

/** A sign-in (`oidc_records`, `Grant`) and a desk that it worked at. */
export type DeviceSignInsTable = { grant_id: string; device_id: string; since: Generated<string> }

export type DevicesTable = {
  id: string
  name: string
  /** Hex SHA-256 of the secret, which has 256 random bits. */
  secret_hash: string
  registered_by: string
  registered_at: Generated<string>
  revoked_at: string | null
  wipe: ColumnType<'now' | 'after-delivery' | null, undefined, string | null>
  wiped_at: ColumnType<string | null, undefined, string | null>
  wipe_destroyed: ColumnType<number | null, undefined, number | null>
}

export type StreamsTable = {
  id: string
  device_id: string
  user_id: string
  last_n: Generated<number>
  opened_at: Generated<string>
}

export type CommandsTable = {
  stream_id: string
  n: number
  id: string
  name: CommandName
  /** `repeated`: the same command id was settled in an earlier stream of its author; its row there has the result. */
  status: 'applied' | 'refused' | 'failed' | 'repeated'
  fault: Json<FaultData | null>
  at: string
  received_at: Generated<string>
}

export type CommandFailuresTable = {
  stream_id: string
  n: number
  id: string
  attempts: number
}

/** What the change log speaks of: rows of a desk, and the movements of streams and the read journal. */
export type ChangeEntity = Entity | 'stream' | 'read'

export type ChangeLogTable = {
  xid: GeneratedAlways<string>
  seq: GeneratedAlways<number>
  entity: ChangeEntity
  id: string
  version: number
  at: Generated<string>
}

export type FeedEpochTable = {
  single: Generated<boolean>
  id: string
  /** Which cluster and timeline the transaction numbers in the log belong to. */
  cluster: string
}

/** Days whose passing has been written to the change log: what enters and leaves a desk's scope by time alone. */
export type ScopeDaysTable = { day: string }

export type CitizensTable = {
  id: string
  version: Generated<number>
  given_name: string
  family_name: string
  birth_date: string | null
  fiscal_code: string | null
  language: Language
  email: string | null
  street: string | null
  municipality: string | null
  municipio: number | null
  needs_duplicate_check: Generated<boolean>
  other_languages: Generated<Language[]>
  other_emails: Generated<string[]>
  other_addresses: ColumnType<Address[], string | undefined, string>
  merged_into: ColumnType<string | null, string | null | undefined, string | null>
  /** Who said that there is such a person: retention takes nobody whom the registry knows. */
  origin: Generated<'desk' | 'registry'>
  /** "family given" and "given family" as `search_key` writes them. */
  name_key: GeneratedAlways<string>
  name_key_reversed: GeneratedAlways<string>
}

/** What the registry said of a person last, under the key that it has for them. */
export type CitizenImportsTable = {
  key: string
  citizen_id: string
  record: ColumnType<unknown, string, string>
}

export type CitizenPhonesTable = {
  citizen_id: string
  position: number
  number: string
  kind: CitizenPhone['kind']
}

export type CitizenIdentitiesTable = CitizenIdentity & { citizen_id: string; position: number }

/** The person of `citizen_id` may speak for the one of `for_id`. */
export type CitizenDelegationsTable = {
  citizen_id: string
  for_id: string
  kind: DelegationKind
  until: string | null
  since: Generated<string>
}

/** The kept person as it was and as it became, and what came to it from the other. */
export type MergeRecord = {
  before: Citizen
  made: Citizen
  /** Whether the other was to be compared; not said by a merge of before this was written down. */
  mergedMarked?: boolean
  moved: {
    contacts: string[]
    onBehalf: string[]
    tickets: string[]
    appointments: string[]
    optOuts: MessageChannel[]
    delegations: { citizen_id: string; for_id: string; kind: DelegationKind; until: string | null }[]
    legalHold: boolean
  }
}

/** `merged_id` turned out to be `citizen_id`, either of which may be gone by its term; `record` is what to know to undo it, until retention takes it. */
export type CitizenMergesTable = {
  id: string
  citizen_id: string
  merged_id: string
  made_by: string
  made_at: Generated<string>
  undone_by: ColumnType<string | null, undefined, string | null>
  undone_at: ColumnType<string | null, undefined, string | null>
  record: ColumnType<MergeRecord | null, string, never>
}

/** Two who are alike and not the same; the smaller id first. */
export type CitizensKeptApartTable = {
  citizen_id: string
  other_id: string
  set_by: string
  set_at: Generated<string>
}

export type ContactsTable = {
  id: string
  version: Generated<number>
  channel: Contact['channel']
  direction: Contact['direction']
  queue: string | null
  operator_id: string
  citizen_id: string | null
  caller_number: string | null
  started_at: string
  answered_at: string | null
  ended_at: string | null
  topic_id: string | null
  outcome: Outcome | null
  identification: Generated<IdentificationMethod>
  tried_before: Generated<TriedBefore[]>
  note: Generated<string>
  practice: Generated<boolean>
  tried_detail: Generated<string>
  on_behalf_of: ColumnType<string | null, string | null | undefined, string | null>
  line_score: ColumnType<number | null, number | null | undefined, number | null>
}

export type TicketProtocolsTable = { year: number; last_number: number }

export type TicketsTable = {
  id: string
  version: Generated<number>
  protocol_year: number
  protocol_number: number
  protocol: GeneratedAlways<string>
  kind: TicketKind
  topic_id: string
  text: string
  citizen_id: string | null
  contact_id: string | null
  status: Generated<TicketStatus>
  received_at: string
  due_on: string
  team: string
  assignee_id: ColumnType<string | null, string | null | undefined, string | null>
  rerouted: Generated<number>
  reopened: Generated<number>
  answered_at: ColumnType<string | null, string | null | undefined, string | null>
  met_at: ColumnType<string | null, string | null | undefined, string | null>
  unsent: Generated<boolean>
  closed_for: ColumnType<CloseReason | null, CloseReason | null | undefined, CloseReason | null>
  reference: ColumnType<string | null, string | null | undefined, string | null>
  steps: ColumnType<ClockStep[], string | undefined, string>
}

export type TicketSuspensionsTable = {
  ticket_id: string
  position: number
  from_day: string
  to_day: string | null
  reason: string
  waiting: Generated<boolean>
}

export type TicketExtensionsTable = {
  ticket_id: string
  position: number
  on_day: string
  days: number
  reason: string
}

export type TicketContactsTable = { ticket_id: string; contact_id: string; linked_at: Generated<string> }

/** Append-only: triggers refuse everything else, but for retention. */
export type TicketEntriesTable = {
  id: string
  version: Generated<number>
  ticket_id: string
  at: string
  author_id: string | null
  did: GeneratedAlways<TicketDeed['did']>
  body: ColumnType<TicketDeed, string, string>
  recorded_at: Generated<string>
}

export type TicketAttachmentsTable = {
  id: string
  ticket_id: string
  entry_id: string
  name: string
  type: AttachmentType
  size: number
  /** Hex, of its contents. */
  sha256: string
  added_by: string
  added_at: Generated<string>
}

/** Who has a request open: until `until`, whatever became of the desk. */
export type TicketPresenceTable = {
  ticket_id: string
  user_id: string
  since: Generated<string>
  until: string
  writing: boolean
}

/** A reference row: the contract's document without `id` and `version`. */
export type DocumentTable = {
  id: string
  version: Generated<number>
  body: JSONColumnType<Record<string, unknown>, string, string>
}

export type SlotsTable = {
  id: string
  version: Generated<number>
  office_id: string
  agenda: string
  starts_at: string
  duration_minutes: number
  capacity: number
  /** Another slot of the same office and agenda overlaps it. */
  crossed: GeneratedAlways<boolean>
}

/**
 * One row a seat, which is a counter, made by a trigger from `slots.capacity`: more visits than seats cannot be stored. Triggers also
 * refuse to give it to a second holder while it is booked, or held or lent and the database's clock says that this is not over.
 */
export type SlotSeatsTable = {
  slot_id: string
  seat: number
  /** Of its slot, for the index of what is free. */
  office_id: GeneratedAlways<string>
  agenda: GeneratedAlways<string>
  starts_at: GeneratedAlways<string>
  appointment_id: string | null
  hold_id: ColumnType<string | null, undefined, string | null>
  held_since: ColumnType<string | null, undefined, string | null>
  held_until: ColumnType<string | null, undefined, string | null>
  /** Stays while somebody sits there: a visit that is cancelled leaves its seat to the lease it came from. */
  lease_id: ColumnType<string | null, undefined, string | null>
  kept_until: ColumnType<string | null, undefined, string | null>
}

export type LeasesTable = {
  id: string
  kind: 'desk' | 'recovery'
  device_id: string | null
  user_id: string | null
  service_id: string | null
  book_until: string | null
  kept_until: string
  lent_at: Generated<string>
  released_at: ColumnType<string | null, string | null | undefined, string | null>
}

export type AppointmentsTable = {
  id: string
  version: Generated<number>
  code: string
  slot_id: string
  service_ids: string[]
  office_id: string
  starts_at: string
  ends_at: string
  counter: number | null
  citizen_id: string | null
  contact_id: string | null
  state: AppointmentState
  sequence: Generated<number>
  confirm_by: ColumnType<string | null, string | null | undefined, string | null>
  /** Of a lapsed one: the `confirm_by` it had. */
  lapsed_by: ColumnType<string | null, string | null | undefined, string | null>
  reason: ColumnType<string | null, string | null | undefined, string | null>
  recovery_of: ColumnType<string | null, string | null | undefined, string | null>
  channel: Generated<'web' | 'phone' | 'counter' | 'newsstand' | 'office'>
  hold_id: ColumnType<string | null, string | null | undefined, string | null>
  lease_id: ColumnType<string | null, string | null | undefined, string | null>
  closure_id: ColumnType<string | null, string | null | undefined, string | null>
  /** The `sequence` that came with the last move or yes; kept by a trigger. */
  wished_sequence: Generated<number>
  /** The command that it came with; null when it was none. */
  wished_by: ColumnType<string | null, string | null | undefined, string | null>
}

/** `starts_at` and `office_id` are those of the appointment that the message speaks of. */
export type MessagesTable = {
  id: string
  /** Null for what was told of a request, as `starts_at` and `office_id`. */
  appointment_id: string | null
  ticket_entry_id: string | null
  kind: MessageKind | 'told'
  channel: MessageChannel
  language: Language
  recipient: string | null
  made_at: Generated<string>
  starts_at: string | null
  /** When the citizen may still believe the visit to be; null where that is `starts_at`. */
  was_at: string | null
  office_id: string | null
  reminder: number | null
  due_at: string
  state: MessageState
  reason: MessageReason | null
  sent_at: string | null
  via: 'smtp' | 'outbox' | null
  attempts: Generated<number>
  claimed_by: string | null
  claimed_until: string | null
  /** Who had it sent again; null for what followed from a change. */
  asked_by: string | null
}

export type MessageOutboxTable = {
  message_id: string
  appointment_id: string | null
  ticket_id: string | null
  channel: MessageChannel
  recipient: string
  subject: string | null
  body: string
  calendar: string | null
  written_at: Generated<string>
}

export type ChannelOptOutsTable = { citizen_id: string; channel: MessageChannel; since: Generated<string> }

export type OpeningRulesTable = {
  id: string
  office_id: string
  agenda: string
  /** ISO: Monday is 1. */
  weekdays: number[]
  /** `08:30`, by the clock of the office's zone. */
  from_time: string
  to_time: string
  step_minutes: number
  counters: number
  valid_from: string
  valid_to: string | null
  on_holidays: boolean
}

/** A recovery as a closure remembers it: what the contract says, for which agendas and in which steps of minutes each. */
export type KeptRecovery = Recovery & { steps: Readonly<Record<string, number>> }

export type ClosuresTable = {
  id: string
  office_id: string
  starts_at: string
  ends_at: string
  /** Null: all of the office. */
  agendas: string[] | null
  reason: string
  cancels: boolean
  recovery: Json<KeptRecovery | null>
  made_by: string | null
  made_at: Generated<string>
  withdrawn_at: ColumnType<string | null, undefined, string | null>
  /** Of a recovery that was added to it later. */
  recovered_at: ColumnType<string | null, undefined, string | null>
}

export type ClosureFailuresTable = {
  closure_id: string
  appointment_id: string
  attempts: Generated<number>
  last_at: Generated<string>
}

export type AgendaDaysTable = { office_id: string; day: string; made_of: string }

export type ReadsTable = {
  id: GeneratedAlways<number>
  citizen_id: string
  user_id: string
  at: string
  reason_kind: 'call' | 'ticket' | 'search'
  reason_id: string | null
  source: 'cache' | 'crm'
  recorded_at: Generated<string>
}

export type OidcRecordsTable = {
  kind: string
  id: string
  payload: JSONColumnType<Record<string, unknown>, string, string>
  expires_at: string | null
  grant_id: string | null
  uid: string | null
  user_code: string | null
  consumed_at: string | null
}

export type Database = {
  users: UsersTable
  devices: DevicesTable
  device_sign_ins: DeviceSignInsTable
  streams: StreamsTable
  commands: CommandsTable
  command_failures: CommandFailuresTable
  change_log: ChangeLogTable
  feed_epoch: FeedEpochTable
  scope_days: ScopeDaysTable
  citizens: CitizensTable
  citizen_phones: CitizenPhonesTable
  citizen_imports: CitizenImportsTable
  citizen_identities: CitizenIdentitiesTable
  citizen_delegations: CitizenDelegationsTable
  citizen_merges: CitizenMergesTable
  citizens_kept_apart: CitizensKeptApartTable
  contacts: ContactsTable
  ticket_protocols: TicketProtocolsTable
  tickets: TicketsTable
  ticket_suspensions: TicketSuspensionsTable
  ticket_extensions: TicketExtensionsTable
  ticket_contacts: TicketContactsTable
  ticket_entries: TicketEntriesTable
  ticket_attachments: TicketAttachmentsTable
  ticket_presence: TicketPresenceTable
  teams: DocumentTable
  rulebooks: DocumentTable
  message_channels: DocumentTable
  offices: DocumentTable
  services: DocumentTable
  topics: DocumentTable
  articles: DocumentTable
  slots: SlotsTable
  slot_seats: SlotSeatsTable
  leases: LeasesTable
  appointments: AppointmentsTable
  messages: MessagesTable
  message_outbox: MessageOutboxTable
  channel_opt_outs: ChannelOptOutsTable
  opening_rules: OpeningRulesTable
  closures: ClosuresTable
  closure_failures: ClosureFailuresTable
  agenda_days: AgendaDaysTable
  reads: ReadsTable
  oidc_records: OidcRecordsTable
}
