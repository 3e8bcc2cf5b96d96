import { z } from 'zod'
import { Id, PlainDate } from './ids.ts'
import { E164 } from './phone-number.ts'

export const CitizenPhone = z.object({
  number: E164,
  kind: z.enum(['mobile', 'landline', 'work']),
})
export type CitizenPhone = z.infer<typeof CitizenPhone>

export const Address = z.object({
  street: z.string().min(1).max(120),
  municipality: z.string().min(1).max(80),
  /** One of Milan's nine districts, when the address is in the city. */
  municipio: z.number().int().min(1).max(9).nullable(),
})
export type Address = z.infer<typeof Address>

/** ISO 639-1. */
export const Language = z.enum(['it', 'en', 'fr', 'de', 'es', 'ar', 'zh', 'ro', 'uk', 'si', 'tl', 'bn'])
export type Language = z.infer<typeof Language>

/**
 * A person the city knows. Never known by the number alone: several persons may share one (household, school, office),
 * and a person may have several.
 */
export const Citizen = z.object({
  id: Id,
  version: z.number().int().nonnegative(),
  givenName: z.string().min(1).max(80),
  familyName: z.string().min(1).max(80),
  birthDate: PlainDate.nullable(),
  fiscalCode: z
    .string()
    .regex(/^[A-Z0-9]{16}$/)
    .nullable(),
  language: Language,
  phones: z.array(CitizenPhone).max(8),
  email: z.email().nullable(),
  address: Address.nullable(),
  /** Made while the CRM was away: somebody must compare it with the directory. */
  needsDuplicateCheck: z.boolean(),
})
export type Citizen = z.infer<typeof Citizen>

export const fullName = (citizen: Pick<Citizen, 'givenName' | 'familyName'>): string =>
  `${citizen.givenName} ${citizen.familyName}`

/** Completed years on a day, both ISO dates. */
export function ageOn(birthDate: PlainDate, day: PlainDate): number {
  const [by, bm, bd] = birthDate.split('-').map(Number) as [number, number, number]
  const [y, m, d] = day.split('-').map(Number) as [number, number, number]
  return y - by - (m < bm || (m === bm && d < bd) ? 1 : 0)
}
