import { oc } from '@orpc/contract'
import { z } from 'zod'
import {
  delegateCitizen,
  endDelegation,
  keepApart,
  mergeCitizens,
  unmergeCitizen,
  updateCitizen,
} from './commands/citizen.ts'
import { Alike, Entered, Merge } from './crm-citizens.ts'
import { Appointment } from './domain/appointment.ts'
import { Citizen, CitizenPhone, Language, mostOfEach } from './domain/citizen.ts'
import { Contact } from './domain/contact.ts'
import { Id } from './domain/ids.ts'
import { Ticket } from './domain/ticket.ts'
import { faultErrors } from './errors.ts'

const base = oc.errors(faultErrors)
const done = z.object({ ok: z.literal(true) })

/** A person in the story, with what is open. */
export const CitizenStory = z.object({
  citizen: Citizen,
  /** Newest first. */
  contacts: z.array(Contact),
  tickets: z.array(Ticket),
  /** Next first. */
  appointments: z.array(Appointment),
})
export type CitizenStory = z.infer<typeof CitizenStory>

const typed = (most: number) => z.string().max(most)

/** A person who is being changed: text as it is typed, the first of several is what is used. */
export const EditedCitizen = z.object({
  /** As the person was when the editing began, so that somebody who was quicker is noticed. */
  seen: Citizen,
  givenName: typed(80),
  familyName: typed(80),
  birthDate: typed(10),
  fiscalCode: typed(24),
  languages: z.array(Language).min(1).max(mostOfEach),
  phones: z.array(z.object({ number: typed(64), kind: CitizenPhone.shape.kind })).max(mostOfEach),
  emails: z.array(typed(254)).max(mostOfEach),
  addresses: z
    .array(z.object({ street: typed(120), municipality: typed(80), municipio: typed(1) }))
    .max(mostOfEach),
})
export type EditedCitizen = z.infer<typeof EditedCitizen>

/** Persons, as the window works with them. What changes one returns when the outbox has it. */
export const deskCitizens = {
  search: base
    .input(z.object({ text: z.string().max(120) }))
    /** `complete`: the CRM was asked too. */
    .output(z.object({ citizens: z.array(Citizen), complete: z.boolean() })),
  /** Journaled with the call as its reason. */
  story: base
    .input(z.object({ citizenId: Id, callId: Id }))
    .output(CitizenStory.extend({ from: z.enum(['cache', 'crm']) })),
  /** Who may be the person that is being typed, the likeliest first. Asked again at each pause; journaled as a search. */
  alike: base.input(Entered).output(z.object({ alike: z.array(Alike), complete: z.boolean() })),
  /** Only the CRM knows: `unavailable: crm-away` without it, as the next. */
  toCompare: base
    .input(z.object({ after: Id.nullable() }))
    .output(z.object({ pairs: z.array(z.object({ citizen: Citizen, alike: z.array(Alike) })) })),
  merges: base.input(z.object({ citizenId: Id })).output(z.object({ merges: z.array(Merge) })),
  update: base.input(updateCitizen.args).output(done),
  delegate: base.input(delegateCitizen.args).output(done),
  endDelegation: base.input(endDelegation.args).output(done),
  /** `forbidden: role-missing` for an operator, as the next. */
  merge: base.input(mergeCitizens.args.omit({ id: true })).output(z.object({ mergeId: Id })),
  unmerge: base.input(unmergeCitizen.args).output(done),
  keepApart: base.input(keepApart.args).output(done),
} as const
