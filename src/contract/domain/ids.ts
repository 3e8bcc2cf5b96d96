import { v7, validate } from 'uuid'
import { z } from 'zod'

/** Ids are made where the thing is made, on the desk or in the CRM: UUIDv7 (RFC 9562), so they sort by birth and never collide. */
export const Id = z.uuid()
export type Id = z.infer<typeof Id>

export const newId = (): Id => v7()
export const isId = (text: string): boolean => validate(text)

/**
 * ISO 8601 with offset or Z. Instants travel as text; arithmetic on them is Temporal's. Of a year from 1800 to 2999: earlier or later is a slip, and nothing
 * that reads them back has to know the first year before the first, which is how the database writes 00:00 of 1 January 1 in Rome.
 */
export const Instant = z.iso
  .datetime({ offset: true })
  .refine((text) => text >= '1800' && text < '3', 'a year from 1800 to 2999')
export type Instant = z.infer<typeof Instant>

export const PlainDate = z.iso.date()
export type PlainDate = z.infer<typeof PlainDate>

/** A short machine name in reference data: `identity-card`, `via-larga-12`. */
export const Slug = z
  .string()
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/)
  .max(64)
export type Slug = z.infer<typeof Slug>

export const cityZone = 'Europe/Rome'

/** A name of the IANA time zone database that this program's own copy has. */
export const TimeZone = z.string().max(64).refine(isTimeZone)
export type TimeZone = z.infer<typeof TimeZone>

/** Asking costs a quarter of a millisecond, and every row of an office that is read asks. */
const knownZones = new Set<string>()
const mostZones = 1000

function isTimeZone(name: string): boolean {
  if (knownZones.has(name)) return true
  try {
    if (!name.includes('/')) return false
    new Intl.DateTimeFormat('en', { timeZone: name })
  } catch {
    return false
  }
  if (knownZones.size < mostZones) knownZones.add(name)
  return true
}

/** What an operator reads, in the two languages of the desk. */
export const Words = z.object({ it: z.string().min(1), en: z.string().min(1) })
export type Words = z.infer<typeof Words>
