import { z } from 'zod'
import { Citizen } from '../domain/citizen.ts'
import { Id, Instant } from '../domain/ids.ts'
import { anyDeskRole, defineCommand } from './command.ts'

export const createCitizen = defineCommand({
  name: 'citizen.create',
  args: Citizen.omit({ version: true }),
  roles: anyDeskRole,
  effect: (rows, args) => [
    { entity: 'citizen', row: { ...args, version: rows.get('citizen', args.id)?.version ?? 0 } },
  ],
  dependsOn: () => [],
  creates: (args) => [args.id],
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
