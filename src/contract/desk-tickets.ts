import { oc } from '@orpc/contract'
import { z } from 'zod'
import { TicketClock, TicketPresence } from './crm-tickets.ts'
import { Id, Instant, Slug } from './domain/ids.ts'
import { CloseReason, Ticket } from './domain/ticket.ts'
import { TicketAction } from './domain/ticket-act.ts'
import { attachmentLimit, TicketChannel, TicketEntry } from './domain/ticket-entry.ts'
import { TicketKind } from './domain/ticket-kind.ts'
import { faultErrors } from './errors.ts'

const base = oc.errors(faultErrors)
const done = z.object({ ok: z.literal(true) })

/** Most of a note or a message, in a draft as in the request. */
export const draftLength = 8000

const typed = z.string().max(draftLength)

/** An action whose form is open, with what is typed in it: nearly always why. */
export const ActionDraft = z.object({
  name: z.enum([
    ...(['wait', 'close', 'reopen', 'hand-over', 'assign', 'classify', 'suspend', 'extend'] as const),
    ...(['identify', 'take-away'] as const),
  ]),
  reason: typed,
  team: Slug.nullable(),
  /** Of the team that it goes to. */
  reference: typed,
  days: z.string().max(3),
  kind: TicketKind,
  topicId: Slug,
  closedFor: CloseReason.nullable(),
  assigneeId: Id.nullable(),
  /** Whose it is, and what they are called where it is shown. */
  citizen: z
    .object({ id: Id, name: z.string().max(250) })
    .nullable()
    .default(null),
  /** As it was when the form was opened: what changes under the typing hand is not overruled. */
  from: Ticket.pick({ assigneeId: true, team: true, kind: true, topicId: true, dueOn: true }).extend({
    citizenId: Ticket.shape.citizenId.default(null),
  }),
})
export type ActionDraft = z.infer<typeof ActionDraft>

export const beginAction = (name: ActionDraft['name'], ticket: ActionDraft['from']): ActionDraft => {
  const { assigneeId, citizenId, team, kind, topicId, dueOn } = ticket
  return {
    ...{ name, reason: '', team: null, reference: '', days: '', closedFor: null, citizen: null },
    ...{ kind, topicId, assigneeId, from: { assigneeId, citizenId, team, kind, topicId, dueOn } },
  }
}

/** Nothing is typed or chosen in it. */
export const isBlankAction = (draft: ActionDraft): boolean =>
  [draft.reason, draft.reference, draft.days].every((text) => text.trim() === '') &&
  draft.team === null &&
  draft.closedFor === null &&
  draft.citizen === null &&
  draft.assigneeId === draft.from.assigneeId &&
  draft.kind === draft.from.kind &&
  draft.topicId === draft.from.topicId

/** The request is not what it was when the form was opened, in what the action would overrule. */
export function isOutdatedAction({ name, from }: ActionDraft, ticket: ActionDraft['from']): boolean {
  switch (name) {
    case 'assign':
      return ticket.assigneeId !== from.assigneeId || ticket.team !== from.team
    case 'hand-over':
      return ticket.team !== from.team
    case 'classify':
      return ticket.kind !== from.kind || ticket.topicId !== from.topicId
    case 'extend':
      return ticket.dueOn !== from.dueOn
    case 'identify':
    case 'take-away':
      return ticket.citizenId !== from.citizenId
    default:
      return false
  }
}

/** The same form for the request as it is now: what was typed and chosen stays, except a team that has it by now, a colleague of one that has it no more, and a person whose it is by now. */
export function renewAction(draft: ActionDraft, ticket: ActionDraft['from']): ActionDraft {
  const { from } = draft
  const now = beginAction(draft.name, ticket)
  const chosen = draft.assigneeId !== from.assigneeId && ticket.team === from.team
  return {
    ...draft,
    team: draft.team === ticket.team ? null : draft.team,
    kind: draft.kind === from.kind ? now.kind : draft.kind,
    topicId: draft.topicId === from.topicId ? now.topicId : draft.topicId,
    assigneeId: chosen ? draft.assigneeId : now.assigneeId,
    citizen: draft.citizen?.id === ticket.citizenId ? null : draft.citizen,
    from: now.from,
  }
}

