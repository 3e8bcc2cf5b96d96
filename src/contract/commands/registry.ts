import { z } from 'zod'
import { Id, Instant } from '../domain/ids.ts'
import { FaultData } from '../errors.ts'
import {
  bookAppointment,
  cancelAppointment,
  confirmAppointment,
  noteAttended,
  noteNoShow,
  rescheduleAppointment,
} from './appointment.ts'
import {
  compareAgain,
  createCitizen,
  delegateCitizen,
  endDelegation,
  keepApart,
  mergeCitizens,
  recordRead,
  unmergeCitizen,
  updateCitizen,
} from './citizen.ts'
import type { CommandAuthor, LocalChange, LocalRows } from './command.ts'
import { closeContact, identifyContact, openContact } from './contact.ts'
import {
  assignTicket,
  classifyTicket,
  extendTicket,
  handOverTicket,
  identifyTicket,
  linkTicket,
  moveTicket,
  noteTicket,
  openTicket,
  resumeTicket,
  suspendTicket,
  tellTicket,
} from './ticket.ts'

/** Every command there is. Adding one here makes the CRM's type checker ask for its handler. */
export const commands = {
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
  'ticket.move': moveTicket,
  'ticket.note': noteTicket,
  'ticket.tell': tellTicket,
  'ticket.hand-over': handOverTicket,
  'ticket.assign': assignTicket,
  'ticket.suspend': suspendTicket,
  'ticket.resume': resumeTicket,
  'ticket.extend': extendTicket,
  'ticket.link': linkTicket,
  'ticket.identify': identifyTicket,
  'ticket.classify': classifyTicket,
  'appointment.book': bookAppointment,
  'appointment.reschedule': rescheduleAppointment,
  'appointment.cancel': cancelAppointment,
  'appointment.confirm': confirmAppointment,
  'appointment.no-show': noteNoShow,
  'appointment.attended': noteAttended,
} as const

export type CommandName = keyof typeof commands
export type CommandArgs = { [N in CommandName]: z.output<(typeof commands)[N]['args']> }
/** A command as somebody asks for it: name and arguments that belong together. */
export type CommandRequest = { [N in CommandName]: { name: N; args: CommandArgs[N] } }[CommandName]

export const commandNames = Object.keys(commands) as [CommandName, ...CommandName[]]

const variants = commandNames.map((name) => z.object({ name: z.literal(name), args: commands[name].args }))
export const CommandRequest = z.discriminatedUnion(
  'name',
  variants as never,
) as unknown as z.ZodType<CommandRequest>

/** A command as it lies in the outbox and travels: its place in the stream, its id, its author's moment. */
export const CommandEnvelope = z.object({
  /** Position in the stream, from 1, without gaps. */
  n: z.number().int().positive(),
  id: Id,
  at: Instant,
  name: z.enum(commandNames),
  /** Checked against the command's own schema where it is applied, so that one bad command cannot make a whole batch unreadable. */
  args: z.unknown(),
})
export type CommandEnvelope = z.infer<typeof CommandEnvelope>

/**
 * What became of a command. A refused or failed one is recorded and passed: it never blocks those behind it. `fault` of an applied one: it is done, and
 * who gave it is to know this.
 */
export const CommandResult = z.object({
  n: z.number().int().positive(),
  id: Id,
  status: z.enum(['applied', 'refused', 'failed']),
  fault: FaultData.nullable(),
})
export type CommandResult = z.infer<typeof CommandResult>

/** The local effect of any command: its definition's, with the pair of name and arguments kept together. */
export function localEffect(rows: LocalRows, request: CommandRequest, author: CommandAuthor): LocalChange[] {
  const definition = commands[request.name] as {
    effect(rows: LocalRows, args: unknown, author: CommandAuthor): LocalChange[]
  }
  return definition.effect(rows, request.args, author)
}

export const dependenciesOf = (request: CommandRequest): Id[] => {
  const definition = commands[request.name] as { dependsOn(args: unknown): readonly (Id | null)[] }
  return definition.dependsOn(request.args).filter((id) => id !== null)
}

export const creationsOf = (request: CommandRequest): readonly Id[] =>
  (commands[request.name] as { creates(args: unknown): readonly Id[] }).creates(request.args)
