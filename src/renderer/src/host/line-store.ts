import type { LineView } from '#contract/domain/line-record.ts'
import { sessionStore } from './session-store.ts'

/** The lines of the live calls and of those that ended last, by call. */
export const useLines = sessionStore<{ lines: Readonly<Record<string, LineView>> }>(() => ({ lines: {} }))

/** As many as anybody could still ask about. */
const kept = 12

export function takeLines(news: readonly LineView[]): void {
  useLines.setState(({ lines }) => {
    const told = new Set(news.map(({ callId }) => callId))
    const before = Object.values(lines).filter(({ callId }) => !told.has(callId))
    return { lines: Object.fromEntries([...before, ...news].slice(-kept).map((view) => [view.callId, view])) }
  })
}
