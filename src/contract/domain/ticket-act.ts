import { z } from 'zod'
import type { Role } from './agent.ts'
import { cityDayOf } from './calendar.ts'
import { Id, type Instant, PlainDate, Slug } from './ids.ts'
import { dueOf, type Suspension, type TermBook } from './reply-term.ts'
import {
  CloseReason,
  isOver,
  isUnanswered,
  mayAnswer,
  mostExtensions,
  mostLinks,
  mostStops,
  reopens,
  type Ticket,
  TicketStatus,
  ticketMayBecome,
} from './ticket.ts'
import { isSent, TicketChannel, type TicketDeed } from './ticket-entry.ts'
import { TicketKind } from './ticket-kind.ts'

const reason = z.string().trim().min(1).max(500)
const text = z.string().trim().min(1).max(8000)

/**
 * What somebody may do with a request, beside opening it and attaching files. `from`, where another's act would be overruled or done a second time: how it
 * was as far as whoever does this knew; where it is something else by now nothing is done (`changed`).
 */
export const ticketActions = {
  /** `answered` is reached by telling the answer, and never back to `new`. A reopening and a wait need a reason; a wait stops the clock where whoever asks for it may; an end without an answer, or without another after a reopening, `closedFor`. */
  move: z.object({
    to: TicketStatus.exclude(['new', 'answered']),
    reason: reason.nullable(),
    closedFor: CloseReason.nullable(),
  }),
  note: z.object({ text }),
  /** `answers`: this is what the citizen asked for. */
  tell: z.object({ channel: TicketChannel, text, answers: z.boolean() }),
  /** `from`: the team that had it. One that has it may be told its reference there. */
  'hand-over': z.object({
    team: Slug,
    reason,
    reference: z.string().trim().min(1).max(80).nullable(),
    from: Slug,
  }),
  assign: z.object({ assigneeId: Id.nullable(), from: Id.nullable() }),
  suspend: z.object({ reason }),
  resume: z.object({}),
  /** `from`: its `dueOn`. */
  extend: z.object({ days: z.number().int().min(1).max(365), reason, from: PlainDate }),
  link: z.object({ contactId: Id }),
  /** Whose it is; null: nobody's that is known. `from`: whose it was. A person is taken away, or another put in their place, for a reason. */
  identify: z.object({ citizenId: Id.nullable(), reason: reason.nullable(), from: Id.nullable() }),
  classify: z.object({
    ...{ kind: TicketKind, topicId: Slug, reason },
    from: z.object({ kind: TicketKind, topicId: Slug }),
  }),
} as const
export type TicketActionName = keyof typeof ticketActions
export const ticketActionNames = Object.keys(ticketActions) as TicketActionName[]

type Arguments<N extends TicketActionName> = z.output<(typeof ticketActions)[N]>
/** `resume` takes nothing, which zod infers as a record of nothing. */
export type TicketAction = {
  [N in TicketActionName]: { do: N } & (N extends 'resume' ? unknown : Arguments<N>)
}[TicketActionName]

const variants = ticketActionNames.map((name) => ticketActions[name].extend({ do: z.literal(name) }))
export const TicketAction = z.discriminatedUnion(
  'do',
  variants as never,
) as unknown as z.ZodType<TicketAction>

/**
 * Why not. `changed`: it is not as whoever does this knew it (`from`). `illegal-move`: not from the state it is in now. `closed`: it is over; reopen it first. `same`: nothing would change. `full`: it holds no more of these.
 * Of the clock: `met`, it was answered; `expired`; `stopped`, it stands already; `running`; `exhausted`, the rule gives no more.
 */
export const ticketRefusals = [
  'changed',
  'illegal-move',
  'needs-reason',
  'closed',
  'same',
  'full',
  'met',
  'expired',
  'stopped',
  'running',
  'exhausted',
] as const
export type TicketRefusal = (typeof ticketRefusals)[number]

