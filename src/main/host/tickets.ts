import { isDeepStrictEqual } from 'node:util'
import { Temporal } from 'temporal-polyfill'
import type { CommandRequest } from '#contract/commands/registry.ts'
import {
  actionOf,
  draftLength,
  filePartBytes,
  ListedClock,
  ListedTicket,
  type TicketDraft,
  writtenIn,
} from '#contract/desk-tickets.ts'
import { cityDayOf } from '#contract/domain/calendar.ts'
import { fullName } from '#contract/domain/citizen.ts'
import { type Id, newId } from '#contract/domain/ids.ts'
import { clockOn, lawBook, type TermBook } from '#contract/domain/reply-term.ts'
import { awaitsOutside, type Ticket } from '#contract/domain/ticket.ts'
import { actOn, factsOf, type TicketAction } from '#contract/domain/ticket-act.ts'
import { protocolIn, protocolText } from '#contract/domain/ticket-protocol.ts'
import { Fault } from '#contract/errors.ts'
import { askCrm } from './citizens.ts'
import { isOnItsWay } from './file-sender.ts'
import { author, type Parts } from './parts.ts'
import { desk, done } from './rpc.ts'
import { type FileReads, Uploads } from './ticket-files.ts'

/** As many as a person works through; the CRM's own lists go further. */
const mostListed = 300
/** A record that stays open is one read. */
const readAgainMs = 15 * 60_000
/** So much of one's own text that one knows it again. */
const beginning = 80

type TicketParts = Parts & {
  /** A draft was changed here and not by the window that shows it. */
  draftChanged(): void
  files: FileReads
}

/** Requests as the desk works on them: rows of the cache, commands in the outbox, drafts and files that wait beside; only presence, and reading a file, need the CRM now. */
class Tickets {
  readonly #parts: TicketParts
  readonly #read = new Map<string, number>()

  constructor(parts: TicketParts) {
    this.#parts = parts
  }

  book(): TermBook & { warnDays: number } {
    const book = this.#parts.cache.reference().rulebook ?? lawBook
    return { ...book, warnDays: book.terms.warnDays }
  }

