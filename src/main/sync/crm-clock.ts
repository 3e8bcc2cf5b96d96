/** A `Date` header says whole seconds, and may be a second old when it is sent. */
const preciseMs = 2_000

/**
 * How far the CRM's clock is before this desk's, by the `Date` of an answer that was asked for and came at these instants of the desk's; negative
 * when it is behind. Zero while the two may well agree.
 */
export function aheadOf(date: string | null, asked: number, came: number): number {
  const told = Date.parse(date ?? '')
  if (Number.isNaN(told)) return 0
  const least = told - came
  const most = told + preciseMs - asked
  return least > 0 ? least : Math.min(0, most)
}

/** An instant of the CRM's clock, as this desk's clock will show it then. */
export const byOwnClock = (instant: string, ahead: number): string =>
  ahead === 0 ? instant : new Date(Date.parse(instant) - ahead).toISOString()