/** Who may stop the clock, have it go on, and give it more. */
export const clockRoles: readonly Role[] = ['specialist', 'supervisor', 'administrator']
export const mayStopClock = (roles: readonly Role[]): boolean =>
  roles.some((role) => clockRoles.includes(role))

export type ActContext = {
  book: TermBook
  at: Instant
  /** Of whoever does it. */
  roles: readonly Role[]
  /** The name that goes with `assign`. */
  assigneeName: string | null
}

export type TicketStep =
  | { ok: true; ticket: Ticket; deed: TicketDeed }
  | { ok: false; refusal: TicketRefusal }

const refused = (refusal: TicketRefusal): TicketStep => ({ ok: false, refusal })

/** An action as it may lie in an outbox since before every one said how it knew the request. */
export type HeldAction = TicketAction extends infer A
  ? A extends { from: infer F }
    ? Omit<A, 'from'> & { from?: F | undefined }
    : A
  : never

/** The one place where a request changes, for the desk that shows it and the CRM that does it. Pure. */
export function actOn(ticket: Ticket, action: HeldAction, context: ActContext): TicketStep {
  const today = cityDayOf(context.at)
  const done = (change: Partial<Ticket>, deed: TicketDeed): TicketStep => ({
    ok: true,
    ticket: { ...ticket, ...change },
    deed,
  })
  const over = ticket.status === 'closed'

  switch (action.do) {
    case 'move':
      return move(ticket, action, context, today)
    case 'note':
      return done({}, { did: 'noted', text: action.text })
    case 'tell': {
      const { channel, text } = action
      if (!action.answers) return done({}, { did: 'told', channel, text, answered: null })
      if (!mayAnswer(ticket)) return refused('illegal-move')
      const status = ticket.unsent ? ticket.status : 'answered'
      // What is said or posted is its author's word; what the CRM is to send is no answer before it has gone out.
      const unsent = isSent(channel)
      const change = { status, answeredAt: ticket.answeredAt ?? context.at, unsent }
      const { clock, dueOn } = going(ticket, context, today)
      return done(
        { ...change, metAt: unsent ? null : context.at, clock, dueOn },
        { did: 'told', channel, text, answered: ticket.status },
      )
    }
    case 'hand-over': {
      if (over) return refused('closed')
      const { team, reason, reference, from } = action
      if (team === ticket.team && (reference ?? ticket.reference) === ticket.reference) return refused('same')
      if (from !== undefined && from !== ticket.team) return refused('changed')
      // The number of one body is none of the next; the history keeps it.
      const moved =
        team === ticket.team
          ? { reference: reference ?? ticket.reference }
          : { team, reference, assigneeId: null, assigneeName: null, rerouted: ticket.rerouted + 1 }
      return done(moved, { did: 'handed-over', from: ticket.team, to: team, reason, reference })
    }
    case 'assign': {
      if (over) return refused('closed')
      const { assigneeId, from } = action
      if (assigneeId === ticket.assigneeId) return refused('same')
      if (from !== undefined && from !== ticket.assigneeId) return refused('changed')
      const assigneeName = assigneeId === null ? null : context.assigneeName
      return done({ assigneeId, assigneeName }, { did: 'assigned', toId: assigneeId, toName: assigneeName })
    }
    case 'suspend': {
      const why = mayNotStop(ticket, context.book, today)
      if (why) return refused(why)
      return done(stopped(ticket, context.book, today, { reason: action.reason }), {
        ...{ did: 'stopped', on: today, reason: action.reason },
      })
    }
    case 'resume': {
      if (!isStopped(ticket)) return refused('running')
      const change = going(ticket, context, today)
      return done(change, { did: 'resumed', on: today, dueOn: change.dueOn })
    }
    case 'extend': {
      if (over) return refused('closed')
      if (!isWorkedOn(ticket)) return refused('met')
      if (action.from !== undefined && action.from !== ticket.dueOn) return refused('changed')
      const now = dueOf(factsOf(ticket), context.book, today)
      if (today > now.dueOn) return refused('expired')
      if (action.days > now.extensionLeft) return refused('exhausted')
      if (ticket.clock.extensions.length >= mostExtensions) return refused('full')
      const { days, reason } = action
      const extensions = [...ticket.clock.extensions, { on: today, days, reason }]
      const change = worked({ ...ticket, clock: { ...ticket.clock, extensions } }, context.book, today)
      return done(change, { did: 'extended', days, reason, dueOn: change.dueOn })
    }
    case 'link': {
      const { contactId } = action
      if (contactId === ticket.contactId || ticket.linkedContacts.includes(contactId)) return refused('same')
      if (ticket.linkedContacts.length >= mostLinks) return refused('full')
      return done({ linkedContacts: [...ticket.linkedContacts, contactId] }, { did: 'linked', contactId })
    }
    // Also of one that is closed: whose it is is no part of how it went.
    case 'identify': {
      const { citizenId, reason, from } = action
      if (citizenId === ticket.citizenId) return refused('same')
      if (from !== undefined && from !== ticket.citizenId) return refused('changed')
      if (ticket.citizenId !== null && reason === null) return refused('needs-reason')
      return done({ citizenId }, { did: 'identified', fromId: ticket.citizenId, toId: citizenId, reason })
    }
    case 'classify': {
      if (over) return refused('closed')
      const { kind, topicId, reason, from } = action
      if (kind === ticket.kind && topicId === ticket.topicId) return refused('same')
      if (from && (from.kind !== ticket.kind || from.topicId !== ticket.topicId)) return refused('changed')
      // Another kind may have another term; it is counted from the same receipt.
      const change = worked({ ...ticket, kind }, context.book, today)
      return done(
        { kind, topicId, ...change },
        {
          ...{ did: 'classified', reason, dueOn: change.dueOn },
          from: { kind: ticket.kind, topicId: ticket.topicId },
          to: { kind, topicId },
        },
      )
    }
  }
}

