import type { CallerContext } from '#contract/crm.ts'
import type { Appointment } from '#contract/domain/appointment.ts'
import type { Contact } from '#contract/domain/contact.ts'
import type { Ticket } from '#contract/domain/ticket.ts'
import { crmApi } from '../support/crm.ts'
import { signIn } from '../support/sign-in.ts'
import { password } from './operator.ts'

/** The CRM's API as another program uses it for one of the city's accounts. */
export const as = async (crmUrl: string, login: string) =>
  crmApi(crmUrl, `Bearer ${(await signIn(crmUrl, login, password)).accessToken}`)

/** Everything that the CRM's API has of the one person with this name. */
export async function storyOf(crmUrl: string, name: string): Promise<CallerContext> {
  const crm = await as(crmUrl, 'elena')
  const { citizens } = await crm.citizens.search({ text: name })
  const [citizen, ...others] = citizens.filter((one) => `${one.givenName} ${one.familyName}` === name)
  if (!citizen || others.length > 0) throw new Error(`${others.length + 1} persons called ${name}`)
  return crm.citizens.story({ id: citizen.id, reasonKind: 'search' })
}

export type Conversation = {
  contact: Contact
  tickets: Ticket[]
  appointments: Appointment[]
  /** Why records of the caller were read, as the supervisor sees it. */
  reads: { from: 'cache' | 'crm'; userName: string }[]
}

/** The one contact of a person with this note, and what was made in it. Throws when there is none, or more than one. */
export async function conversationOf(crmUrl: string, name: string, note: string): Promise<Conversation> {
  const story = await storyOf(crmUrl, name)
  const [contact, ...others] = story.contacts.filter((one) => one.note === note)
  if (!contact || others.length > 0)
    throw new Error(`${contact ? others.length + 1 : 0} contacts with this note`)
  const crm = await as(crmUrl, 'elena')
  const supervisor = await as(crmUrl, 'paolo')
  const { reads } = await supervisor.citizens.reads({ id: contact.citizenId ?? '' })
  return {
    contact,
    tickets: (await crm.tickets.list({ contactId: contact.id })).tickets,
    appointments: (await crm.appointments.list({ contactId: contact.id })).appointments,
    reads: reads.filter(({ reason }) => reason.kind === 'call' && reason.id === contact.id),
  }
}
