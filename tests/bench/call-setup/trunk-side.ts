import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Dialled, Placed } from './trunk.ts'

/** The far end of all calls, in a process of its own, so that nothing else makes its instants late. */
export class Trunk {
  readonly #process: ChildProcess
  readonly #waiting = new Map<string, (placed: Placed) => void>()

  readonly #dialled = new Map<string, number>()
  #arrived: (() => void)[] = []

  constructor(proxyPort: number) {
    this.#process = fork(fileURLToPath(new URL('trunk.ts', import.meta.url)), [String(proxyPort)])
    this.#process.on('message', (said: Placed | Dialled) => {
      if ('dialled' in said) {
        this.#dialled.set(said.dialled, said.at)
        this.#dialled.set(said.from, said.at)
        for (const look of this.#arrived.splice(0)) look()
        return
      }
      this.#waiting.get(said.callId)?.(said)
      this.#waiting.delete(said.callId)
    })
  }

  /** Resolves when audio has come, or the call came to nothing. */
  place(extension: string, callId: string): Promise<Placed> {
    return new Promise((resolve) => {
      this.#waiting.set(callId, resolve)
      this.#process.send({ extension, callId })
    })
  }

  /** When the call of this Call-ID, or one of this extension, was here that was dialled after `since`. The caller may know of its end sooner. */
  async dialledAt(key: string, since: number): Promise<number> {
    for (;;) {
      const at = this.#dialled.get(key)
      if (at !== undefined && at > since) return at
      await new Promise<void>((resolve) => this.#arrived.push(resolve))
    }
  }

  async close(): Promise<void> {
    if (!this.#process.connected) return
    const exit = once(this.#process, 'exit')
    this.#process.disconnect()
    await exit
  }
}
