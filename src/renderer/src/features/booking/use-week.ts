import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useDesk } from '../../host/desk.tsx'
import type { Wish } from '../../host/nearest-places.ts'
import { useReferenceNames } from '../../host/use-reference-names.ts'
import { addDays, dayIn, mondayOf } from '../../ui/format.ts'
import { openingWeek } from './week.ts'

type Place = { officeId: string; startsAt: string }

export type ShownWeek = {
  /** Null while it is asked. */
  monday: string | null
  /** This week's: nothing before can be booked. */
  first: string
  show(place: Place): void
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
  /** A chosen place: its week then. */
  chosen: Place | null
  now: number
}): ShownWeek {
  const { wish, officeId, after, chosen, now } = wanted
  const { queries } = useDesk()
  const { zone } = useReferenceNames()
  const own = zone(officeId ?? '')
  const first = mondayOf(dayIn(now, own))
  const weekOfPlace = (place: Place) => mondayOf(dayIn(place.startsAt, zone(place.officeId)))
  const [leaf, setLeaf] = useState(chosen === null ? null : weekOfPlace(chosen))
  const [opened, setOpened] = useState<{ of: string; monday: string } | null>(null)
  const of = `${officeId} ${after}`
  const isOpened = opened?.of === of
  const next = useQuery({
    ...queries.nextFree({ ...wish, officeIds: [officeId ?? ''], after, limit: 1 }),
    enabled: officeId !== null && leaf === null && !isOpened,
  })
  if (officeId !== null && leaf === null && !isOpened && (next.data || next.error)) {
    setOpened({ of, monday: openingWeek(next.data?.offers[0]?.startsAt ?? null, now, own) })
  }
  const monday = leaf ?? (isOpened ? opened.monday : null)
  return {
    monday,
    first,
    show: (place) => setLeaf(weekOfPlace(place)),
    turn(step) {
      if (monday === null) return
      const other = addDays(monday, 7 * step)
      if (other >= first) setLeaf(other)
    },
  }
}
