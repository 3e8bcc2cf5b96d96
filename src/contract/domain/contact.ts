import { z } from 'zod'
import { Id, Instant, Slug } from './ids.ts'

/** How the operator knows who is speaking. A caller's number is a hint, never an identity. */
export const identificationMethods = [
  'none',
  'number-and-name',
  'birth-date',
  'birth-date-and-address',
  'fiscal-code',
  'delegate',
] as const
export const IdentificationMethod = z.enum(identificationMethods)
export type IdentificationMethod = z.infer<typeof IdentificationMethod>

/** Whether protected fields (fiscal code, e-mail, whole numbers) may be shown. */
export const identifies = (method: IdentificationMethod): boolean =>
  method !== 'none' && method !== 'number-and-name'

/** The disposition, in the order of the keys 1 to 6 of the wrap-up. */
export const outcomes = ['resolved', 'appointment', 'request', 'specialist', 'callback', 'dropped'] as const
export const Outcome = z.enum(outcomes)
export type Outcome = z.infer<typeof Outcome>

export const triedBefore = [
  'office',
  'website',
  'web-search',
  'call',
  'whatsapp',
  'newsstand',
  'fascicolo',
  'nothing',
] as const
export const TriedBefore = z.enum(triedBefore)
export type TriedBefore = z.infer<typeof TriedBefore>
/** Most that one contact names. */
export const mostTried = 4

/** How the city was reached, or reached somebody. */
export const contactChannels = [
  'phone',
  'web-form',
  'email',
  'chat',
  'whatsapp',
  'counter',
  'letter',
] as const
export const ContactChannel = z.enum(contactChannels)
export type ContactChannel = z.infer<typeof ContactChannel>

export const Contact = z.object({
  id: Id,
  version: z.number().int().nonnegative(),
  channel: ContactChannel,
  direction: z.enum(['inbound', 'outbound']),
  /** Queue as the exchange named it; null for a dialled call. */
  queue: z.string().max(80).nullable(),
  operatorId: Id,
  operatorName: z.string().max(120),
  citizenId: Id.nullable(),
  /** E.164 or what the exchange sent; null when withheld. */
  callerNumber: z.string().max(64).nullable(),
  startedAt: Instant,
  answeredAt: Instant.nullable(),
  endedAt: Instant.nullable(),
  topicId: Slug.nullable(),
  outcome: Outcome.nullable(),
  identification: IdentificationMethod,
  triedBefore: z.array(TriedBefore).max(mostTried),
  /** What they searched for, which page they were on, whom they had called: in their words. */
  triedDetail: z.string().max(200),
  /** The person for whom the one in `citizenId` spoke. */
  onBehalfOf: Id.nullable(),
  /** How the line was (mean opinion score by the E-model, 1 to 4.5); null where nothing was measured. Never a figure of the operator. */
  lineScore: z.number().min(1).max(5).nullable(),
  note: z.string().max(8000),
  /** On the practice line: training, kept apart from the city's statistics. */
  practice: z.boolean(),
})
export type Contact = z.infer<typeof Contact>

/** Somebody who spoke in a contact on another person's behalf, or on whose behalf it was. */
export const Party = z.object({ citizenId: Id, name: z.string() })
export type Party = z.infer<typeof Party>

/** Who that is in a contact; nobody where somebody called for themselves. */
export const partiesOf = ({ citizenId, onBehalfOf }: Pick<Contact, 'citizenId' | 'onBehalfOf'>): Id[] =>
  onBehalfOf === null ? [] : [citizenId, onBehalfOf].filter((id) => id !== null)
