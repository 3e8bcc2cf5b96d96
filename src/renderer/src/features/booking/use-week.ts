import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useDesk } from '../../host/desk.tsx'
import type { Wish } from '../../host/nearest-places.ts'
import { addDays, cityDay, mondayOf } from '../../ui/format.ts'
import { openingWeek } from './week.ts'

export type ShownWeek = {
  /** Null while it is asked. */
  monday: string | null
  /** This week's: nothing before can be booked. */
  first: string
  show(instant: string): void
  turn(step: -1 | 1): void
}

/**
 * Which week is looked at. Until the operator turns a leaf it is the first in which the office has a free place, and stays that one however
 * fast its places go.
 */
export function useWeek(wanted: {
  wish: Wish
  officeId: string | null
  /** No place before this one is of interest. */
  after: string | null
  /** A chosen place's moment: its week then. */
  chosen: string | null
  now: number
}): ShownWeek {
  const { wish, officeId, after, chosen, now } = wanted
  const { queries } = useDesk()
  const first = mondayOf(cityDay(now))
  const [leaf, setLeaf] = useState(chosen === null ? null : mondayOf(cityDay(chosen)))
  const [opened, setOpened] = useState<{ of: string; monday: string } | null>(null)
  const of = `${officeId} ${after}`
  const isOpened = opened?.of === of
  const next = useQuery({
    ...queries.nextFree({ ...wish, officeIds: [officeId ?? ''], after, limit: 1 }),
    enabled: officeId !== null && leaf === null && !isOpened,
  })
  if (officeId !== null && leaf === null && !isOpened && (next.data || next.error)) {
    setOpened({ of, monday: openingWeek(next.data?.offers[0]?.startsAt ?? null, now) })
  }
  const monday = leaf ?? (isOpened ? opened.monday : null)
  return {
    monday,
    first,
    show: (instant) => setLeaf(mondayOf(cityDay(instant))),
    turn(step) {
      const other = addDays(monday ?? first, 7 * step)
      if (other >= first) setLeaf(other)
    },
  }
}
