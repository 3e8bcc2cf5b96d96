import { type CommandName, type CommandRequest, commands } from '#contract/commands/registry.ts'
import type { Citizen } from '#contract/domain/citizen.ts'
import { type Id, newId } from '#contract/domain/ids.ts'
import { comparedOf } from '#contract/domain/likeness.ts'
import { Fault } from '#contract/errors.ts'
import type { Callers } from './caller.ts'
import { withoutContents } from './faults.ts'
import { author, type Parts } from './parts.ts'
import { desk, done } from './rpc.ts'
import { identifiedIn, shownCitizen } from './shown.ts'

const limit = 20
/** A search answers while somebody types: the CRM has this long to add to it. */
const crmPatienceMs = 1_500
const searchPauseMs = 10 * 60_000

/** What the CRM adds; null when it is away or takes too long. */
export async function askCrm<T>(
  parts: Pick<Parts, 'client' | 'sync' | 'log'>,
  question: () => Promise<T>,
): Promise<T | null> {
  if (parts.sync.state().state === 'away') return null
  let timer: NodeJS.Timeout | undefined
  try {
    const patience = new Promise<null>((resolve) => {
      timer = setTimeout(() => resolve(null), crmPatienceMs)
    })
    return await Promise.race([question(), patience])
  } catch (error) {
    parts.log.warn({ err: withoutContents(error) }, 'the CRM did not search')
    return null
  } finally {
    clearTimeout(timer)
  }
}

/** Rows of the cache that a search showed, told to the journal; not again for the same person while the operator goes on typing. */
export function openSearchJournal(parts: Pick<Parts, 'cache' | 'sync' | 'session' | 'now'>) {
  const told = new Map<string, number>()
  return (shown: readonly Pick<Citizen, 'id'>[]): void => {
    const by = author(parts)
    const now = parts.now().getTime()
    for (const [key, at] of told) if (now - at > searchPauseMs) told.delete(key)
    const fresh = shown.filter(({ id }) => !told.has(`${by.user.id} ${id}`))
    if (fresh.length === 0) return
    parts.cache.accept(
      by,
      fresh.map(({ id }) => ({
        name: 'citizen.read',
        args: { citizenId: id, reason: { kind: 'search' }, at: by.at, from: 'cache' },
      })),
    )
    for (const { id } of fresh) told.set(`${by.user.id} ${id}`, now)
    parts.sync.nudge()
  }
}

export function citizensService(
  parts: Pick<Parts, 'cache' | 'client' | 'sync' | 'session' | 'log' | 'now'> & { callers: Callers },
  beginLookup: (callId: string) => void,
) {
  const journal = openSearchJournal(parts)
  const may = (name: CommandName): boolean =>
    commands[name].roles.some((role) => parts.session.user().roles.includes(role))
  /** In a search nobody is identified. */
  const masked = (citizen: Citizen) => shownCitizen(citizen, false, parts.now())
  /** What is known of somebody is changed for them, or for whom they have the word. */
  const mustBeIdentified = (citizenId: Id) => {
    const work = parts.cache.work.list(parts.session.user().id)
    if (!work.some((one) => identifiedIn(one) === citizenId))
      throw new Fault('forbidden', 'citizen-unidentified')
  }
  const issue = (request: CommandRequest) => {
    const by = author(parts)
    if (!may(request.name)) throw new Fault('forbidden', 'role-missing')
    parts.cache.accept(by, [request])
    parts.sync.nudge()
    return done
  }
  return {
    search: desk.citizens.search.handler(async ({ input }) => {
      parts.session.user()
      const text = input.text.trim()
      if (text === '') return { citizens: [], complete: false, more: false }
      const here = parts.cache.search(text, limit + 1)
      const own = here.slice(0, limit)
      const isMore = here.length > limit
      journal(own)
      const there = text.length < 2 ? null : await askCrm(parts, () => parts.client.search(text))
      if (!there) return { citizens: own.map(masked), complete: false, more: isMore }
      const known = new Set(own.map((citizen) => citizen.id))
      const citizens = [...own, ...there.citizens.filter((citizen) => !known.has(citizen.id))]
      return { citizens: citizens.map(masked), complete: true, more: isMore || there.more }
    }),
    alike: desk.citizens.alike.handler(async ({ input }) => {
      parts.session.user()
      const own = parts.cache.alikeTo(comparedOf(input))
      journal(own.map(({ citizen }) => citizen))
      const more = await askCrm(parts, () => parts.client.alike(input))
      const all = new Map([...(more ?? []), ...own].map((one) => [one.citizen.id, one]))
      const alike = [...all.values()].toSorted((a, b) => b.likeness.score - a.likeness.score)
      const shown = alike.map(({ citizen, likeness }) => ({ citizen: masked(citizen), likeness }))
      return { alike: shown, complete: more !== null }
    }),
    toCompare: desk.citizens.toCompare.handler(async ({ input }) => {
      parts.session.user()
      // Who may join two has to see of what; who may not only keeps them apart.
      const whole = may('citizen.merge')
      const shown = (citizen: Citizen) => shownCitizen(citizen, whole, parts.now())
      const pairs = await parts.client.toCompare(input.after)
      return {
        pairs: pairs.map(({ citizen, alike }) => ({
          citizen: shown(citizen),
          alike: alike.map((one) => ({ ...one, citizen: shown(one.citizen) })),
        })),
      }
    }),
    merges: desk.citizens.merges.handler(async ({ input }) => {
      parts.session.user()
      return { merges: await parts.client.merges(input.citizenId) }
    }),
    optOuts: desk.citizens.optOuts.handler(async ({ input }) => {
      parts.session.user()
      return { channels: await parts.client.optOuts(input.citizenId) }
    }),
    setOptOuts: desk.citizens.setOptOuts.handler(async ({ input }) => {
      mustBeIdentified(input.citizenId)
      return { channels: await parts.client.setOptOuts(input.citizenId, input.channels) }
    }),
    update: desk.citizens.update.handler(({ input }) => {
      mustBeIdentified(input.citizenId)
      return issue({ name: 'citizen.update', args: input })
    }),
    delegate: desk.citizens.delegate.handler(({ input }) => {
      mustBeIdentified(input.citizenId)
      return issue({ name: 'citizen.delegate', args: input })
    }),
    endDelegation: desk.citizens.endDelegation.handler(({ input }) => {
      mustBeIdentified(input.citizenId)
      return issue({ name: 'citizen.end-delegation', args: input })
    }),
    merge: desk.citizens.merge.handler(({ input }) => {
      const mergeId = newId()
      issue({ name: 'citizen.merge', args: { ...input, id: mergeId } })
      return { mergeId }
    }),
    unmerge: desk.citizens.unmerge.handler(({ input }) => issue({ name: 'citizen.unmerge', args: input })),
    keepApart: desk.citizens.keepApart.handler(({ input }) =>
      issue({ name: 'citizen.keep-apart', args: input }),
    ),
    compareAgain: desk.citizens.compareAgain.handler(({ input }) =>
      issue({ name: 'citizen.compare-again', args: input }),
    ),
    story: desk.citizens.story.handler(({ input }) => {
      parts.session.user()
      beginLookup(input.callId)
      return parts.callers.story(input.citizenId, input.callId)
    }),
  }
}
