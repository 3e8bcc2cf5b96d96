import type { CommandRequest } from '#contract/commands/registry.ts'
import type { Draft } from '#contract/desk.ts'
import type { ErrorCode } from '#contract/errors.ts'

/** What somebody typed and the CRM does not have; null when nothing was typed. */
export function typedText(request: CommandRequest): string | null {
  const text = wordsIn(request)
  return text === null || text.trim() === '' ? null : text
}

function wordsIn(request: CommandRequest): string | null {
  switch (request.name) {
    case 'ticket.open':
    case 'ticket.note':
    case 'ticket.tell':
      return request.args.text
    case 'ticket.move':
    case 'ticket.hand-over':
    case 'ticket.suspend':
    case 'ticket.extend':
    case 'ticket.identify':
    case 'ticket.classify':
      return request.args.reason
    case 'contact.close':
      return request.args.note
    default:
      return null
  }
}

type TicketDraft = Draft['ticket']

/** The draft with a refused request in it; what is being typed there stays, below. */
export const reopened = (typing: TicketDraft, refused: TicketDraft): TicketDraft => ({
  ...refused,
  text: typing.text.includes(refused.text)
    ? typing.text
    : [refused.text, typing.text].filter((text) => text.trim() !== '').join('\n\n'),
})

/** The commands that leave something to be done by hand; each has words. */
export type Remedy =
  | 'bookOnLine'
  | 'bookOpen'
  | 'bookClosed'
  | 'ticketOpen'
  | 'ticketClosed'
  | 'note'
  | 'closing'
  | 'citizen'
  | 'cancelOpen'
  | 'cancelClosed'
  | 'moveOpen'
  | 'moveClosed'
  | 'changedOpen'
  | 'changedClosed'
  | 'twiceOpen'
  | 'twiceClosed'
  | 'confirmOpen'
  | 'confirmClosed'
  | 'ticketText'
  | 'ticketAct'
  | 'tell'

/** What is left to do, by why it was refused, whether the contact is still open and the caller still on the line. */
export function remedyOf(
  request: CommandRequest,
  why: ErrorCode | null,
  isOpen: boolean,
  isOnLine: boolean,
): Remedy {
  if (request.name === 'appointment.book' && why === 'service-booked')
    return isOpen ? 'twiceOpen' : 'twiceClosed'
  if (why === 'appointment-changed') return isOpen ? 'changedOpen' : 'changedClosed'
  switch (request.name) {
    case 'appointment.book':
      return isOnLine ? 'bookOnLine' : isOpen ? 'bookOpen' : 'bookClosed'
    case 'ticket.open':
      return isOpen ? 'ticketOpen' : 'ticketClosed'
    case 'contact.close':
      return typedText(request) === null ? 'closing' : 'note'
    case 'ticket.note':
    case 'ticket.tell':
      return 'ticketText'
    case 'ticket.move':
    case 'ticket.hand-over':
    case 'ticket.assign':
    case 'ticket.suspend':
    case 'ticket.resume':
    case 'ticket.extend':
    case 'ticket.identify':
    case 'ticket.classify':
      return 'ticketAct'
    case 'citizen.create':
      return 'citizen'
    case 'appointment.cancel':
      return isOpen ? 'cancelOpen' : 'cancelClosed'
    case 'appointment.reschedule':
      return isOpen ? 'moveOpen' : 'moveClosed'
    case 'appointment.confirm':
      return isOpen ? 'confirmOpen' : 'confirmClosed'
    default:
      return 'tell'
  }
}