function move(
  ticket: Ticket,
  { to, reason, closedFor }: { do: 'move' } & Arguments<'move'>,
  context: ActContext,
  today: PlainDate,
): TicketStep {
  const from = ticket.status
  if (!ticketMayBecome(from, to)) return refused('illegal-move')
  const again = reopens(from, to)
  const unanswered = to === 'closed' && isUnanswered(ticket)
  if ((again || to === 'waiting-citizen') && reason === null) return refused('needs-reason')
  if (unanswered && (closedFor === null || (closedFor === 'handed-over' && ticket.reference === null)))
    return refused('needs-reason')
  const why = unanswered ? closedFor : null

  let clock: 'stopped' | 'resumed' | null = null
  let change: Pick<Ticket, 'clock' | 'dueOn'> = { clock: ticket.clock, dueOn: ticket.dueOn }
  if (to === 'waiting-citizen') {
    // Beyond what the rule allows, or asked by who may not stop the clock, it waits all the same, and the clock goes on.
    if (mayStopClock(context.roles) && mayNotStop(ticket, context.book, today) === null) {
      clock = 'stopped'
      change = stopped(ticket, context.book, today, { reason: reason ?? '', waiting: true })
    }
  } else if (isStopped(ticket) && (to === 'closed' || isWait(ticket) || mayStopClock(context.roles))) {
    clock = 'resumed'
    change = going(ticket, context, today)
  }
  return {
    ok: true,
    ticket: {
      ...{ ...ticket, ...change, status: to, closedFor: why },
      ...(again ? { reopened: ticket.reopened + 1, metAt: null, unsent: false } : {}),
    },
    deed: { did: 'moved', from, to, reason, closedFor: why, clock },
  }
}

