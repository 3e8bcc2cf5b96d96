import { z } from 'zod'
import { Contact, IdentificationMethod, mostTried, Outcome, TriedBefore } from '../domain/contact.ts'
import { Id, Instant, Slug } from '../domain/ids.ts'
import { anyDeskRole, defineCommand } from './command.ts'

/** A call was answered: the contact exists from here on, whatever happens to the desk. */
export const openContact = defineCommand({
  name: 'contact.open',
  args: Contact.pick({
    id: true,
    channel: true,
    direction: true,
    queue: true,
    callerNumber: true,
    startedAt: true,
    answeredAt: true,
    practice: true,
  }).extend({
    citizenId: Id.nullable(),
  }),
  roles: anyDeskRole,
  effect: (rows, args, author) => [
    {
      entity: 'contact',
      row: {
        ...(rows.get('contact', args.id) ?? {
          version: 0,
          endedAt: null,
          topicId: null,
          outcome: null,
          identification: 'none' as const,
          triedBefore: [],
          triedDetail: '',
          onBehalfOf: null,
          lineScore: null,
          note: '',
        }),
        ...args,
        operatorId: author.user.id,
        operatorName: author.user.name,
      },
    },
  ],
  dependsOn: (args) => [args.citizenId],
  creates: (args) => [args.id],
})

/** Who is speaking, and how the operator knows. */
export const identifyContact = defineCommand({
  name: 'contact.identify',
  args: z.object({ contactId: Id, citizenId: Id.nullable(), identification: IdentificationMethod }),
  roles: anyDeskRole,
  effect(rows, args) {
    const contact = rows.get('contact', args.contactId)
    if (!contact) return []
    return [
      {
        entity: 'contact',
        row: { ...contact, citizenId: args.citizenId, identification: args.identification },
      },
    ]
  },
  dependsOn: (args) => [args.contactId, args.citizenId],
  creates: () => [],
})

/** The wrap-up. */
export const closeContact = defineCommand({
  name: 'contact.close',
  args: z.object({
    contactId: Id,
    endedAt: Instant,
    topicId: Slug.nullable(),
    outcome: Outcome,
    citizenId: Id.nullable(),
    identification: IdentificationMethod,
    triedBefore: z.array(TriedBefore).max(mostTried),
    triedDetail: Contact.shape.triedDetail.default(''),
    onBehalfOf: Id.nullable().default(null),
    lineScore: Contact.shape.lineScore.default(null),
    note: z.string().max(8000),
  }),
  roles: anyDeskRole,
  effect(rows, { contactId, ...closing }) {
    const contact = rows.get('contact', contactId)
    return contact ? [{ entity: 'contact', row: { ...contact, ...closing } }] : []
  },
  dependsOn: (args) => [args.contactId, args.citizenId, args.onBehalfOf],
  creates: () => [],
})
