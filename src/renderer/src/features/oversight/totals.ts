import type { StatisticsCount } from '#contract/crm-audit.ts'

export type Total = { id: string; count: number }

/** How often each thing was counted, the most frequent first; equal ones by name, so that a list does not jump. */
export function totalsBy(
  counts: readonly StatisticsCount[],
  kind: StatisticsCount['kind'],
  by: 'topic' | 'outcome' | 'channel',
): Total[] {
  const totals = new Map<string, number>()
  for (const one of counts) {
    if (one.kind === kind) totals.set(one[by], (totals.get(one[by]) ?? 0) + one.count)
  }
  return [...totals]
    .map(([id, count]) => ({ id, count }))
    .toSorted((a, b) => b.count - a.count || a.id.localeCompare(b.id))
}
