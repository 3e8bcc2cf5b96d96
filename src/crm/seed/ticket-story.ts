import type { User } from '#contract/domain/agent.ts'
import { firstDue, type TermBook } from '#contract/domain/reply-term.ts'
import type { Ticket, TicketStatus } from '#contract/domain/ticket.ts'
import { actOn, type TicketAction } from '#contract/domain/ticket-act.ts'
import type { TicketDeed } from '#contract/domain/ticket-entry.ts'
import { instant } from './calendar.ts'
import type { Draw } from './draw.ts'

export type EntryRow = { id: string; ticket_id: string; at: string; author_id: string; body: TicketDeed }
export type SuspensionRow = {
  ticket_id: string
  position: number
  from_day: string
  to_day: string | null
  reason: string
  waiting: boolean
}

export type Author = Pick<User, 'id' | 'roles'>

/** What the story of a request begins with. */
export type Opened = Pick<
  Ticket,
  'id' | 'kind' | 'topicId' | 'text' | 'citizenId' | 'contactId' | 'receivedAt' | 'team'
>

const answers = [
  'Abbiamo verificato: la pratica è in ordine e non serve altro.',
  'L’ufficio ha corretto il dato. La ringraziamo della segnalazione.',
  'L’intervento è in programma nelle prossime settimane.',
  'La richiesta non può essere accolta: trova i motivi nella lettera allegata.',
] as const
const notes = [
  'Sentito l’ufficio: rispondono in settimana.',
  'Manca la fotografia del luogo.',
  'Seconda richiesta sullo stesso punto nel mese.',
] as const

/** The way of a request to a state, by the same rules as every other: nobody invents a request that could not be. */
export function tellStory(
  opened: Opened,
  status: TicketStatus,
  surroundings: { draw: Draw; book: TermBook; operators: readonly Author[]; now: number },
): { ticket: Ticket; entries: EntryRow[]; suspensions: SuspensionRow[] } {
  const { draw, book, operators, now } = surroundings
  const { dueOn, steps } = firstDue(opened.kind, opened.receivedAt, book)
  let ticket: Ticket = {
    ...{ ...opened, version: 1, protocol: null, status: 'new', linkedContacts: [], rerouted: 0, reopened: 0 },
    ...{ assigneeId: null, assigneeName: null, answeredAt: null, closedFor: null, reference: null },
    ...{ metAt: null, unsent: false },
    ...{ dueOn, clock: { suspensions: [], extensions: [], steps } },
  }
  const begins = Date.parse(opened.receivedAt)
  const actions = wayTo(status, draw)
  // Over a fortnight at most, or what there has been of it.
  const step = Math.min((now - begins) / 2, 14 * 86_400_000) / Math.max(1, actions.length)
  const author = draw.pick(operators)
  const entries: EntryRow[] = []
  for (const [i, action] of actions.entries()) {
    const at = instant(Math.floor((begins + step * (i + 0.5)) / 1000) * 1000)
    const done = actOn(ticket, action, { book, at, assigneeName: null, roles: author.roles })
    if (!done.ok)
      throw new Error(`a seeded request that is ${ticket.status}: ${action.do} is ${done.refusal}`)
    // What the city wrote then has gone out.
    ticket = done.ticket.unsent ? { ...done.ticket, unsent: false, metAt: at } : done.ticket
    entries.push({
      ...{ id: draw.id(Date.parse(at)), ticket_id: ticket.id, at, author_id: author.id, body: done.deed },
    })
  }
  const suspensions = ticket.clock.suspensions.map(({ from, to, reason, waiting = false }, position) => ({
    ...{ ticket_id: ticket.id, position, from_day: from, to_day: to, reason, waiting },
  }))
  return { ticket, entries, suspensions }
}

function wayTo(status: TicketStatus, draw: Draw): TicketAction[] {
  if (status === 'new') return []
  const work: TicketAction[] = [{ do: 'move', to: 'in-progress', reason: null, closedFor: null }]
  if (draw.chance(0.3)) work.push({ do: 'note', text: draw.pick(notes) })
  if (status === 'in-progress') return work
  const wait: TicketAction = {
    ...{ do: 'move', to: 'waiting-citizen', reason: 'Mancano i documenti richiesti.', closedFor: null },
  }
  if (status === 'waiting-citizen') return [...work, wait]
  const channel = draw.weighted([
    ['email', 6],
    ['phone', 3],
    ['letter', 1],
  ] as const)
  const answered: TicketAction[] = [
    ...work,
    ...(draw.chance(0.1) ? [wait] : []),
    { do: 'tell', channel, text: draw.pick(answers), answers: true },
  ]
  if (status === 'answered') return answered
  const resolved: TicketAction = { do: 'move', to: 'resolved', reason: null, closedFor: null }
  if (status === 'resolved') return [...answered, resolved]
  const closed: TicketAction = { do: 'move', to: 'closed', reason: null, closedFor: null }
  return draw.chance(0.7) ? [...answered, resolved, closed] : [...answered, closed]
}