/** Whether a line of its history is what this action left there. The state in which it found the request is not asked for. */
export function isDeedOf(action: HeldAction, deed: TicketDeed): boolean {
  switch (action.do) {
    case 'move':
      return (
        deed.did === 'moved' &&
        deed.to === action.to &&
        deed.reason === action.reason &&
        // Of one that was answered it is not kept.
        (deed.closedFor ?? action.closedFor) === action.closedFor
      )
    case 'note':
      return deed.did === 'noted' && deed.text === action.text
    case 'tell':
      return (
        deed.did === 'told' &&
        deed.channel === action.channel &&
        deed.text === action.text &&
        (deed.answered !== null) === action.answers
      )
    case 'hand-over':
      return (
        deed.did === 'handed-over' &&
        deed.to === action.team &&
        deed.reason === action.reason &&
        deed.reference === action.reference
      )
    case 'assign':
      return deed.did === 'assigned' && deed.toId === action.assigneeId
    case 'suspend':
      return deed.did === 'stopped' && deed.reason === action.reason
    case 'resume':
      return deed.did === 'resumed'
    case 'extend':
      return deed.did === 'extended' && deed.days === action.days && deed.reason === action.reason
    case 'link':
      return deed.did === 'linked' && deed.contactId === action.contactId
    case 'identify':
      return deed.did === 'identified' && deed.toId === action.citizenId && deed.reason === action.reason
    case 'classify':
      return (
        deed.did === 'classified' &&
        deed.to.kind === action.kind &&
        deed.to.topicId === action.topicId &&
        deed.reason === action.reason
      )
  }
}

/** What its last day follows from. */
export const factsOf = (ticket: Ticket) => ({
  kind: ticket.kind,
  receivedAt: ticket.receivedAt,
  metAt: ticket.metAt,
  unsent: ticket.unsent,
  over: isOver(ticket),
  suspensions: ticket.clock.suspensions,
  extensions: ticket.clock.extensions,
})

const isWorkedOn = ({ status }: Ticket): boolean =>
  status === 'new' || status === 'in-progress' || status === 'waiting-citizen'

const isWait = (ticket: Ticket): boolean => ticket.clock.suspensions.at(-1)?.waiting ?? false

export const isStopped = (ticket: Ticket): boolean => ticket.clock.suspensions.at(-1)?.to === null

function worked(ticket: Ticket, book: TermBook, today: PlainDate): Pick<Ticket, 'clock' | 'dueOn'> {
  const { suspensions, extensions } = ticket.clock
  const { dueOn, steps } = dueOf(factsOf(ticket), book, today)
  return { dueOn, clock: { suspensions, extensions, steps } }
}

function mayNotStop(ticket: Ticket, book: TermBook, today: PlainDate): TicketRefusal | null {
  if (!isWorkedOn(ticket)) return 'met'
  if (isStopped(ticket)) return 'stopped'
  if (ticket.clock.suspensions.length >= mostStops) return 'full'
  const { dueOn, suspensionLeft } = dueOf(factsOf(ticket), book, today)
  if (today > dueOn) return 'expired'
  return suspensionLeft > 0 ? null : 'exhausted'
}

const stopped = (
  ticket: Ticket,
  book: TermBook,
  today: PlainDate,
  why: Pick<Suspension, 'reason' | 'waiting'>,
) => {
  const suspensions = [...ticket.clock.suspensions, { from: today, to: null, ...why }]
  return worked({ ...ticket, clock: { ...ticket.clock, suspensions } }, book, today)
}

/** The clock as it goes on: what it stood for is added. */
function going(ticket: Ticket, { book }: ActContext, today: PlainDate): Pick<Ticket, 'clock' | 'dueOn'> {
  if (!isStopped(ticket)) return { clock: ticket.clock, dueOn: ticket.dueOn }
  const suspensions = ticket.clock.suspensions.map((one) =>
    one.to === null ? { ...one, to: today < one.from ? one.from : today } : one,
  )
  return worked({ ...ticket, clock: { ...ticket.clock, suspensions } }, book, today)
}
