import type { LineSample } from '#contract/domain/line-record.ts'
import { lossBetween, roundTrip, scoreOf } from '#contract/domain/line-score.ts'

export type SeriesName = 'r' | 'loss' | 'jitter' | 'rtt' | 'heard' | 'spoken'
/** `at` in ms since the first sample; a null is a gap. */
export type Point = { at: number; value: number | null }
export type Series = { name: SeriesName; points: Point[]; min: number; max: number; top: number }

const stretch = 5

/** What the timeline draws of a call, a point a sample. `top`: where the scale ends at least. */
export function seriesOf(samples: readonly LineSample[]): Series[] {
  const begin = samples[0]?.at ?? 0
  const make = (
    name: SeriesName,
    top: number,
    read: (at: number, sample: LineSample) => number | null,
  ): Series => {
    const points = samples.map((sample, at) => ({ at: sample.at - begin, value: read(at, sample) }))
    const known = points.flatMap(({ value }) => (value === null ? [] : [value]))
    const max = known.length > 0 ? Math.max(...known) : 0
    return { name, points, min: known.length > 0 ? Math.min(...known) : 0, max, top: Math.max(top, max) }
  }
  return [
    make('r', 100, (at) => scoreOf(samples.slice(Math.max(0, at - stretch), at + 1)).r),
    make('loss', 10, (at, sample) => {
      const before = samples[at - 1]
      return before && !sample.held ? lossBetween(before, sample) : null
    }),
    make('jitter', 50, (_at, { inbound }) => inbound?.jitterMs ?? null),
    make('rtt', 200, (_at, sample) => (sample.path ? roundTrip(sample) : null)),
    make('heard', 0.2, (_at, { inbound }) => inbound?.level ?? null),
    make('spoken', 0.2, (_at, { outbound }) => outbound?.level ?? null),
  ]
}

/** An SVG path over `width` by `height`; gaps stay open. */
export function pathOf({ points, top }: Series, width: number, height: number): string {
  const last = Math.max(1, points.at(-1)?.at ?? 1)
  let open = false
  return points
    .flatMap(({ at, value }) => {
      if (value === null) {
        open = false
        return []
      }
      const step = `${open ? 'L' : 'M'}${((at / last) * width).toFixed(1)} ${(height - (value / top) * height).toFixed(1)}`
      open = true
      return [step]
    })
    .join('')
}
