import type { Logger } from 'pino'
import { z } from 'zod'
import type { CommandAuthor } from '#contract/commands/command.ts'
import type { CommandEnvelope, CommandRequest, CommandResult } from '#contract/commands/registry.ts'
import type { HeardLine } from '#contract/crm.ts'
import { Hold } from '#contract/crm-booking.ts'
import type { Alike } from '#contract/crm-citizens.ts'
import type { ChangeNotice, Draft, OutboxEntry, Settings, SystemTruth, Work } from '#contract/desk.ts'
import type { Appointment, Slot } from '#contract/domain/appointment.ts'
import type { Call } from '#contract/domain/call.ts'
import type { CallRecord } from '#contract/domain/call-record.ts'
import type { Citizen } from '#contract/domain/citizen.ts'
import type { Contact, Party } from '#contract/domain/contact.ts'
import type { Id, Instant, PlainDate, Slug } from '#contract/domain/ids.ts'
import type { Compared } from '#contract/domain/likeness.ts'
import type { MessageChannel } from '#contract/domain/message.ts'
import type { Article, Office, Service, Topic } from '#contract/domain/reference.ts'
import type { CityTeam, Rulebook } from '#contract/domain/rulebook.ts'
import type { Ticket } from '#contract/domain/ticket.ts'
import type { TicketEntry } from '#contract/domain/ticket-entry.ts'
import type { HomeStore } from './home.ts'
import type { TicketDrafts } from './ticket-drafts.ts'
import type { WaitingFiles } from './waiting-files.ts'

/** A person with what is open, all of it: what a window may see of it the host decides. */
export type CitizenStory = {
  citizen: Citizen
  /** Newest first. */
  contacts: Contact[]
  tickets: Ticket[]
  /** Next first. */
  appointments: Appointment[]
  /** Of the contacts on somebody's behalf: who spoke, and for whom. */
  parties: Party[]
}

export type CacheOptions = {
  /** Folder of `cache.db` and `outbox.db`; locked by whoever opens the host. */
  dir: string
  /** 64 hex digits. */
  key: string
  log: Logger
  now(): Date
}

/**
 * `registered`: the CRM knows it. `replaces`: the stream that the CRM knows in its place until then
 * (registered by the device's credential); null for one that its user registers.
 */
export type Stream = { streamId: Id; userId: Id; registered: boolean; replaces: Id | null }

/** What is typed and the facts of its call, in `outbox.db`. */
/** Seats under a hold, and what was asked for when they were given. */
export const KeptVisit = z.object({
  hold: Hold,
  asked: z.object({
    serviceIds: z.array(z.string()),
    officeId: z.string(),
    startsAt: z.string(),
    recoveryOf: z.string().nullable().default(null),
  }),
})
export type KeptVisit = z.infer<typeof KeptVisit>

export interface WorkStore {
  list(userId: Id): Work[]
  /** Of anybody, without an end. */
  unended(): { userId: Id; work: Work }[]
  get(contactId: Id): Work | null
  /** A new contact, or new facts (answered, ended) of one; the draft stays. */
  put(userId: Id, facts: Omit<Work, 'draft' | 'revision' | 'savedAt'>): void
  /** Throws `conflict: draft-stale` when `revision` is not the stored one, `contact-gone` when there is none. */
  save(contactId: Id, revision: number, draft: Draft): { revision: number; savedAt: string }
  /** The seats that the CRM keeps for this contact; with the work they outlive the host. */
  keptVisit(contactId: Id): KeptVisit | null
  /** False when there is no such work. */
  keepVisit(contactId: Id, kept: KeptVisit | null): boolean
  /** Accepts the closing commands and removes the work in one transaction. */
  close(contactId: Id, author: CommandAuthor, requests: readonly CommandRequest[]): void
  /** Missed or refused without a word typed: nothing to wrap up. */
  discard(contactId: Id): void
}

/** Calls that are over, in `outbox.db`; kept for a fortnight. */
export interface CallRecords {
  /** A live call that has no work to be known by, as it is now; until it is added. */
  keep(userId: Id, call: Call): void
  kept(): { userId: Id; call: Call }[]
  /** A call that is there already is not written again. */
  add(userId: Id, record: CallRecord): void
  /** Newest first, those that began before `before`. */
  list(userId: Id, page: { before: Instant | null; limit: number }): CallRecord[]
  lastDialled(userId: Id): string | null
}

export type TicketQuery = {
  team: Slug | null
  assigneeId: Id | null
  dueBy: PlainDate | null
  limit: number
  /** What the columns cannot say. */
  fits?: (ticket: Ticket) => boolean
}

