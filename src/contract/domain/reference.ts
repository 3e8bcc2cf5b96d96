import { z } from 'zod'
import { Slug, Words } from './ids.ts'

/** Data of the city that changes rarely and is held whole on every desk. */

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
  /** What people type to find it: "carta identità cie rinnovo". */
  keywords: z.string().max(200),
})
export type Service = z.infer<typeof Service>

export const Office = z.object({
  id: Slug,
  version: z.number().int().nonnegative(),
  name: z.string().min(1).max(80),
  municipio: z.number().int().min(1).max(9),
  hours: Words,
  agendas: z.array(Slug),
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
