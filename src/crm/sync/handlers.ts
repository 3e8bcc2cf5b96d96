import type { CommandName } from '#contract/commands/registry.ts'
import {
  attended,
  bookAppointment,
  cancelAppointment,
  confirmAppointment,
  noShow,
  rescheduleAppointment,
} from '../appointments/commands.ts'
import {
  createCitizen,
  delegateCitizen,
  endDelegation,
  recordRead,
  updateCitizen,
} from '../citizens/commands.ts'
import { compareAgain, keepApart, mergeCitizens, unmergeCitizen } from '../citizens/join.ts'
import { closeContact, identifyContact, openContact } from '../contacts/commands.ts'
import { actions, openTicket } from '../tickets/commands.ts'
import type { Handler } from './handler.ts'

/** One for every command of the contract, or the compiler refuses. */
export const handlers: { [N in CommandName]: Handler<N> } = {
  'contact.open': openContact,
  'contact.identify': identifyContact,
  'contact.close': closeContact,
  'citizen.create': createCitizen,
  'citizen.update': updateCitizen,
  'citizen.delegate': delegateCitizen,
  'citizen.end-delegation': endDelegation,
  'citizen.merge': mergeCitizens,
  'citizen.unmerge': unmergeCitizen,
  'citizen.keep-apart': keepApart,
  'citizen.compare-again': compareAgain,
  'citizen.read': recordRead,
  'ticket.open': openTicket,
  'ticket.move': actions('move'),
  'ticket.note': actions('note'),
  'ticket.tell': actions('tell'),
  'ticket.hand-over': actions('hand-over'),
  'ticket.assign': actions('assign'),
  'ticket.suspend': actions('suspend'),
  'ticket.resume': actions('resume'),
  'ticket.extend': actions('extend'),
  'ticket.link': actions('link'),
  'ticket.identify': actions('identify'),
  'ticket.classify': actions('classify'),
  'appointment.book': bookAppointment,
  'appointment.reschedule': rescheduleAppointment,
  'appointment.cancel': cancelAppointment,
  'appointment.confirm': confirmAppointment,
  'appointment.no-show': noShow,
  'appointment.attended': attended,
}
