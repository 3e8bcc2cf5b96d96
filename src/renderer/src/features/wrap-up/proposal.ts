import type { Draft } from '#contract/desk.ts'
import { type Appointment, isActive } from '#contract/domain/appointment.ts'
import { mostTried, type Outcome, type TriedBefore } from '#contract/domain/contact.ts'
import type { Service } from '#contract/domain/reference.ts'
import type { Ticket } from '#contract/domain/ticket.ts'

export type TopicSource = 'booking' | 'ticket' | 'chosen' | 'none'
export type Proposal = { topicId: string | null; from: TopicSource; outcome: Outcome | null }

/** What the call made says how it went: the desk proposes, one key confirms. The operator's own choice always stays. */
export function proposalOf(
  wrapUp: Draft['wrapUp'],
  made: { tickets: readonly Ticket[]; appointments: readonly Appointment[] } | null,
  services: readonly Pick<Service, 'id' | 'topicId'>[],
): Proposal {
  const appointment = made?.appointments.findLast(({ state }) => isActive(state))
  const ticket = made?.tickets.at(-1)
  const booked = services.find(({ id }) => id === appointment?.serviceIds[0])?.topicId ?? null
  const proposed = booked ?? ticket?.topicId ?? null
  const topicId = wrapUp.topicId ?? proposed
  const from: TopicSource =
    topicId === null
      ? 'none'
      : topicId === booked
        ? 'booking'
        : topicId === ticket?.topicId
          ? 'ticket'
          : 'chosen'
  const outcome = wrapUp.outcome ?? (appointment ? 'appointment' : ticket ? 'request' : null)
  return { topicId, from, outcome }
}

/** No more than a contact names, the newest stay; "nothing" goes with nothing else. */
export function toggleTried(before: readonly TriedBefore[], way: TriedBefore): TriedBefore[] {
  if (before.includes(way)) return before.filter((one) => one !== way)
  if (way === 'nothing') return ['nothing']
  return [...before.filter((one) => one !== 'nothing'), way].slice(-mostTried)
}