  today(): string {
    return cityDayOf(this.#parts.now().toISOString())
  }

  list(which: 'mine' | 'team' | 'watch' | 'own-watch' | 'outside', team: string | null) {
    const user = this.#parts.session.user()
    const book = this.book()
    const today = this.today()
    const watches = which === 'watch' || which === 'own-watch'
    const dueBy = watches ? Temporal.PlainDate.from(today).add({ days: book.warnDays }).toString() : null
    const assigneeId = which === 'mine' ? user.id : null
    const clockOf = (ticket: Ticket) => clockOn(factsOf(ticket), book, today)
    const teams = new Map(this.#parts.cache.reference().teams.map((one) => [one.id, one]))
    const fits = (ticket: Ticket) => {
      if (which === 'outside') return awaitsOutside(ticket, teams.get(ticket.team))
      if (which === 'own-watch' && !user.teams.includes(ticket.team)) return false
      // The stored day of one whose clock stands is long past; it is due later.
      return !watches || clockOf(ticket).days <= book.warnDays
    }
    const found = this.#parts.cache.tickets({ team, assigneeId, dueBy, limit: mostListed + 1, fits })
    const tickets = found
      .slice(0, mostListed)
      .map((ticket) => ({ ticket, clock: clockOf(ticket) }))
      .toSorted(
        (a, b) =>
          Number(a.clock.state === 'met') - Number(b.clock.state === 'met') || a.clock.days - b.clock.days,
      )
      .map(({ ticket, clock }) => ({ ticket: ListedTicket.parse(ticket), clock: ListedClock.parse(clock) }))
    return { tickets, more: found.length > mostListed }
  }

  async byProtocol(text: string) {
    const { cache, client, session } = this.#parts
    session.user()
    const protocol = protocolIn(text)
    if (protocol === null) return { ticket: null, complete: true }
    const named = protocolText(protocol)
    const own = cache.ticketByProtocol(named)
    const heard = own
      ? null
      : await askCrm(this.#parts, async () => ({ row: await client.ticketByProtocol(named) }))
    const found = own ?? heard?.row
    return {
      ticket: found ? { ...ListedTicket.parse(found), citizenId: found.citizenId } : null,
      complete: own !== null || heard !== null,
    }
  }

  async get(ticketId: Id) {
    const { cache, client, session } = this.#parts
    const user = session.user()
    const own = cache.ticket(ticketId)
    const found = own
      ? { ticket: own, entries: cache.ticketEntries(ticketId), from: 'cache' as const }
      : { ...(await client.ticket(ticketId)), from: 'crm' as const }
    if (own?.citizenId) this.#journal(ticketId, own.citizenId)
    const { ticket } = found
    const citizen = ticket.citizenId === null ? null : cache.story(ticket.citizenId)?.citizen
    return {
      ...found,
      clock: clockOn(factsOf(ticket), this.book(), this.today()),
      citizenName: citizen ? fullName(citizen) : null,
      kept: cache.ticketDrafts.get(user.id, ticketId),
    }
  }

  leftDrafts() {
    const { cache, session } = this.#parts
    return cache.ticketDrafts.left(session.user().id).map(({ ticketId, draft, savedAt }) => ({
      ...{ ticketId, savedAt },
      begins: (writtenIn(draft)[0] ?? '').slice(0, beginning),
    }))
  }

  /** The CRM journals what it is asked; what the cache shows is journaled here. */
  #journal(ticketId: Id, citizenId: Id): void {
    const { cache, now, session, sync } = this.#parts
    const key = `${session.user().id} ${ticketId} ${citizenId}`
    const at = now().getTime()
    if ((this.#read.get(key) ?? Number.NEGATIVE_INFINITY) > at - readAgainMs) return
    for (const [other, when] of this.#read) if (when <= at - readAgainMs) this.#read.delete(other)
    this.#read.set(key, at)
    const args = {
      citizenId,
      reason: { kind: 'ticket', id: ticketId },
      at: now().toISOString(),
      from: 'cache',
    } as const
    cache.accept(author(this.#parts), [{ name: 'citizen.read', args }])
    sync.nudge()
  }

  act(ticketId: Id, action: TicketAction, revision: number) {
    const { cache, sync } = this.#parts
    const who = author(this.#parts)
    this.#refuseHopeless(cache.ticket(ticketId), action)
    const { do: name, ...rest } = action
    const request = { name: `ticket.${name}`, args: { id: newId(), ticketId, ...rest } } as CommandRequest
    const kept = cache.ticketDrafts.get(who.user.id, ticketId)
    const left = remainder(kept.draft, action)
    if (left && kept.revision !== revision) throw new Fault('conflict', 'draft-stale')
    const after = cache.ticketDrafts.send(who, ticketId, [request], left && { revision, draft: left })
    sync.nudge()
    return after
  }

  /** What the rules do not allow as the desk knows the request is said at once, not by the CRM later. */
  #refuseHopeless(ticket: Ticket | null, action: TicketAction): void {
    if (!ticket) return
    const at = this.#parts.now().toISOString()
    const { roles } = this.#parts.session.user()
    const step = actOn(ticket, action, { book: this.book(), at, roles, assigneeName: null })
    if (!step.ok) throw new Fault('conflict', 'ticket-refused', { params: { why: step.refusal } })
  }

  takeBack(commandId: Id): { ticketId: Id } {
    const { cache, session } = this.#parts
    const user = session.user()
    const entry = cache.entries(user.id).find((one) => one.commandId === commandId)
    const request = entry?.request
    if (!entry || (request?.name !== 'ticket.note' && request?.name !== 'ticket.tell'))
      throw new Fault('not-found', 'record-not-found')
    if (entry.state !== 'refused' && entry.state !== 'failed') throw new Fault('conflict', 'input-invalid')
    const { ticketId, text } = request.args
    const { draft, revision } = cache.ticketDrafts.get(user.id, ticketId)
    const back: TicketDraft =
      request.name === 'ticket.note'
        ? { ...draft, note: below(draft.note, text) }
        : {
            ...draft,
            message: below(draft.message, text),
            channel: request.args.channel,
            answers: request.args.answers,
          }
    // What does not fit stays whole where it is.
    if (back.note.length > draftLength || back.message.length > draftLength)
      throw new Fault('conflict', 'draft-full')
    // First it is safe in the draft; at the worst it stands in both.
    cache.ticketDrafts.save(user.id, ticketId, revision, back)
    cache.dismiss(user.id, commandId)
    this.#parts.draftChanged()
    return { ticketId }
  }
}

/** What stays of a draft when its note, message or action is sent; null: the action does not come from it. */
function remainder(draft: TicketDraft, action: TicketAction): TicketDraft | null {
  if (action.do === 'note' && draft.note.trim() === action.text) return { ...draft, note: '' }
  if (action.do === 'tell' && draft.message.trim() === action.text)
    return { ...draft, message: '', answers: false }
  if (draft.action && isDeepStrictEqual(actionOf(draft.action), action)) return { ...draft, action: null }
  return null
}

const below = (typed: string, back: string): string =>
  typed.includes(back) ? typed : [typed, back].filter((text) => text.trim() !== '').join('\n\n')

export function ticketsService(parts: TicketParts) {
  const tickets = new Tickets(parts)
  const uploads = new Uploads(parts.now)
  const { client, session } = parts
  return {
    list: desk.tickets.list.handler(({ input }) => tickets.list(input.which, input.team)),
    byProtocol: desk.tickets.byProtocol.handler(({ input }) => tickets.byProtocol(input.protocol)),
    get: desk.tickets.get.handler(({ input }) => tickets.get(input.ticketId)),
    draft: desk.tickets.draft.handler(({ input }) =>
      parts.cache.ticketDrafts.get(session.user().id, input.ticketId),
    ),
    leftDrafts: desk.tickets.leftDrafts.handler(() => ({ drafts: tickets.leftDrafts() })),
    act: desk.tickets.act.handler(({ input }) => tickets.act(input.ticketId, input.action, input.revision)),
    saveDraft: desk.tickets.saveDraft.handler(({ input: { ticketId, revision, draft } }) =>
      parts.cache.ticketDrafts.save(session.user().id, ticketId, revision, draft),
    ),
    takeBack: desk.tickets.takeBack.handler(({ input }) => tickets.takeBack(input.commandId)),
    present: desk.tickets.present.handler(async ({ input }) => {
      session.user()
      try {
        return { others: await client.present(input.ticketId, input.writing), known: true }
      } catch (error) {
        if (error instanceof Fault && error.kind === 'unavailable') return { others: [], known: false }
        // Made on this desk and not in the CRM yet: nobody else can have it open.
        if (error instanceof Fault && error.code === 'ticket-gone') return { others: [], known: true }
        throw error
      }
    }),
    leave: desk.tickets.leave.handler(async ({ input }) => {
      session.user()
      // It is over by itself soon.
      await client.leave(input.ticketId).catch(() => {})
      return done
    }),
    members: desk.tickets.members.handler(async ({ input }) => {
      session.user()
      return { members: await client.members(input.team) }
    }),
    attach: desk.tickets.attach.handler(async ({ input }) => {
      const { id: userId } = session.user()
      const content = uploads.add(userId, input)
      if (!content) return { entry: null, waits: false }
      const wait = async () => {
        await parts.cache.waitingFiles.keep(userId, input, content)
        return { entry: null, waits: true }
      }
      if (isOnItsWay(parts, input.ticketId)) return wait()
      try {
        const file = new File([new Uint8Array(content)], input.name)
        const entry = await client.attach(input.ticketId, input.id, file)
        parts.sync.nudge()
        return { entry, waits: false }
      } catch (error) {
        if (error instanceof Fault && error.kind === 'unavailable') return wait()
        throw error
      }
    }),
    attachment: desk.tickets.attachment.handler(async ({ input }) => {
      const { id: userId } = session.user()
      const content = await parts.files.read(userId, input)
      const part = content.subarray(input.from, input.from + filePartBytes)
      return { base64: part.toString('base64'), size: content.byteLength }
    }),
  }
}
