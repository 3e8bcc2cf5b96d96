import { anyDeskRole } from './commands/command.ts'
import { type CommandName, commands } from './commands/registry.ts'
import type { crmContract } from './crm.ts'
import type { Role, User } from './domain/agent.ts'

type Leaves<Part, Path extends string> = Part extends { '~orpc': unknown }
  ? Path
  : { [Key in keyof Part & string]: Leaves<Part[Key], Path extends '' ? Key : `${Path}.${Key}`> }[keyof Part &
      string]

/** Every operation of the contract by its path; the change feed is outside of it, for it answers NDJSON. */
export type Operation = Leaves<typeof crmContract, ''> | 'sync.changes'

/** They read, or write what is nobody's record: seats that are kept, who is looking, sign-ins, streams. What they carry is a command's own entry. */
type Unaudited =
  | 'me'
  | 'phone.credentials'
  | 'devices.list'
  | 'devices.orders'
  | `sync.${'registerStream' | 'replaceStream' | 'push' | 'notices' | 'changes'}`
  | `citizens.${'search' | 'alike' | 'toCompare' | 'merges' | 'get' | 'context' | 'story' | 'reads' | 'readsReport'}`
  | 'contacts.get'
  | `tickets.${'list' | 'ofTeam' | 'watch' | 'byProtocol' | 'get' | 'attachment' | 'present' | 'leave' | 'members'}`
  | `appointments.${'messages' | 'calendarFile' | 'list' | 'byCode' | 'slots' | 'hold' | 'renewHold' | 'releaseHold'}`
  | `appointments.${'lease' | 'releaseLease'}`
  | `messages.${'list' | 'outbox' | 'optOuts'}`
  | `agenda.${'nextFree' | 'week' | 'rules' | 'conflicts' | 'closures' | 'concerned' | 'affected' | 'recovery'}`
  | 'audit.list'
  | `retention.${'schedule' | 'holds' | 'statistics'}`
  | `users.${'list' | 'openRequests'}`

/** What is done with the CRM's command line. */
type OnCommandLine =
  | `account.${'add' | 'password' | 'roles' | 'deactivate' | 'activate' | 'sign-out'}`
  | `client.${'add' | 'end'}`
  | 'city.apply'
  | 'citizens.import'

/** Under what name an act may stand in the audit. */
export type AuditedOperation =
  | Exclude<Operation, Unaudited>
  | CommandName
  | OnCommandLine
  | 'retention'
  | 'ticket-closing'
  | 'system'

/**
 * Who may ask for an operation: whoever signs in (`user`), or of them no other system that signs in by itself (`person`), which has no place at
 * the exchange, does not say who signs in, and keeps no copy of whom the city knows. `rows`: whether that is all of it (`any`), or the requests
 * that they may see (`requests`: their teams'; all of them for the first level, supervisors and administrators), or what is their own (`own`).
 */
export type Right =
  | { who: 'user' | 'person'; roles: readonly Role[]; rows: 'any' | 'requests' | 'own' }
  | { who: 'device' }

const anybody: Right = { who: 'user', roles: anyDeskRole, rows: 'any' }
const requests = { who: 'user', roles: anyDeskRole, rows: 'requests' } satisfies Right
const own = { who: 'user', roles: anyDeskRole, rows: 'own' } satisfies Right
const lead = { who: 'user', roles: ['supervisor', 'administrator'], rows: 'any' } satisfies Right
const administration: Right = { who: 'user', roles: ['administrator'], rows: 'any' }
const accounts: Right = { who: 'person', roles: ['administrator'], rows: 'any' }
const device: Right = { who: 'device' }
const byCommand = (name: keyof typeof commands): Right => ({
  who: 'user',
  roles: commands[name].roles,
  rows: 'any',
})

/** The one declaration of who may do what: the CRM checks it before an operation's input, and refuses an operation that is not here. */
export const rights: Record<Operation, Right> = {
  me: own,
  'phone.credentials': { ...own, who: 'person' },
  'devices.register': anybody,
  'devices.list': lead,
  'devices.wipe': lead,
  'devices.orders': device,
  'devices.wiped': device,
  'sync.registerStream': own,
  'sync.replaceStream': device,
  'sync.push': device,
  'sync.notices': { ...own, who: 'person' },
  // A desk journals what a person looks at in its copy; what another system made of one, nobody would know.
  'sync.changes': { ...requests, who: 'person' },
  'citizens.search': anybody,
  'citizens.alike': anybody,
  'citizens.toCompare': anybody,
  'citizens.merges': anybody,
  'citizens.get': anybody,
  'citizens.context': anybody,
  'citizens.story': anybody,
  'citizens.reads': lead,
  'citizens.readsReport': lead,
  'contacts.get': anybody,
  'tickets.list': requests,
  'tickets.ofTeam': requests,
  'tickets.watch': requests,
  'tickets.byProtocol': requests,
  'tickets.get': requests,
  'tickets.open': byCommand('ticket.open'),
  // What may be done with a request is a right of its command, which is asked too.
  'tickets.act': requests,
  'tickets.attachment': requests,
  'tickets.attach': requests,
  'tickets.present': requests,
  'tickets.leave': own,
  'tickets.members': anybody,
  'appointments.messages': anybody,
  'appointments.sendAgain': anybody,
  'appointments.calendarFile': anybody,
  'appointments.list': anybody,
  'appointments.byCode': anybody,
  'appointments.slots': anybody,
  'appointments.hold': anybody,
  'appointments.renewHold': anybody,
  'appointments.releaseHold': anybody,
  'appointments.book': byCommand('appointment.book'),
  'appointments.reschedule': byCommand('appointment.reschedule'),
  'appointments.cancel': byCommand('appointment.cancel'),
  'appointments.confirm': byCommand('appointment.confirm'),
  'appointments.noShow': byCommand('appointment.no-show'),
  'appointments.attended': byCommand('appointment.attended'),
  'appointments.lease': own,
  'appointments.releaseLease': own,
  'messages.list': lead,
  'messages.resend': lead,
  'messages.outbox': administration,
  'messages.optOuts': anybody,
  'messages.setOptOuts': anybody,
  'agenda.nextFree': anybody,
  'agenda.week': anybody,
  'agenda.rules': anybody,
  'agenda.setRules': lead,
  'agenda.conflicts': anybody,
  'agenda.closeDay': lead,
  'agenda.closures': lead,
  'agenda.concerned': lead,
  'agenda.withdraw': lead,
  'agenda.recover': lead,
  'agenda.affected': anybody,
  'agenda.recovery': anybody,
  'agenda.assign': lead,
  'users.list': accounts,
  'users.openRequests': accounts,
  'users.add': accounts,
  'users.change': accounts,
  'users.setPassword': accounts,
  'users.deactivate': accounts,
  'users.activate': accounts,
  'users.endSignIns': { ...lead, who: 'person' },
  'audit.list': administration,
  'retention.schedule': lead,
  'retention.holds': lead,
  'retention.hold': administration,
  'retention.release': administration,
  'retention.statistics': lead,
}

/** Whether somebody's roles let them ask; the CRM checks it again. */
export function mayAsk({ roles }: Pick<User, 'roles'>, operation: Operation): boolean {
  const right = rights[operation]
  return right.who !== 'device' && right.roles.some((role) => roles.includes(role))
}