/** What sync needs of the two files. */
export interface SyncStore {
  /** The stream of a user on this device; made at the first need. */
  stream(userId: Id): Stream
  streams(): Stream[]
  markRegistered(streamId: Id): void
  /**
   * A new id for the same user's stream; its unapplied commands are numbered again from 1 and keep their ids, by which
   * the CRM knows those that it had applied under the old one.
   */
  replaceStream(streamId: Id): Stream
  /** The same, but the CRM is not told which stream it replaces, so that its user must register it: as for one of another device. */
  orphanStream(streamId: Id): Stream
  /** Commands that the CRM has not answered yet, in order. */
  unsent(streamId: Id, limit: number): CommandEnvelope[]
  settle(streamId: Id, results: readonly CommandResult[]): void
  /** A command that faults repeatedly: recorded as failed and passed, its dependants with it. */
  fail(streamId: Id, n: number, result: CommandResult): void
  cursor(): string | null
  /**
   * One whole page with its `end` line, in one transaction with cursor and applied numbers. A page without `end` is refused.
   * One that says `restart` forgets all rows and the cursor instead, and so does the first one that a program receives after another left out
   * rows that it could not read: `anew`, what there is has to be pulled again.
   */
  applyPage(lines: readonly HeardLine[]): 'applied' | 'anew'
  /** Forget every row of the CRM (not the outbox) and begin anew. */
  restart(): void
}

/**
 * Everything that a desk keeps on disk. Queries answer from the projection: the CRM's rows with the pending commands applied.
 * A fault of `cache.db` blocks the queries (they answer empty, `state().fault` says why) and never touches the outbox.
 */
export interface Cache {
  state(): SystemTruth['cache']
  /**
   * A blocked cache begins anew, empty; the file that could not be used stays beside it under a dated name. Throws `conflict: cache-ready`
   * when it is not blocked, `unsupported: cache-newer` for a file of a newer program, and its fault when the new one is blocked too.
   */
  rebuild(): void
  /** Told after each commit. A saved draft (`work.save`) is no news: whoever saved it knows. */
  onChange(listener: (notice: ChangeNotice) => void): () => void
  /** Stories hold the newest 50 contacts, tickets still to be answered, and appointments from today on. */
  callers(e164: string): CitizenStory[]
  story(citizenId: Id): CitizenStory | null
  search(text: string, limit: number): Citizen[]
  /** Who of those who are here may be this person, the likeliest first. */
  alikeTo(person: Compared): Alike[]
  reference(): {
    services: Service[]
    offices: Office[]
    topics: Topic[]
    articles: Article[]
    teams: CityTeam[]
    rulebook: Rulebook | null
    unsentChannels: MessageChannel[]
  }
  /** Those that begin from `from` on and before `until`. */
  slots(query: { agenda: string; officeId: string | null; from: Date; until: Date }): Slot[]
  made(contactId: Id): { contact: Contact | null; tickets: Ticket[]; appointments: Appointment[] }
  appointment(id: Id): Appointment | null
  /** `K7-4MQ`. */
  appointmentByCode(code: string): Appointment | null
  ticket(id: Id): Ticket | null
  /** `R-2026-000123`. */
  ticketByProtocol(protocol: string): Ticket | null
  /** Oldest first. */
  ticketEntries(ticketId: Id): TicketEntry[]
  /** Not closed, the first due first; null: of any. `dueBy`: not answered, and due until then. Read on until `limit` have been found that fit. */
  tickets(query: TicketQuery): Ticket[]
  /**
   * On disk (`synchronous=FULL`) when it returns, all or none, and with them the draft that they were made from. Throws only when
   * nothing was accepted: that the projection could not be moved is no reason to ask again.
   */
  accept(
    author: CommandAuthor,
    requests: readonly CommandRequest[],
    draft?: { contactId: Id; revision: number; draft: Draft },
  ): CommandEnvelope[]
  /** Of one user, as their author; of everybody when null. */
  entries(userId: Id | null): OutboxEntry[]
  /** Whether the `contact.open` of this contact lies in the outbox, whatever became of it. */
  opens(contactId: Id): boolean
  /** Only refused and failed ones can be dismissed, and only by their author. */
  dismiss(userId: Id, commandId: Id): void
  /** Commands, and files that wait. With nobody signed in everything is `others`. */
  counts(userId: Id | null): SystemTruth['outbox']
  work: WorkStore
  ticketDrafts: TicketDrafts
  waitingFiles: WaitingFiles
  calls: CallRecords
  settings: { get(): Settings; set(change: Partial<Settings>): Settings }
  /**
   * Forgets everything but settings and home, on the disk too: rows, commands, drafts, files, work and calls. Answers how many commands and files the CRM had
   * not answered.
   */
  wipe(): number
  /** Which CRM the files belong to. In `outbox.db`: what must not be sent elsewhere lies there. */
  home: HomeStore
  sync: SyncStore
  close(): void
}
