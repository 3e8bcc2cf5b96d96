import type { OutboxEntry } from '#contract/desk.ts'

const asksForChoice = ({ state }: Pick<OutboxEntry, 'state'>): boolean =>
  state === 'refused' || state === 'failed'

/** What asks for a choice on top; the rest in the order in which it was made. */
export const conflictsFirst = <E extends Pick<OutboxEntry, 'state'>>(entries: readonly E[]): E[] => [
  ...entries.filter(asksForChoice),
  ...entries.filter((entry) => !asksForChoice(entry)),
]
