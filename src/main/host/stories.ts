import type { CallerContext } from '#contract/crm.ts'
import type { CallerView } from '#contract/desk.ts'
import { type Appointment, isToldOf } from '#contract/domain/appointment.ts'
import { type Contact, partiesOf } from '#contract/domain/contact.ts'
import type { Id } from '#contract/domain/ids.ts'
import type { CitizenStory } from '../cache/cache.ts'

type Row = { id: string; version: number }

/** One row an id: the newer version, and of two equal ones the desk's own, which has the pending commands in it. */
function mergeRows<R extends Row>(own: readonly R[], other: readonly R[]): R[] {
  const rows = new Map(own.map((row) => [row.id, row]))
  for (const row of other) {
    const known = rows.get(row.id)
    if (!known || row.version > known.version) rows.set(row.id, row)
  }
  return [...rows.values()]
}

const instant = (text: string): number => Date.parse(text)

const inOrder = (story: CitizenStory): CitizenStory => ({
  citizen: story.citizen,
  contacts: story.contacts.toSorted((a, b) => instant(b.startedAt) - instant(a.startedAt)),
  tickets: story.tickets.toSorted((a, b) => instant(b.receivedAt) - instant(a.receivedAt)),
  appointments: story.appointments.toSorted((a, b) => instant(a.startsAt) - instant(b.startsAt)),
  parties: story.parties,
})

/** The CRM's flat answer as a story a person. */
export function storiesOf(context: CallerContext): CitizenStory[] {
  const of = <R extends { citizenId: Id | null }>(rows: readonly R[], citizenId: Id) =>
    rows.filter((row) => row.citizenId === citizenId)
  return context.citizens.map((citizen) => {
    const contacts = context.contacts.filter(
      ({ citizenId, onBehalfOf }) => citizenId === citizen.id || onBehalfOf === citizen.id,
    )
    const parties = new Set(contacts.flatMap(partiesOf))
    return inOrder({
      citizen,
      contacts,
      tickets: of(context.tickets, citizen.id),
      appointments: of(context.appointments, citizen.id),
      parties: context.parties.filter(({ citizenId }) => parties.has(citizenId)),
    })
  })
}

export const mergeStory = (own: CitizenStory, other: CitizenStory): CitizenStory =>
  inOrder({
    citizen: other.citizen.version > own.citizen.version ? other.citizen : own.citizen,
    contacts: mergeRows(own.contacts, other.contacts),
    tickets: mergeRows(own.tickets, other.tickets),
    appointments: mergeRows(own.appointments, other.appointments),
    parties: [...new Map([...own.parties, ...other.parties].map((one) => [one.citizenId, one])).values()],
  })

/** What the cache knows first, in its order, then whom only the CRM knows: nothing that is shown moves when the CRM answers. */
export function mergeStories(own: readonly CitizenStory[], other: readonly CitizenStory[]): CitizenStory[] {
  const fromCrm = new Map(other.map((story) => [story.citizen.id, story]))
  const merged = own.map((story) => {
    const more = fromCrm.get(story.citizen.id)
    fromCrm.delete(story.citizen.id)
    return more ? mergeStory(story, more) : story
  })
  return [...merged, ...fromCrm.values()]
}

/**
 * The CRM's answer was true when the call came in. What this desk has done since, or heard of since, is newer: an appointment that the cache
 * knows at least as new is shown as it is there, and left out once nobody is to be told of it.
 */
export const asKnownHere = (
  stories: readonly CitizenStory[],
  knownHere: (appointmentId: Id) => Appointment | null,
): CitizenStory[] =>
  stories.map((story) => ({
    ...story,
    appointments: story.appointments.flatMap((row) => {
      const known = knownHere(row.id)
      if (known === null || row.version > known.version) return [row]
      return isToldOf(known.state) ? [known] : []
    }),
  }))

/** What the CRM did with the question: not asked, not answered yet, without an answer, answered with a fault of its own, or its answer. */
export type CrmAnswer = 'not-asked' | 'asking' | 'away' | 'refused' | CitizenStory[]

/** Who a number may be, all that is known of them. */
export type KnownCaller = Omit<CallerView, 'stories'> & { stories: CitizenStory[] }

export function knownCaller(
  callId: Id,
  number: { withheld: boolean; awaited: boolean },
  own: readonly CitizenStory[],
  answer: CrmAnswer,
  continued: Contact | null = null,
): KnownCaller {
  // Who hides is not looked up; whom a colleague handed on has said who they are.
  if (number.withheld && continued === null) {
    return {
      callId,
      number: 'withheld',
      crm: 'not-asked',
      awaited: false,
      from: null,
      stories: [],
      continued,
    }
  }
  const answered = Array.isArray(answer)
  const stories = mergeStories(own, answered ? answer : [])
  return {
    callId,
    number: stories.length > 0 ? 'known' : answer === 'asking' ? 'looking' : 'unknown',
    crm: answered ? 'answered' : answer,
    awaited: number.awaited,
    from: stories.length === 0 ? null : answered && answer.length > 0 ? 'crm' : 'cache',
    stories,
    continued,
  }
}
