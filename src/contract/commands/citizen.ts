import { z } from 'zod'
import type { Role } from '../domain/agent.ts'
import {
  Address,
  Citizen,
  CitizenIdentity,
  CitizenPhone,
  DelegationKind,
  fullName,
  Language,
  mostOfEach,
} from '../domain/citizen.ts'
import { type CitizenDetails, joinCitizens, singleDetails } from '../domain/citizen-join.ts'
import { FiscalCode } from '../domain/fiscal-code.ts'
import { Id, Instant, PlainDate } from '../domain/ids.ts'
import { E164, toE164 } from '../domain/phone-number.ts'
import { anyDeskRole, defineCommand } from './command.ts'

/** Of a subscriber: a short number is nobody's. */
const phones = z
  .array(CitizenPhone.extend({ number: E164.refine((number) => toE164(number) === number) }))
  .max(mostOfEach)

/** What a desk may say of a person. */
const details = z.object({
  ...Citizen.pick({
    givenName: true,
    familyName: true,
    birthDate: true,
    language: true,
    otherLanguages: true,
    email: true,
    otherEmails: true,
    address: true,
    otherAddresses: true,
    identities: true,
  }).shape,
  phones,
  fiscalCode: FiscalCode.nullable(),
})
/** Without the defaults: what is not named is not changed. */
const changeable = z.object({
  ...details.shape,
  otherLanguages: z.array(Language).max(mostOfEach),
  otherEmails: z.array(z.email()).max(mostOfEach),
  otherAddresses: z.array(Address).max(mostOfEach),
  identities: z.array(CitizenIdentity).max(mostOfEach),
})
export const CitizenChange = changeable.partial().strict()
/** As it was read, right or not by today's checks. */
export const CitizenSeen = changeable
  .extend({ fiscalCode: Citizen.shape.fiscalCode, phones: Citizen.shape.phones })
  .partial()
  .strict()

/**
 * A line of what a city's registry tells of its residents. `key`: by which the registry knows the person, always the same. What is not named it does
 * not know: that is the desks' to say.
 */
export const ImportedCitizen = z.strictObject({
  key: z.string().min(1).max(200),
  ...Citizen.pick({ givenName: true, familyName: true }).shape,
  ...changeable.omit({ givenName: true, familyName: true, identities: true }).partial().shape,
  // As it is there, right or not by our check.
  fiscalCode: Citizen.shape.fiscalCode.optional(),
  /** The registry has them no more: moved away, or dead. */
  left: z.boolean().optional(),
})
export type ImportedCitizen = z.infer<typeof ImportedCitizen>

export const createCitizen = defineCommand({
  name: 'citizen.create',
  args: details.extend({ id: Id, needsDuplicateCheck: z.boolean() }),
  roles: anyDeskRole,
  effect: (rows, args) => [
    {
      entity: 'citizen',
      row: {
        delegations: [],
        mergedInto: null,
        ...args,
        version: rows.get('citizen', args.id)?.version ?? 0,
      },
    },
  ],
  dependsOn: () => [],
  creates: (args) => [args.id],
})

/**
 * `seen` is what the fields that change were when they were read, each of them: where one is something else by now, somebody was quicker, and
 * nothing is changed (`conflict: citizen-stale`, `params.field`). Two who change different fields of one person do not meet.
 */
export const updateCitizen = defineCommand({
  name: 'citizen.update',
  args: z.object({ citizenId: Id, seen: CitizenSeen, change: CitizenChange }).refine(({ seen, change }) => {
    const fields = Object.keys(change)
    return fields.length > 0 && fields.toSorted().join() === Object.keys(seen).toSorted().join()
  }),
  roles: anyDeskRole,
  effect(rows, { citizenId, change }) {
    const citizen = rows.get('citizen', citizenId)
    return citizen ? [{ entity: 'citizen', row: { ...citizen, ...(change as Partial<CitizenDetails>) } }] : []
  },
  dependsOn: (args) => [args.citizenId],
  creates: () => [],
})

/** The person of `citizenId` may call on behalf of `forId`; said again, the new kind and day count. */
export const delegateCitizen = defineCommand({
  name: 'citizen.delegate',
  args: z.object({ citizenId: Id, forId: Id, kind: DelegationKind, until: PlainDate.nullable() }),
  roles: anyDeskRole,
  effect(rows, { citizenId, forId, kind, until }) {
    const citizen = rows.get('citizen', citizenId)
    const other = rows.get('citizen', forId)
    if (!citizen || !other || citizenId === forId) return []
    const delegations = [
      ...citizen.delegations.filter((one) => one.citizenId !== forId),
      { citizenId: forId, name: fullName(other), kind, until },
    ]
    return [{ entity: 'citizen', row: { ...citizen, delegations } }]
  },
  dependsOn: (args) => [args.citizenId, args.forId],
  creates: () => [],
})

