import { z } from 'zod'
import { CityCalendar, holdsOn, isOrderly, Validity } from './calendar.ts'
import { type PlainDate, Slug, Words } from './ids.ts'
import { Ended, type Topic } from './reference.ts'
import { ReplyTerms } from './reply-term.ts'
import { TicketKind } from './ticket-kind.ts'

/** Who works on requests. `external`: a body outside the city, or another platform of the city's, that requests are handed over to. */
export const CityTeam = z.object({
  id: Slug,
  version: z.number().int().nonnegative(),
  name: Words,
  kind: z.enum(['first-level', 'specialist', 'external']),
  /** How an external body is reached, for the operator to read. */
  contact: z.string().max(200).nullable(),
  ended: Ended,
})
export type CityTeam = z.infer<typeof CityTeam>

/** The team that takes whatever no rule sends elsewhere. */
export const firstLevel = 'first-level'

/** Which team a request goes to first. The first rule that fits counts; null: any. */
export const RoutingRule = z
  .strictObject({
    id: Slug,
    kinds: z.array(TicketKind).min(1).nullable(),
    /** Topics, or families of them. */
    topics: z.array(Slug).min(1).nullable(),
    team: Slug,
    ...Validity,
  })
  .refine(isOrderly, { path: ['validTo'] })
export type RoutingRule = z.infer<typeof RoutingRule>

/** What requests are worked on by: one document, `city`, that every desk holds. */
export const Rulebook = z.object({
  id: Slug,
  version: z.number().int().nonnegative(),
  calendar: CityCalendar,
  terms: ReplyTerms,
  routing: z.array(RoutingRule).max(500),
})
export type Rulebook = z.infer<typeof Rulebook>
export const rulebookId = 'city'

/** The team that a request goes to: by rule, else its topic's. */
export function routeOf(
  ticket: { kind: TicketKind; receivedOn: PlainDate },
  topic: Pick<Topic, 'id' | 'parentId' | 'team'>,
  routing: readonly RoutingRule[],
): Slug {
  const rule = routing.find(
    ({ kinds, topics, ...validity }) =>
      holdsOn(validity, ticket.receivedOn) &&
      (kinds === null || kinds.includes(ticket.kind)) &&
      (topics === null ||
        topics.includes(topic.id) ||
        (topic.parentId !== null && topics.includes(topic.parentId))),
  )
  return rule?.team ?? topic.team
}
