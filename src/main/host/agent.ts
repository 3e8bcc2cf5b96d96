import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import type { AgentView } from '#contract/domain/agent.ts'
import { AgentMemory } from '#contract/domain/agent-machine.ts'
import { Fault } from '#contract/errors.ts'
import { withoutContents } from './faults.ts'
import type { Latest } from './latest.ts'
import type { Parts } from './parts.ts'
import { desk, done } from './rpc.ts'
import type { SealedFile } from './sealed-file.ts'

export const SealedAgent = z.object({ shift: z.string(), memory: AgentMemory })

/** The operator's state on disk, for the next host of the same shift. */
export class AgentKeeper {
  readonly #file: SealedFile<typeof SealedAgent>
  readonly #log: Parts['log']
  #shift: string | null = null
  #written: AgentMemory | null = null
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
    this.#written = sealed?.shift === shift ? sealed.memory : null
    return this.#written
  }

  keep(memory: AgentMemory): void {
    if (this.#shift === null || isDeepStrictEqual(memory, this.#written)) return
    this.#written = memory
    this.#writing = this.#file.write({ shift: this.#shift, memory }).catch((error: unknown) => {
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

export const agentService = (view: Latest<AgentView>, parts: Pick<Parts, 'session' | 'phone'>) => ({
  watch: desk.agent.watch.handler(({ signal }) => view.watch(signal)),
  setDesired: desk.agent.setDesired.handler(async ({ input }) => {
    parts.session.user()
    await parts.phone.setDesired(input.desired)
    return done
  }),
  extendAfterCallWork: desk.agent.extendAfterCallWork.handler(({ input }) => {
    parts.session.user()
    if (!parts.phone.extendAfterCallWork(input.seconds)) throw new Fault('conflict', 'call-illegal-move')
    return done
  }),
})
