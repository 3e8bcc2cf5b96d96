import type { ShownStory } from '#contract/desk.ts'
import { openTicketStatuses } from '#contract/domain/ticket.ts'
import { cityDay, daysBetween } from '../../ui/format.ts'
import { nextOf } from './next-rows.ts'

/** What the first sentences of a story say, most pressing first. */
export type LedeFact =
  | { kind: 'first' }
  | { kind: 'promised'; at: string; operator: string }
  | { kind: 'late'; days: number; topicId: string }
  | { kind: 'soon'; dueOn: string; topicId: string }
  | { kind: 'appointment'; at: string; officeId: string; requested: boolean }
  | { kind: 'proposed'; at: string; officeId: string; by: string }
  | { kind: 'owed'; at: string; officeId: string }
  | { kind: 'repeat'; count: number; topicId: string }
  | { kind: 'last'; at: string; topicId: string | null }

const eightWeeks = 56
const soonDays = 6
const maxFacts = 2

/**
 * Two facts at most that an operator should know before the first word. `contactId` is the present contact: it is not history.
 * A callback is a promise until a later contact with the person.
 */
export function ledeOf(story: ShownStory, contactId: string | null, now: number): LedeFact[] {
  const today = cityDay(now)
  const contacts = story.contacts.filter(({ id }) => id !== contactId)
  const [last] = contacts
  const facts: LedeFact[] = []

  if (last?.outcome === 'callback')
    facts.push({ kind: 'promised', at: last.startedAt, operator: last.operatorName })

  const open = story.tickets
    .filter(({ status }) => openTicketStatuses.includes(status))
    .map((ticket) => ({ ticket, left: daysBetween(today, ticket.dueOn) }))
    .sort((a, b) => a.left - b.left)
  const [pressing] = open
  if (pressing && pressing.left < 0)
    facts.push({ kind: 'late', days: -pressing.left, topicId: pressing.ticket.topicId })

  const rows = nextOf(story.appointments, now)
  const owed = rows.find(({ standing }) => standing === 'owed')?.appointment
  if (owed) facts.push({ kind: 'owed', at: owed.startsAt, officeId: owed.officeId })

  const next = rows.find(({ standing }) => standing === 'stands' || standing === 'proposed')?.appointment
  if (next) {
    const { startsAt: at, officeId, confirmBy, state } = next
    facts.push(
      state === 'proposed' && confirmBy !== null
        ? { kind: 'proposed', at, officeId, by: confirmBy }
        : { kind: 'appointment', at, officeId, requested: state === 'requested' },
    )
  }

  const topicId = last?.topicId
  if (topicId) {
    const count = contacts.filter(
      (contact) =>
        contact.topicId === topicId && daysBetween(cityDay(contact.startedAt), today) <= eightWeeks,
    ).length
    if (count > 0) facts.push({ kind: 'repeat', count: count + 1, topicId })
  }
  if (pressing && pressing.left >= 0 && pressing.left <= soonDays)
    facts.push({ kind: 'soon', dueOn: pressing.ticket.dueOn, topicId: pressing.ticket.topicId })

  if (facts.length < maxFacts && last && !facts.some(({ kind }) => kind === 'promised' || kind === 'repeat'))
    facts.push({ kind: 'last', at: last.startedAt, topicId: last.topicId })
  if (contacts.length === 0 && facts.length < maxFacts) facts.unshift({ kind: 'first' })
  return facts.slice(0, maxFacts)
}
