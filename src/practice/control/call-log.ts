import type { Call } from '../calls/call.ts'

export type LogEntry = {
  at: string
  callId: string
  scenario: string | null
  state: Call['state']
  end: Call['end']
  extension: string | null
}

const kept = 200

/** What happened on the line lately, for the control page: scenarios and extensions, no names and no numbers. */
export class CallLog {
  readonly #entries: LogEntry[] = []

  add(call: Call): void {
    const last = this.#entries.findLast((entry) => entry.callId === call.id)
    if (last?.state === call.state && last.extension === call.extension) return
    this.#entries.push({
      at: new Date().toISOString(),
      callId: call.id,
      scenario: call.person.scenarioId,
      state: call.state,
      end: call.end,
      extension: call.extension,
    })
    if (this.#entries.length > kept) this.#entries.shift()
  }

  /** Newest first. */
  entries(): LogEntry[] {
    return this.#entries.toReversed()
  }
}
