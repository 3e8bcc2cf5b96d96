import type { ReadReason } from '#contract/commands/citizen.ts'
import type { CallerContext } from '#contract/crm.ts'
import type { User } from '#contract/domain/agent.ts'
import type { Citizen } from '#contract/domain/citizen.ts'
import type { Ticket } from '#contract/domain/ticket.ts'
import { Fault } from '#contract/errors.ts'
import { os, requireUser } from '../http/context.ts'
import type { Db } from '../store/store.ts'
import { teamsSeen } from '../sync/scope.ts'
import { mergesOf } from './merges.ts'
import { callerContext, citizenStory, readCitizen } from './queries.ts'
import { readsOf, readsReport, recordReads, toReason } from './reads.ts'
import { alikeTo, searchCitizens, toCompare } from './search.ts'

type Deps = { db: Db; now(): Date }
/** Nobody's record leaves before the journal says so. */
export const auditor =
  ({ db, now }: Deps) =>
  (userId: string, citizens: readonly Pick<Citizen, 'id'>[], reason: ReadReason): Promise<void> =>
    recordReads(db, {
      userId,
      citizenIds: citizens.map((citizen) => citizen.id),
      reason,
      at: now().toISOString(),
      source: 'crm',
    })

/** Whom rows that hang on a person tell something about. */
export const personsOf = (rows: readonly { citizenId: string | null }[]): { id: string }[] =>
  [...new Set(rows.map((row) => row.citizenId))].filter((id) => id !== null).map((id) => ({ id }))

/** A person who was asked about, even when nothing was found. */
export const askedFor = (asked: { citizenId?: string | undefined }) => ({
  citizenId: asked.citizenId ?? null,
})

/** Rows asked for by contact were needed for that call; by person, for a search. */
export const listReason = (asked: { contactId?: string | undefined }): ReadReason =>
  asked.contactId === undefined ? { kind: 'search' } : { kind: 'call', id: asked.contactId }

/** Without the requests of teams that somebody does not see. */
function seenBy(user: User, context: CallerContext): CallerContext {
  const teams = teamsSeen(user)
  if (teams === null) return context
  const isSeen = ({ team, assigneeId }: Ticket) => teams.includes(team) || assigneeId === user.id
  return { ...context, tickets: context.tickets.filter(isSeen) }
}

export function citizensRouter(deps: Deps) {
  const { db, now } = deps
  const audit = auditor(deps)
  return {
    search: os.citizens.search.handler(async ({ context, input }) => {
      const user = await requireUser(context)
      const found = await searchCitizens(db, input.text, input.limit)
      await audit(user.id, found.citizens, { kind: 'search' })
      return found
    }),

    alike: os.citizens.alike.handler(async ({ context, input }) => {
      const user = await requireUser(context)
      const alike = await alikeTo(db, input)
      await audit(
        user.id,
        alike.map(({ citizen }) => citizen),
        { kind: 'search' },
      )
      return { alike }
    }),

    toCompare: os.citizens.toCompare.handler(async ({ context, input }) => {
      const user = await requireUser(context)
      const pairs = await toCompare(db, input)
      const shown = pairs.flatMap(({ citizen, alike }) => [citizen, ...alike.map((one) => one.citizen)])
      await audit(user.id, [...new Map(shown.map((one) => [one.id, one])).values()], { kind: 'search' })
      return { pairs }
    }),

    merges: os.citizens.merges.handler(async ({ context, input }) => {
      const user = await requireUser(context)
      const merges = await mergesOf(db, input.id)
      const shown = [...new Set(merges.flatMap(({ keptId, mergedId }) => [keptId, mergedId]))]
      await audit(
        user.id,
        shown.map((id) => ({ id })),
        { kind: 'search' },
      )
      return { merges }
    }),

    get: os.citizens.get.handler(async ({ context, input }) => {
      const user = await requireUser(context)
      const reason = toReason(input)
      const citizen = await readCitizen(db, input.id)
      if (!citizen) throw new Fault('not-found', 'citizen-gone')
      await audit(user.id, [citizen], reason)
      return citizen
    }),

    context: os.citizens.context.handler(async ({ context, input }) => {
      const user = await requireUser(context)
      return seenBy(user, await callerContext(db, { ...input, userId: user.id, now: now() }))
    }),

    story: os.citizens.story.handler(async ({ context, input }) => {
      const user = await requireUser(context)
      const reason = toReason(input)
      const story = await citizenStory(db, input.id)
      if (!story) throw new Fault('not-found', 'citizen-gone')
      await audit(user.id, story.citizens, reason)
      return seenBy(user, story)
    }),

    reads: os.citizens.reads.handler(async ({ input }) => ({
      reads: (await readsOf(db, input.id, 1000)).map(({ named: _, ...read }) => read),
    })),

    readsReport: os.citizens.readsReport.handler(async ({ context, input }) => {
      const user = await requireUser(context)
      const citizen = await readCitizen(db, input.id)
      if (!citizen) throw new Fault('not-found', 'citizen-gone')
      await audit(user.id, [citizen], { kind: 'search' })
      return readsReport(await readsOf(db, input.id, 'all'), input.language)
    }),
  }
}
