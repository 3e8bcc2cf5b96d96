import { z } from 'zod'
import type { EditedCitizen } from '#contract/desk-citizens.ts'
import type { Address, Citizen } from '#contract/domain/citizen.ts'
import { sameDetail } from '#contract/domain/citizen-join.ts'
import { FiscalCode } from '#contract/domain/fiscal-code.ts'
import { formatNumber, toE164 } from '#contract/domain/phone-number.ts'
import { parseBirthDate } from './birth-date.ts'

const local = (day: string): string => day.split('-').toReversed().join('/')

/** A person as the form shows them. */
export const editedOf = (citizen: Citizen): EditedCitizen => ({
  seen: citizen,
  givenName: citizen.givenName,
  familyName: citizen.familyName,
  birthDate: citizen.birthDate === null ? '' : local(citizen.birthDate),
  fiscalCode: citizen.fiscalCode ?? '',
  languages: [citizen.language, ...citizen.otherLanguages],
  phones: citizen.phones.map(({ number, kind }) => ({ number: formatNumber(number), kind })),
  emails: [citizen.email, ...citizen.otherEmails].filter((one) => one !== null),
  addresses: [citizen.address, ...citizen.otherAddresses]
    .filter((one) => one !== null)
    .map(({ street, municipality, municipio }) => ({
      ...{ street, municipality, municipio: municipio === null ? '' : String(municipio) },
    })),
})

/** Which fields cannot be kept as they are; the numbers are places in their list. */
export type EditFaults = {
  names: boolean
  birthDate: boolean
  fiscalCode: boolean
  phones: readonly number[]
  emails: readonly number[]
  addresses: readonly number[]
  municipi: readonly number[]
}

type Details = Partial<
  Pick<
    Citizen,
    | 'givenName'
    | 'familyName'
    | 'birthDate'
    | 'fiscalCode'
    | 'language'
    | 'otherLanguages'
    | 'phones'
    | 'email'
    | 'otherEmails'
    | 'address'
    | 'otherAddresses'
  >
>

const email = z.email()
const placesOf = <T>(values: readonly T[], bad: (value: T) => boolean): number[] =>
  values.flatMap((value, i) => (bad(value) ? [i] : []))
const once = <T>(values: readonly T[]): T[] =>
  values.filter((value, i) => values.findIndex((other) => sameDetail(other, value)) === i)

/**
 * What the form changes, with what those fields were; or what is wrong with it. A line that is empty is none. A detail that was not touched is not
 * judged: the registry may have sent a code that no check accepts.
 */
export function changeOf(
  edited: EditedCitizen,
  today: string,
): { ok: true; change: Details; seen: Details } | { ok: false; faults: EditFaults } {
  const { seen } = edited
  const before = editedOf(seen)
  const birthDate = edited.birthDate.trim() === '' ? null : parseBirthDate(edited.birthDate, today)
  const codeKept = edited.fiscalCode === before.fiscalCode
  const code = FiscalCode.safeParse(edited.fiscalCode)
  const noCode = edited.fiscalCode.trim() === ''
  const emptyAddress = ({ street, municipality }: EditedCitizen['addresses'][number]) =>
    street.trim() === '' && municipality.trim() === ''
  const faults: EditFaults = {
    names: edited.givenName.trim() === '' || edited.familyName.trim() === '',
    birthDate: edited.birthDate.trim() !== '' && birthDate === null,
    fiscalCode: !(codeKept || noCode || code.success),
    phones: placesOf(edited.phones, ({ number }) => number.trim() !== '' && toE164(number) === null),
    emails: placesOf(edited.emails, (text) => text.trim() !== '' && !email.safeParse(text.trim()).success),
    addresses: placesOf(
      edited.addresses,
      (one) => !emptyAddress(one) && (one.street.trim() === '' || one.municipality.trim() === ''),
    ),
    municipi: placesOf(edited.addresses, ({ municipio }) => !/^[1-9]?$/.test(municipio)),
  }
  if (Object.values(faults).some((fault) => (Array.isArray(fault) ? fault.length > 0 : fault)))
    return { ok: false, faults }

  const [language = seen.language, ...otherLanguages] = once(edited.languages)
  const [firstEmail = null, ...otherEmails] = once(
    edited.emails.map((text) => text.trim()).filter((text) => text !== ''),
  )
  const [address = null, ...otherAddresses] = once(
    edited.addresses
      .filter((one) => !emptyAddress(one))
      .map(
        ({ street, municipality, municipio }): Address => ({
          street: street.trim(),
          municipality: municipality.trim(),
          municipio: municipio === '' ? null : Number(municipio),
        }),
      ),
  )
  const phones = edited.phones.flatMap(({ number, kind }) => {
    const e164 = toE164(number)
    return e164 === null ? [] : [{ number: e164, kind }]
  })
  const details: Details = {
    givenName: edited.givenName.trim(),
    familyName: edited.familyName.trim(),
    birthDate,
    fiscalCode: codeKept ? seen.fiscalCode : noCode ? null : (code.data ?? null),
    ...{ language, otherLanguages, email: firstEmail, otherEmails, address, otherAddresses },
    phones: phones.filter((one, i) => phones.findIndex(({ number }) => number === one.number) === i),
  }
  const changed = (Object.keys(details) as (keyof Details)[]).filter(
    (detail) => !sameDetail(details[detail], seen[detail]),
  )
  const only = (of: Details): Details => Object.fromEntries(changed.map((detail) => [detail, of[detail]]))
  return { ok: true, change: only(details), seen: only(seen) }
}
