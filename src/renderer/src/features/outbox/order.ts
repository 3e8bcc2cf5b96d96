import type { OutboxEntry } from '#contract/desk.ts'

export const asksForChoice = ({ state }: Pick<OutboxEntry, 'state'>): boolean =>
  state === 'refused' || state === 'failed' || state === 'noted'

type Shown = Pick<OutboxEntry, 'state'> & { request: { name: string } }

/**
 * What asks for a choice on top, then what waits in the order in which it was made. The journal of reads is one line with its count:
 * it needs no attention, only to be known.
 */
export function inOrder<E extends Shown>(entries: readonly E[]): { entries: E[]; reads: number } {
  const isRead = (entry: E) => entry.request.name === 'citizen.read' && !asksForChoice(entry)
  return {
    entries: [
      ...entries.filter(asksForChoice),
      ...entries.filter((entry) => !asksForChoice(entry) && !isRead(entry)),
    ],
    reads: entries.filter(isRead).length,
  }
}
