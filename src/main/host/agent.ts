import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { SelfTest } from '#contract/desk.ts'
import type { AgentView } from '#contract/domain/agent.ts'
import { AgentMemory } from '#contract/domain/agent-machine.ts'
import { Fault } from '#contract/errors.ts'
import { whilePaintingMs } from '../painting.ts'
import { withoutContents } from './faults.ts'
import { Latest } from './latest.ts'
import type { Parts } from './parts.ts'
import { desk, done } from './rpc.ts'
import type { SealedFile } from './sealed-file.ts'

export const SealedAgent = z.object({
  shift: z.string(),
  memory: AgentMemory,
  selfTest: SelfTest.nullable().default(null),
})

/** The operator's state, and how the tests at its start went, on disk for the next host of the same shift. */
export class AgentKeeper {
  readonly #file: SealedFile<typeof SealedAgent>
  readonly #log: Parts['log']
  #shift: string | null = null
  #written: AgentMemory | null = null
  #selfTest: SelfTest | null = null
  #writing: Promise<void> = Promise.resolve()

  constructor(file: SealedFile<typeof SealedAgent>, log: Parts['log']) {
    this.#file = file
    this.#log = log
  }

  /** A shift begins, or goes on: what was kept of it. `shift` names a session so that no other takes over from it. */
  async begin(shift: string): Promise<AgentMemory | null> {
    let sealed: z.infer<typeof SealedAgent> | null = null
    try {
      sealed = await this.#file.read()
    } catch (error) {
      this.#log.warn({ err: withoutContents(error) }, 'the state of the operator cannot be read')
    }
    this.#shift = shift
    const own = sealed?.shift === shift ? sealed : null
    this.#written = own?.memory ?? null
    this.#selfTest = own?.selfTest ?? null
    return this.#written
  }

  keep(memory: AgentMemory): void {
    if (this.#shift === null || isDeepStrictEqual(memory, this.#written)) return
    this.#written = memory
    this.#write(this.#shift, memory)
  }

  get selfTest(): SelfTest | null {
    return this.#selfTest
  }

  keepTest(test: SelfTest): void {
    if (this.#shift === null || this.#written === null || isDeepStrictEqual(test, this.#selfTest)) return
    this.#selfTest = test
    this.#write(this.#shift, this.#written)
  }

  #write(shift: string, memory: AgentMemory): void {
    this.#writing = this.#file.write({ shift, memory, selfTest: this.#selfTest }).catch((error: unknown) => {
      this.#log.error({ err: withoutContents(error) }, 'the state of the operator was not written')
    })
  }

  /** From here on nothing is kept; what was stays for the next host, and is on disk when this resolves. */
  pause(): Promise<void> {
    this.#shift = null
    return this.#writing
  }

  forget(): Promise<void> {
    return this.#file.remove()
  }
}

/** The operator's state as windows are told it: what a ring makes of it when the page has painted who rings. */
export class AgentBoard {
  readonly #told: Latest<AgentView>
  #newest: AgentView
  #painting: NodeJS.Timeout | null = null

  constructor(view: AgentView) {
    this.#told = new Latest(view)
    this.#newest = view
  }

  tell(view: AgentView): void {
    this.#newest = view
    if (this.#painting === null) this.#told.set(view)
  }

  rings(): void {
    this.#painting ??= setTimeout(() => this.moves(), whilePaintingMs)
  }

  /** A call does something else than to ring: nothing waits any more. */
  moves(): void {
    if (this.#painting !== null) clearTimeout(this.#painting)
    this.#painting = null
    this.#told.set(this.#newest)
  }

  watch(signal: AbortSignal | undefined): AsyncIteratorObject<AgentView, undefined, unknown> {
    return this.#told.watch(signal)
  }

  close(): void {
    if (this.#painting !== null) clearTimeout(this.#painting)
    this.#told.close()
  }
}

export const agentService = (
  view: AgentBoard,
  parts: Pick<Parts, 'session' | 'phone'>,
  /** Whatever stands in the way of calls. */
  clear: () => Promise<void>,
) => ({
  watch: desk.agent.watch.handler(({ signal }) => view.watch(signal)),
  setDesired: desk.agent.setDesired.handler(async ({ input }) => {
    parts.session.user()
    if (input.desired.kind === 'ready') await clear()
    await parts.phone.setDesired(input.desired)
    return done
  }),
  extendAfterCallWork: desk.agent.extendAfterCallWork.handler(({ input }) => {
    parts.session.user()
    if (!parts.phone.extendAfterCallWork(input.seconds)) throw new Fault('conflict', 'call-illegal-move')
    return done
  }),
})
