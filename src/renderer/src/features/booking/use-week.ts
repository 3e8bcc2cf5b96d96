import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Office } from '#contract/domain/reference.ts'
import { useDesk } from '../../host/desk.tsx'
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
  serviceIds: string[]
  officeId: Office['id'] | null
  /** A chosen place's moment: its week then. */
  chosen: string | null
  now: number
}): ShownWeek {
  const { serviceIds, officeId, chosen, now } = wanted
  const { queries } = useDesk()
  const first = mondayOf(cityDay(now))
  const [leaf, setLeaf] = useState(chosen === null ? null : mondayOf(cityDay(chosen)))
  const [opened, setOpened] = useState<{ officeId: string; monday: string } | null>(null)
  const isOpened = opened !== null && opened.officeId === officeId
  const next = useQuery({
    ...queries.nextFree({ serviceIds, officeIds: [officeId ?? ''], after: null, limit: 1 }),
    enabled: officeId !== null && leaf === null && !isOpened,
  })
  if (officeId !== null && leaf === null && !isOpened && (next.data || next.error)) {
    setOpened({ officeId, monday: openingWeek(next.data?.offers[0]?.startsAt ?? null, now) })
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
