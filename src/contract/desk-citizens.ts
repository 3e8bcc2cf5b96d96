import { oc } from '@orpc/contract'
import { z } from 'zod'
import {
  compareAgain,
  delegateCitizen,
  endDelegation,
  keepApart,
  mergeCitizens,
  unmergeCitizen,
  updateCitizen,
} from './commands/citizen.ts'
import { Entered, Merge } from './crm-citizens.ts'
import { Appointment } from './domain/appointment.ts'
import { Citizen, CitizenPhone, Language, mostOfEach } from './domain/citizen.ts'
import { ShownCitizen } from './domain/citizen-shown.ts'
import { Contact, Party } from './domain/contact.ts'
import { Id } from './domain/ids.ts'
import { Likeness } from './domain/likeness.ts'
import { MessageChannel } from './domain/message.ts'
import { Ticket } from './domain/ticket.ts'
import { faultErrors } from './errors.ts'

const base = oc.errors(faultErrors)
const done = z.object({ ok: z.literal(true) })

/** A person in the story, with what is open. Whose `citizen.whole` is null, of their contacts the numbers are masked too. */
export const ShownStory = z.object({
  citizen: ShownCitizen,
  /** Newest first. */
  contacts: z.array(Contact),
  tickets: z.array(Ticket),
  /** Next first. */
  appointments: z.array(Appointment),
  /** Who spoke, and for whom, in the contacts on somebody's behalf; whom the desk lacks is missing. */
  parties: z.array(Party),
})
export type ShownStory = z.infer<typeof ShownStory>

const ShownAlike = z.object({ citizen: ShownCitizen, likeness: Likeness })
export type ShownAlike = z.infer<typeof ShownAlike>

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

/**
 * Persons, as the window works with them. What changes one returns when the outbox has it. Whole persons come only with `story` (and `caller`),
 * once they were identified in its contact, and with `toCompare` for those who may join; a search shows nobody whole.
 */
export const deskCitizens = {
  search: base
    .input(z.object({ text: z.string().max(120) }))
    /** `complete`: the CRM was asked too. `more`: there are others whom these words fit, as far as was asked. */
    .output(z.object({ citizens: z.array(ShownCitizen), complete: z.boolean(), more: z.boolean() })),
  /** Journaled with the call as its reason. */
  story: base
    .input(z.object({ citizenId: Id, callId: Id }))
    .output(ShownStory.extend({ from: z.enum(['cache', 'crm']) })),
  /** Who may be the person that is being typed, the likeliest first. Asked again at each pause; journaled as a search. */
  alike: base.input(Entered).output(z.object({ alike: z.array(ShownAlike), complete: z.boolean() })),
  /** Only the CRM knows: `unavailable: crm-away` without it, as the next. */
  toCompare: base
    .input(z.object({ after: Id.nullable() }))
    .output(z.object({ pairs: z.array(z.object({ citizen: ShownCitizen, alike: z.array(ShownAlike) })) })),
  merges: base.input(z.object({ citizenId: Id })).output(z.object({ merges: z.array(Merge) })),
  /** By which channels they want no messages; asked of the CRM and said to it. To change it they have to be identified, as for `update`. */
  optOuts: base.input(z.object({ citizenId: Id })).output(z.object({ channels: z.array(MessageChannel) })),
  setOptOuts: base
    .input(z.object({ citizenId: Id, channels: z.array(MessageChannel).max(3) }))
    .output(z.object({ channels: z.array(MessageChannel) })),
  /** `forbidden: citizen-unidentified`, as the next two, for somebody who is not identified in an open contact. */
  update: base.input(updateCitizen.args).output(done),
  delegate: base.input(delegateCitizen.args).output(done),
  endDelegation: base.input(endDelegation.args).output(done),
  /** `forbidden: role-missing` for an operator, as the next. */
  merge: base.input(mergeCitizens.args.omit({ id: true })).output(z.object({ mergeId: Id })),
  unmerge: base.input(unmergeCitizen.args).output(done),
  keepApart: base.input(keepApart.args).output(done),
  compareAgain: base.input(compareAgain.args).output(done),
} as const
