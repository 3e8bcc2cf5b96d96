import { z } from 'zod'
import { ageOn, Citizen, CitizenPhone } from './citizen.ts'
import type { Contact } from './contact.ts'
import type { PlainDate } from './ids.ts'
import { maskNumber } from './phone-number.ts'

/**
 * A person as a window gets them: enough to tell namesakes and a household apart; of what identifies somebody, or reaches them, only that it is
 * there. `whole`: null until the operator has identified this person in the contact.
 */
export const ShownCitizen = Citizen.pick({
  id: true,
  givenName: true,
  familyName: true,
  language: true,
  address: true,
  delegations: true,
  needsDuplicateCheck: true,
}).extend({
  birthYear: z.number().int().nullable(),
  age: z.number().int().nullable(),
  /** "347 ▪▪▪ 2210". */
  phones: z.array(z.object({ number: z.string(), kind: CitizenPhone.shape.kind })),
  /** "t▪▪▪@example.org". */
  email: z.string().nullable(),
  whole: Citizen.nullable(),
})
export type ShownCitizen = z.infer<typeof ShownCitizen>

export function maskEmail(address: string): string {
  const at = address.lastIndexOf('@')
  return `${address.slice(0, 1)}▪▪▪${address.slice(at)}`
}

/** `isWhole`: they have been identified. `today`: in the city. */
export const showCitizen = (citizen: Citizen, isWhole: boolean, today: PlainDate): ShownCitizen => ({
  id: citizen.id,
  givenName: citizen.givenName,
  familyName: citizen.familyName,
  language: citizen.language,
  address: citizen.address,
  delegations: citizen.delegations,
  needsDuplicateCheck: citizen.needsDuplicateCheck,
  birthYear: citizen.birthDate === null ? null : Number(citizen.birthDate.slice(0, 4)),
  age: citizen.birthDate === null ? null : ageOn(citizen.birthDate, today),
  phones: citizen.phones.map(({ number, kind }) => ({ number: maskNumber(number), kind })),
  email: citizen.email === null ? null : maskEmail(citizen.email),
  whole: isWhole ? citizen : null,
})

/** From which number somebody called is theirs too. */
export const showContact = (contact: Contact): Contact => ({
  ...contact,
  callerNumber: contact.callerNumber === null ? null : maskNumber(contact.callerNumber),
})
