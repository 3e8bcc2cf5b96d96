import { oc } from '@orpc/contract'
import { z } from 'zod'
import { CitizenRead } from './crm-audit.ts'
import { Appointment } from './domain/appointment.ts'
import { Citizen } from './domain/citizen.ts'
import { Contact, Party } from './domain/contact.ts'
import { Id, Instant, PlainDate } from './domain/ids.ts'
import { Likeness } from './domain/likeness.ts'
import { Ticket } from './domain/ticket.ts'
import { faultErrors } from './errors.ts'

const base = oc.errors(faultErrors)

/** All that a desk shows while a number rings. */
export const CallerContext = z.object({
  citizens: z.array(Citizen),
  contacts: z.array(Contact),
  tickets: z.array(Ticket),
  appointments: z.array(Appointment),
  /** Of the contacts on somebody's behalf: who spoke, and for whom. */
  parties: z.array(Party).default([]),
})
export type CallerContext = z.infer<typeof CallerContext>

/** Somebody who may be the same person, and why. */
export const Alike = z.object({ citizen: Citizen, likeness: Likeness })
export type Alike = z.infer<typeof Alike>

/** What is known of somebody who is being entered. Text as it is typed. */
export const Entered = z.object({
  givenName: z.string().max(80).default(''),
  familyName: z.string().max(80).default(''),
  birthDate: PlainDate.optional(),
  fiscalCode: z.string().max(24).optional(),
  number: z.string().max(64).optional(),
  email: z.string().max(254).optional(),
})
export type Entered = z.infer<typeof Entered>

/** Two persons who were joined. */
export const Merge = z.object({
  id: Id,
  keptId: Id,
  mergedId: Id,
  /** Of the one who turned out to be the other. */
  name: z.string(),
  at: Instant,
  byName: z.string(),
  undoneAt: Instant.nullable(),
  /** How the two were is over its term: what is joined stays joined (`merge-final`). */
  final: z.boolean(),
})
export type Merge = z.infer<typeof Merge>

const reason = { reasonKind: z.enum(['call', 'ticket', 'search']), reasonId: Id.optional() }

/** What names a person is asked for in the body: an address is written down by every proxy on the way. */
export const citizensContract = {
  /** Several words in any order, accents and apostrophes aside; see `citizenQuestion`. Audited for every person returned, as the next two. */
  search: base
    .route({
      method: 'POST',
      path: '/citizens/search',
      summary: 'Find persons by name, number, fiscal code, address or identity',
    })
    .input(
      z.object({
        text: z.string().min(2).max(120),
        limit: z.number().int().min(1).max(50).default(20),
      }),
    )
    .output(
      z.object({
        citizens: z.array(Citizen),
        /** There are others beyond `limit`: who is looked for may not be among these. */
        more: z.boolean().default(false),
      }),
    ),
  /** The likeliest first. */
  alike: base
    .route({
      method: 'POST',
      path: '/citizens/alike',
      summary: 'Who is there already and may be the person who is being entered',
    })
    .input(Entered)
    .output(z.object({ alike: z.array(Alike) })),
  /** Made while the CRM was away, or like somebody who was there; the longest known first. */
  toCompare: base
    .route({
      method: 'GET',
      path: '/citizens/to-compare',
      summary: 'Persons who may be somebody else in the directory, with whom',
    })
    .input(z.object({ limit: z.coerce.number().int().min(1).max(50).default(20), after: Id.optional() }))
    .output(z.object({ pairs: z.array(z.object({ citizen: Citizen, alike: z.array(Alike) })) })),
  /** Newest first, those that were undone too. Of either of the two. */
  merges: base
    .route({ method: 'GET', path: '/citizens/{id}/merges', summary: 'With whom a person was joined' })
    .input(z.object({ id: Id }))
    .output(z.object({ merges: z.array(Merge) })),
  /** Audited with its reason. Of somebody who was joined with another: as they were, with `mergedInto`. */
  get: base
    .route({ method: 'GET', path: '/citizens/{id}', summary: 'One person' })
    .input(z.object({ id: Id, ...reason }))
    .output(Citizen),
  /** Audited for every person returned. */
  context: base
    .route({
      method: 'POST',
      path: '/caller-context',
      summary: 'Who calls from a number, and what is open with them',
    })
    .input(z.object({ number: z.string().min(3).max(64), contactId: Id }))
    .output(CallerContext),
  /** Also of those who turned out to be this person. */
  reads: base
    .route({
      method: 'GET',
      path: '/citizens/{id}/reads',
      summary: 'Who looked at this person, when and why',
    })
    .input(z.object({ id: Id }))
    .output(
      z.object({
        reads: z.array(CitizenRead),
      }),
    ),
  /** For the person who asks for it; text, in Italian unless asked for in English. Audited itself. */
  readsReport: base
    .route({
      method: 'GET',
      path: '/citizens/{id}/reads/report',
      summary: 'Who looked at a person, to be given to them',
    })
    .input(z.object({ id: Id, language: z.enum(['it', 'en']).default('it') }))
    .output(z.file().mime('text/csv')),
  /** Everything of one person, for the desk's story when the cache lacks it; of the one they turned out to be. Audited. */
  story: base
    .route({
      method: 'GET',
      path: '/citizens/{id}/story',
      summary: 'A person with contacts, requests and appointments',
    })
    .input(z.object({ id: Id, ...reason }))
    .output(CallerContext),
} as const
