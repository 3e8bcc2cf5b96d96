import type { Citizen } from '#contract/domain/citizen.ts'
import type { Callers } from './caller.ts'
import { withoutContents } from './faults.ts'
import { author, type Parts } from './parts.ts'
import { desk } from './rpc.ts'

const limit = 20
/** A search answers while somebody types: the CRM has this long to add to it. */
const crmPatienceMs = 1_500
const searchPauseMs = 10 * 60_000

async function askCrm(
  parts: Pick<Parts, 'client' | 'sync' | 'log'>,
  text: string,
): Promise<Citizen[] | null> {
  if (text.length < 2 || parts.sync.state().state === 'away') return null
  let timer: NodeJS.Timeout | undefined
  try {
    const patience = new Promise<null>((resolve) => {
      timer = setTimeout(() => resolve(null), crmPatienceMs)
    })
    return await Promise.race([parts.client.search(text), patience])
  } catch (error) {
    parts.log.warn({ err: withoutContents(error) }, 'the CRM did not search')
    return null
  } finally {
    clearTimeout(timer)
  }
}

/** Rows of the cache that a search showed, told to the journal; not again for the same person while the operator goes on typing. */
function openSearchJournal(parts: Pick<Parts, 'cache' | 'sync' | 'session' | 'now'>) {
  const told = new Map<string, number>()
  return (shown: readonly Citizen[]): void => {
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
  return {
    search: desk.citizens.search.handler(async ({ input }) => {
      parts.session.user()
      const text = input.text.trim()
      if (text === '') return { citizens: [], complete: false }
      const own = parts.cache.search(text, limit)
      journal(own)
      const more = await askCrm(parts, text)
      if (!more) return { citizens: own, complete: false }
      const known = new Set(own.map((citizen) => citizen.id))
      const citizens = [...own, ...more.filter((citizen) => !known.has(citizen.id))].slice(0, 2 * limit)
      return { citizens, complete: true }
    }),
    story: desk.citizens.story.handler(({ input }) => {
      parts.session.user()
      beginLookup(input.callId)
      return parts.callers.story(input.citizenId, input.callId)
    }),
  }
}
