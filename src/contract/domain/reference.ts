import { z } from 'zod'
import { Language } from './citizen.ts'
import { EligibilityRule } from './eligibility.ts'
import { Slug, TimeZone, Words } from './ids.ts'
import { Coordinates } from './place.ts'

/** Data of the city that changes rarely and is held whole on every desk. */

/** Kept for what was done with it; offered for nothing new. */
export const Ended = z.boolean().optional()

/** Those that have not ended. */
export const offered = <T extends { ended?: boolean | undefined }>(rows: readonly T[]): T[] =>
  rows.filter(({ ended }) => !ended)

/** Where an appointment may be asked for: portal, telephone, an office's counter, a newsstand that books for the city. */
export const BookingChannel = z.enum(['web', 'phone', 'counter', 'newsstand'])
export type BookingChannel = z.infer<typeof BookingChannel>

export const Service = z.object({
  id: Slug,
  version: z.number().int().nonnegative(),
  name: Words,
  topicId: Slug,
  agenda: Slug,
  durationMinutes: z.number().int().min(5).max(240),
  /** What to bring, and the condition to book, as text for the operator to say. */
  documents: Words,
  eligibility: Words,
  /** The part of the condition that a program can check. */
  rule: EligibilityRule,
  /** Any other is refused by the CRM. */
  channels: z.array(BookingChannel).min(1),
  /** Who may use another channel than most, as text for the operator to say. */
  channelExceptions: Words.nullable(),
  /** Who is served without an appointment. */
  walkIn: Words.nullable(),
  /** Spoken at the counters that give it. */
  languages: z.array(Language).min(1),
  /** What people type to find it: "carta identità cie rinnovo". */
  keywords: z.string().max(200),
  /** Written for training, not checked by the city. */
  example: z.boolean(),
  ended: Ended,
})
export type Service = z.infer<typeof Service>

export const Office = z.object({
  id: Slug,
  version: z.number().int().nonnegative(),
  name: z.string().min(1).max(80),
  municipio: z.number().int().min(1).max(9),
  address: z.string().min(1).max(120),
  coordinates: Coordinates,
  /** IANA time zone: its hours, and every time of an appointment there, are times of this zone. */
  zone: TimeZone,
  languages: z.array(Language).min(1),
  hours: Words,
  agendas: z.array(Slug),
  example: z.boolean(),
  ended: Ended,
})
export type Office = z.infer<typeof Office>

/** Two levels: a family of services (`parentId` null) and its topics. */
export const Topic = z.object({
  id: Slug,
  version: z.number().int().nonnegative(),
  parentId: Slug.nullable(),
  name: Words,
  team: Slug,
  keywords: z.string().max(200),
  ended: Ended,
})
export type Topic = z.infer<typeof Topic>

/** A knowledge card, in the headings of the Italian municipal service model (Designers Italia, "scheda servizio"). */
export const Article = z.object({
  id: Slug,
  version: z.number().int().nonnegative(),
  topicId: Slug,
  title: Words,
  updatedOn: z.iso.date(),
  sections: z
    .array(z.object({ heading: Words, body: Words }))
    .min(1)
    .max(16),
  keywords: z.string().max(400),
  /** Shown on the card: written for training, not checked by the city. */
  example: z.boolean(),
})
export type Article = z.infer<typeof Article>