/** The action as it is typed; null: something that it needs is missing. */
export function actionOf(draft: ActionDraft): TicketAction | null {
  const { assigneeId, team, kind, topicId, closedFor, from } = draft
  const [reason, reference] = [draft.reason.trim(), draft.reference.trim() || null]
  if (draft.name === 'assign')
    return assigneeId === null ? null : { do: 'assign', assigneeId, from: from.assigneeId }
  if (draft.name === 'close')
    return closedFor && { do: 'move', to: 'closed', reason: reason || null, closedFor }
  if (draft.name === 'identify' && draft.citizen && (reason !== '' || from.citizenId === null))
    return { do: 'identify', citizenId: draft.citizen.id, reason: reason || null, from: from.citizenId }
  if (reason === '') return null
  switch (draft.name) {
    case 'wait':
      return { do: 'move', to: 'waiting-citizen', reason, closedFor: null }
    case 'reopen':
      return { do: 'move', to: 'in-progress', reason, closedFor: null }
    case 'hand-over':
      return team === null ? null : { do: 'hand-over', team, reason, reference, from: from.team }
    case 'identify':
      return null
    case 'take-away':
      return { do: 'identify', citizenId: null, reason, from: from.citizenId }
    case 'classify':
      return { do: 'classify', kind, topicId, reason, from: { kind: from.kind, topicId: from.topicId } }
    case 'suspend':
      return { do: 'suspend', reason }
    case 'extend': {
      const days = Number(draft.days)
      return /^\d{1,3}$/.test(draft.days) && days > 0
        ? { do: 'extend', days, reason, from: from.dueOn }
        : null
    }
  }
}

/** What is typed for a request and not in it yet. It is its author's: nothing that others do with the request touches it. */
export const TicketDraft = z.object({
  note: typed,
  message: typed,
  /** Null: not chosen. */
  channel: TicketChannel.nullable(),
  /** The message is the answer. */
  answers: z.boolean(),
  /** Null: no form is open, or nothing is typed or chosen in it. */
  action: ActionDraft.nullable().default(null),
})
export type TicketDraft = z.infer<typeof TicketDraft>

export const emptyTicketDraft: TicketDraft = {
  ...{ note: '', message: '', channel: null, answers: false, action: null },
}

/** What somebody wrote, what they look for first before. */
export const writtenIn = ({ note, message, action }: TicketDraft): string[] =>
  [message, note, action?.reason, action?.reference, action?.days]
    .map((text) => text?.trim() ?? '')
    .filter((text) => text !== '')

export const isWriting = (draft: TicketDraft): boolean => writtenIn(draft).length > 0

/** `revision` rises with every save, from 0 where nothing was typed. */
export const KeptTicketDraft = z.object({
  draft: TicketDraft,
  revision: z.number().int().nonnegative(),
  savedAt: Instant.nullable(),
})
export type KeptTicketDraft = z.infer<typeof KeptTicketDraft>

/** A request as a list shows it: nothing of what was asked, nor of whom it is about. Whoever opens it leaves a trace. */
export const ListedTicket = Ticket.pick({
  ...{ id: true, protocol: true, kind: true, topicId: true, status: true, team: true, assigneeName: true },
})
export type ListedTicket = z.infer<typeof ListedTicket>

/** How it stands, without the reasons. */
export const ListedClock = TicketClock.pick({ state: true, days: true, unsent: true })
export type ListedClock = z.infer<typeof ListedClock>

/** Most of a file that goes in one frame, before it is base64. */
export const filePartBytes = 384 * 1024

const oneTicket = z.object({ ticketId: Id })

