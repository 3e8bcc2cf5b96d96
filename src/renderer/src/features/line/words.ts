import { qualityOf } from '#contract/domain/e-model.ts'
import type { LineView } from '#contract/domain/line-record.ts'

/** Worth a word to the operator, and a report: somebody heard it. */
export const isBad = ({ r, verdict }: Pick<LineView, 'r' | 'verdict'>): boolean =>
  verdict.blame !== null || (r !== null && r < 70)

type Quality = ReturnType<typeof qualityOf>
export type LineWord = {
  key: `work.line.quality.${Quality}` | `work.line.now.${NonNullable<LineView['verdict']['blame']>}`
  bad: boolean
}

/** How a live line is, in one phrase: the trouble where there is one, else how good it is; null while nothing is known. */
export function lineWord({ r, verdict }: Pick<LineView, 'r' | 'verdict'>): LineWord | null {
  if (verdict.blame !== null) return { key: `work.line.now.${verdict.blame}`, bad: true }
  return r === null ? null : { key: `work.line.quality.${qualityOf(r)}`, bad: r < 70 }
}
