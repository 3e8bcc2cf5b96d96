import type { ChangeNotice } from '#contract/desk.ts'
import type { QueryRoot } from './queries.ts'

type Changed = Exclude<ChangeNotice['entities'][number], '*'>

/** The one map from what changed in the host to what the page asks again. */
const asksAgain: Record<Changed, readonly QueryRoot[]> = {
  citizen: ['story', 'search'],
  contact: ['story', 'made'],
  ticket: ['story', 'made', 'tickets'],
  'ticket-entry': ['tickets'],
  appointment: ['story', 'made'],
  slot: ['slots'],
  service: ['reference', 'slots'],
  office: ['reference', 'slots'],
  topic: ['reference'],
  article: ['reference'],
  team: ['reference'],
  rulebook: ['reference', 'tickets'],
  channel: ['reference'],
  work: ['work'],
  outbox: ['outbox', 'made'],
  calls: ['calls'],
}

/** Which queries a notice makes old; `all` when the host cannot say. */
export function rootsOf(notice: ChangeNotice): readonly QueryRoot[] | 'all' {
  const roots = new Set<QueryRoot>()
  for (const entity of notice.entities) {
    if (entity === '*') return 'all'
    for (const root of asksAgain[entity]) roots.add(root)
  }
  return [...roots]
}