/** Requests, as the window works on them. */
export const deskTickets = {
  /**
   * From the cache, the most urgent first. `watch`: not answered, or by a message that has not gone out, and late or about to be; `own-watch`: those of the operator's own teams. `outside`: to be
   * entered at a body outside, which has given no number yet.
   */
  list: base
    .input(
      z.object({ which: z.enum(['mine', 'team', 'watch', 'own-watch', 'outside']), team: Slug.nullable() }),
    )
    .output(
      z.object({
        tickets: z.array(z.object({ ticket: ListedTicket, clock: ListedClock })),
        /** There are others, which are due later. */
        more: z.boolean(),
      }),
    ),
  /**
   * By its protocol number, in any of the ways in which it is said. As a list shows it, and who has asked: whoever opens either leaves a trace.
   * `complete` false: none is here, and the CRM, which may know it, is away.
   */
  byProtocol: base.input(z.object({ protocol: z.string().max(120) })).output(
    z.object({
      ticket: ListedTicket.extend({ citizenId: Ticket.shape.citizenId }).nullable(),
      complete: z.boolean(),
    }),
  ),
  /** Journaled as a read of its person. `from`: `crm` for one that the cache does not hold. */
  get: base.input(oneTicket).output(
    z.object({
      ticket: Ticket,
      clock: TicketClock,
      entries: z.array(TicketEntry),
      citizenName: z.string().nullable(),
      kept: KeptTicketDraft,
      from: z.enum(['cache', 'crm']),
    }),
  ),
  /** What is kept here, whatever has become of the request. */
  draft: base.input(oneTicket).output(KeptTicketDraft),
  /** Where something is typed for requests that this desk does not hold: another team has them, or they are over. `begins`: how the text does. */
  leftDrafts: base.output(
    z.object({ drafts: z.array(z.object({ ticketId: Id, begins: z.string(), savedAt: Instant })) }),
  ),
  /** Returns when the outbox has it. A note, a message or an action's form is taken out of the draft in the same step, if the draft is the one of `revision`. */
  act: base
    .input(oneTicket.extend({ action: TicketAction, revision: z.number().int().nonnegative() }))
    .output(KeptTicketDraft),
  /** Save the whole draft. `conflict: draft-stale`: another window saved meanwhile; read again and merge, nothing is lost. */
  saveDraft: base
    .input(oneTicket.extend({ revision: z.number().int().nonnegative(), draft: TicketDraft }))
    .output(KeptTicketDraft),
  /** The text of a note or message that the CRM refused comes back into the draft, below what is there, and leaves the outbox. `conflict: draft-full`: both together are too long; both stay where they are. */
  takeBack: base.input(z.object({ commandId: Id })).output(oneTicket),
  /** Who else has it open; said again every ten seconds while it is shown. `known` false: the CRM is away. */
  present: base
    .input(oneTicket.extend({ writing: z.boolean() }))
    .output(z.object({ others: z.array(TicketPresence), known: z.boolean() })),
  leave: base.input(oneTicket).output(done),
  members: base
    .input(z.object({ team: Slug }))
    .output(z.object({ members: z.array(z.object({ id: Id, name: z.string() })) })),
  /**
   * A file in parts, in their order; the one that makes it whole answers with its line in the history. `waits`: the CRM does not have the request yet, or is
   * away; it lies in the outbox and goes by itself. `conflict: files-full`: too much waits there.
   */
  attach: base
    .input(
      oneTicket.extend({
        /** Of the file, made by the window. */
        id: Id,
        name: z.string().min(1).max(255),
        size: z.number().int().positive().max(attachmentLimit),
        from: z.number().int().nonnegative(),
        base64: z.base64().max(Math.ceil(filePartBytes / 3) * 4),
      }),
    )
    .output(z.object({ entry: TicketEntry.nullable(), waits: z.boolean() })),
  /** A part of a file's contents, from `from` on; `base64` is empty at its end. */
  attachment: base
    .input(oneTicket.extend({ id: Id, from: z.number().int().nonnegative() }))
    .output(z.object({ base64: z.string(), size: z.number().int() })),
} as const
