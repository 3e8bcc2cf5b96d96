import { cpus, loadavg, totalmem } from 'node:os'

/** Milliseconds, or whatever the result's unit is. */
export type Spread = { p50: number; p95: number; p99: number; max: number; n: number }

export type Result = {
  name: string
  unit: string
  ours: Spread
  peers: Record<string, Spread>
  /** What could not be undercut on this machine in this run; null where nothing of the kind was measured. */
  limit: Spread | null
  /** Upper bounds; null: reported, not judged. */
  target: Partial<Spread> | null
  met: boolean | null
}

/** A file of `tests/bench/` other than `run.ts` exports one as `bench`; its name is the file's. */
export type Bench = {
  about: string
  /** Prints its table by `say`. */
  run(say: (text: string) => void): Promise<Result[]>
}

/** Nearest rank: the value that at least this share of the values does not exceed. */
function percentile(sorted: readonly number[], share: number): number {
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]
  if (value === undefined) throw new Error('no values')
  return value
}

const tenth = (value: number): number => Math.round(value * 10) / 10

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  return {
    p50: tenth(percentile(sorted, 0.5)),
    p95: tenth(percentile(sorted, 0.95)),
    p99: tenth(percentile(sorted, 0.99)),
    max: tenth(percentile(sorted, 1)),
    n: sorted.length,
  }
}

export function judge(result: Omit<Result, 'met'>): Result {
  const { ours, target } = result
  const bounds = target ? (Object.entries(target) as [keyof Spread, number][]) : null
  return { ...result, met: bounds?.every(([name, bound]) => ours[name] <= bound) ?? null }
}

/** Columns as wide as their widest cell; the first to the left, the others to the right. */
export function table(rows: readonly (readonly (string | number)[])[]): string {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? cell.toFixed(1) : cell)))
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  )
  return cells
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join('  '),
    )
    .join('\n')
}

export const machine = (): string => {
  const all = cpus()
  return `${all.length} × ${all[0]?.model.trim() ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}, Node ${process.version}`
}

export const load = (): string =>
  loadavg()
    .map((value) => value.toFixed(2))
    .join(' ')
