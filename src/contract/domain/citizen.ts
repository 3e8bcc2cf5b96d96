import { z } from 'zod'
import { Id, PlainDate } from './ids.ts'
import { E164 } from './phone-number.ts'

/** Numbers, e-mails and so on of one person. */
export const mostOfEach = 32

/** Persons of one number who are told at once when it rings, the first by name; any other of a school or an office is searched for. */
export const mostOnNumber = 50

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
 * By what a person is known who shows no number. `whatsapp`: the business-scoped id of a WhatsApp user ("IT.13491208655302741918"), which
 * another business does not see. One person has it; two who claim the same are a case for a human.
 */
export const CitizenIdentity = z.object({
  scheme: z.enum(['whatsapp']),
  value: z.string().regex(/^[A-Z]{2}\.[A-Za-z0-9]{1,128}$/),
})
export type CitizenIdentity = z.infer<typeof CitizenIdentity>

/** What gives somebody the word for another: by law (`parent`, `guardian`, `support-administrator`), by a paper, by trade, by kinship. */
export const delegationKinds = [
  'parent',
  'guardian',
  'support-administrator',
  'proxy',
  'professional',
  'relative',
] as const
export const DelegationKind = z.enum(delegationKinds)
export type DelegationKind = z.infer<typeof DelegationKind>

/** For whom else a person may call. */
export const Delegation = z.object({
  citizenId: Id,
  /** Of the other, as they are called now. */
  name: z.string().max(161),
  kind: DelegationKind,
  /** The last day on which it counts; null: until it is taken back. */
  until: PlainDate.nullable(),
})
export type Delegation = z.infer<typeof Delegation>

/**
 * A person the city knows. Never known by the number alone: several persons may share one (household, school, office),
 * and a person may have several. What comes first of several is what is used: the language that is spoken, the address and the e-mail
 * that are written to.
 */
export const Citizen = z.object({
  id: Id,
  version: z.number().int().nonnegative(),
  givenName: z.string().min(1).max(80),
  familyName: z.string().min(1).max(80),
  birthDate: PlainDate.nullable(),
  /** Commands check it (`FiscalCode`); what the registry sent before is shown as it is. */
  fiscalCode: z
    .string()
    .regex(/^[A-Z0-9]{16}$/)
    .nullable(),
  language: Language,
  otherLanguages: z.array(Language).max(mostOfEach).default([]),
  phones: z.array(CitizenPhone).max(mostOfEach),
  email: z.email().nullable(),
  otherEmails: z.array(z.email()).max(mostOfEach).default([]),
  address: Address.nullable(),
  otherAddresses: z.array(Address).max(mostOfEach).default([]),
  identities: z.array(CitizenIdentity).max(mostOfEach).default([]),
  delegations: z.array(Delegation).default([]),
  /** Made while the CRM was away, or like somebody who was there: somebody must compare it with the directory. */
  needsDuplicateCheck: z.boolean(),
  /** The person who this one turned out to be. Everything that hung here hangs there. */
  mergedInto: Id.nullable().default(null),
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