export const endDelegation = defineCommand({
  name: 'citizen.end-delegation',
  args: z.object({ citizenId: Id, forId: Id }),
  roles: anyDeskRole,
  effect(rows, { citizenId, forId }) {
    const citizen = rows.get('citizen', citizenId)
    if (!citizen) return []
    const delegations = citizen.delegations.filter((one) => one.citizenId !== forId)
    return [{ entity: 'citizen', row: { ...citizen, delegations } }]
  },
  dependsOn: (args) => [args.citizenId, args.forId],
  creates: () => [],
})

const joiners: readonly Role[] = ['specialist', 'supervisor', 'administrator']

/**
 * The person of `mergedId` is the one of `keptId`: of `take` the other's details are kept, what hangs on the other moves, and the other is found no
 * more. `seen`: as in `citizen.update`, of both. `id` is that of the merge.
 */
export const mergeCitizens = defineCommand({
  name: 'citizen.merge',
  args: z.object({
    id: Id,
    keptId: Id,
    mergedId: Id,
    take: z.array(z.enum(singleDetails)).max(singleDetails.length),
    seen: z.object({ kept: CitizenSeen, merged: CitizenSeen }),
  }),
  roles: joiners,
  effect(rows, { keptId, mergedId, take }) {
    const kept = rows.get('citizen', keptId)
    const merged = rows.get('citizen', mergedId)
    if (!kept || !merged || keptId === mergedId || kept.mergedInto !== null || merged.mergedInto !== null)
      return []
    return [
      {
        entity: 'citizen',
        row: { ...kept, ...joinCitizens(kept, merged, take), needsDuplicateCheck: false },
      },
      { entity: 'citizen', row: { ...merged, mergedInto: keptId, needsDuplicateCheck: false } },
    ]
  },
  dependsOn: (args) => [args.keptId, args.mergedId],
  creates: () => [],
})

/** Undoes the merge of this person. What came to the kept one goes back; what was said or done since stays there. Only the CRM knows what that is. */
export const unmergeCitizen = defineCommand({
  name: 'citizen.unmerge',
  args: z.object({ mergedId: Id }),
  roles: joiners,
  effect(rows, { mergedId }) {
    const merged = rows.get('citizen', mergedId)
    return merged ? [{ entity: 'citizen', row: { ...merged, mergedInto: null } }] : []
  },
  dependsOn: (args) => [args.mergedId],
  creates: () => [],
})

/** Somebody compared: this person is none of these, and is not proposed as one of them again. Without others: is alone. */
export const keepApart = defineCommand({
  name: 'citizen.keep-apart',
  args: z.object({ citizenId: Id, otherIds: z.array(Id).max(50) }),
  roles: anyDeskRole,
  effect(rows, { citizenId }) {
    const citizen = rows.get('citizen', citizenId)
    return citizen ? [{ entity: 'citizen', row: { ...citizen, needsDuplicateCheck: false } }] : []
  },
  dependsOn: (args) => [args.citizenId, ...args.otherIds],
  creates: () => [],
})

/** Takes `keepApart` back, as far as its author had said it: they are compared again. */
export const compareAgain = defineCommand({
  name: 'citizen.compare-again',
  args: keepApart.args,
  roles: anyDeskRole,
  effect(rows, { citizenId }) {
    const citizen = rows.get('citizen', citizenId)
    return citizen ? [{ entity: 'citizen', row: { ...citizen, needsDuplicateCheck: true } }] : []
  },
  dependsOn: (args) => [args.citizenId, ...args.otherIds],
  creates: () => [],
})

/** Why a record was looked at. `id` is the contact or ticket that made it necessary. */
export const ReadReason = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('call'), id: Id }),
  z.object({ kind: z.literal('ticket'), id: Id }),
  z.object({ kind: z.literal('search') }),
])
export type ReadReason = z.infer<typeof ReadReason>

/** The journal of reads: a citizen may ask who looked at them, also when it was a row of the desk's cache and the CRM was away. */
export const recordRead = defineCommand({
  name: 'citizen.read',
  args: z.object({ citizenId: Id, reason: ReadReason, at: Instant, from: z.enum(['cache', 'crm']) }),
  roles: anyDeskRole,
  effect: () => [],
  dependsOn: (args) => [args.citizenId],
  creates: () => [],
})
