import { type KeyboardEvent, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { VisitOffer } from '#contract/desk.ts'
import { cx } from '../../ui/cx.ts'
import type { Format } from '../../ui/use-format.ts'
import s from './booking.module.css'
import { type Cell, firstFree, move, type Place, type Week } from './week.ts'

/** The week as a grid (WAI-ARIA): one stop for Tab, arrows between free slots, Enter or Space to choose. */
export function SlotGrid({
  week,
  format,
  selected,
  onSelect,
  onWeek,
}: {
  week: Week
  /** Of the office. */
  format: Format
  selected: string | null
  onSelect: (offer: VisitOffer) => void
  onWeek: (step: -1 | 1) => void
}) {
  const { t } = useTranslation()
  const grid = useRef<HTMLDivElement>(null)
  const [focus, setFocus] = useState<Place | null>(null)
  const placeOf = (id: string | null): Place | null => {
    if (!id) return null
    for (const [row, cells] of week.rows.entries()) {
      const column = cells.findIndex((cell) => cell?.offer.slotId === id)
      if (column >= 0) return { row, column }
    }
    return null
  }
  const reachable = (place: Place | null) =>
    place && (week.rows[place.row]?.[place.column]?.free ?? 0) > 0 ? place : null
  const current = reachable(focus) ?? reachable(placeOf(selected)) ?? firstFree(week)

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey || !current) return
    if (event.key === 'PageDown' || event.key === 'PageUp') {
      event.preventDefault()
      setFocus(null)
      onWeek(event.key === 'PageDown' ? 1 : -1)
      return
    }
    const next = move(week, current, event.key)
    if (!['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'Home', 'End'].includes(event.key)) return
    event.preventDefault()
    setFocus(next)
    grid.current?.querySelector<HTMLElement>(`[data-place="${next.row} ${next.column}"]`)?.focus()
  }
  const single = week.columnsPerDay === 1
  return (
    // biome-ignore lint/a11y/useSemanticElements: a grid of buttons, not a table of data
    <div
      ref={grid}
      role="grid"
      aria-label={t('work.booking.grid')}
      className={cx(
        s.grid,
        single && s.single,
        week.days.length === 6 && s.six,
        week.days.length === 7 && s.seven,
      )}
      onKeyDown={onKeyDown}
      tabIndex={-1}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: see above */}
      {/* biome-ignore lint/a11y/useFocusableInteractive: only the cells take the focus */}
      <div role="row" className={cx(s.row)}>
        {week.days.map((day) => (
          // biome-ignore lint/a11y/useSemanticElements: see above
          // biome-ignore lint/a11y/useFocusableInteractive: only the cells take the focus
          <div key={day} role="columnheader" aria-colspan={week.columnsPerDay} className={cx(s.day)}>
            {format.dateShort(day)}
          </div>
        ))}
      </div>
      {week.rows.map((cells, row) => (
        // biome-ignore lint/a11y/useSemanticElements: see above
        // biome-ignore lint/a11y/useFocusableInteractive: only the cells take the focus
        // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place
        <div key={row} role="row" className={cx(s.row)}>
          {cells.map((cell, column) => (
            <SlotCell
              // biome-ignore lint/suspicious/noArrayIndexKey: a cell is its place
              key={column}
              cell={cell}
              format={format}
              place={`${row} ${column}`}
              first={column % week.columnsPerDay === 0}
              selected={cell?.offer.slotId === selected}
              stop={current?.row === row && current.column === column}
              onSelect={(offer) => {
                setFocus({ row, column })
                onSelect(offer)
              }}
            />
          ))}
        </div>
      ))}
    </div>
  )
}

function SlotCell({
  cell,
  format,
  place,
  first,
  selected,
  stop,
  onSelect,
}: {
  cell: Cell
  format: Format
  place: string
  first: boolean
  selected: boolean
  stop: boolean
  onSelect: (offer: VisitOffer) => void
}) {
  const { t } = useTranslation()
  const margin = first && s.first
  if (!cell) {
    return (
      // biome-ignore lint/a11y/useSemanticElements: a grid of buttons, not a table of data
      // biome-ignore lint/a11y/useFocusableInteractive: nothing is there
      <span role="gridcell" className={cx(s.gap, margin)} />
    )
  }
  const { offer, free, kept } = cell
  const words = { day: format.longDay(offer.startsAt), time: format.time(offer.startsAt) }
  if (free === 0) {
    return (
      // biome-ignore lint/a11y/useSemanticElements: a grid of buttons, not a table of data
      // biome-ignore lint/a11y/useFocusableInteractive: it is taken
      <span role="gridcell" className={cx(s.taken, margin)} aria-label={t('work.booking.full', words)} />
    )
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: a grid of buttons, not a table of data
    <button
      type="button"
      role="gridcell"
      className={cx(s.slot, margin, kept && s.recovers, selected && s.on, 'n')}
      data-place={place}
      tabIndex={stop ? 0 : -1}
      aria-selected={selected}
      aria-label={t(kept ? 'work.booking.freeInRecovery' : 'work.booking.free', { ...words, count: free })}
      onClick={() => onSelect(offer)}
    >
      {format.clockTime(offer.startsAt)}
    </button>
  )
}
