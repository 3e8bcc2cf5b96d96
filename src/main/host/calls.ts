import { type Call, isLive } from '#contract/domain/call.ts'
import type { Id } from '#contract/domain/ids.ts'
import { Fault } from '#contract/errors.ts'
import { Signal } from './latest.ts'
import type { Parts } from './parts.ts'
import { desk, done } from './rpc.ts'

type Calls = { calls: Call[] }

/** Ended calls that a slow reader may still be told of. */
const maxEnded = 50

/** The newest calls, and every ended one that was waiting to be told. */
export function mergeCalls(waiting: Calls, next: Calls): Calls {
  const told = new Set(next.calls.map((call) => call.id))
  const ended = waiting.calls.filter((call) => !isLive(call) && !told.has(call.id))
  return { calls: [...ended.slice(-maxEnded), ...next.calls] }
}

/** Live calls as the phone tells them. */
export class CallBoard {
  readonly #live = new Map<Id, Call>()
  readonly #signal = new Signal<Calls>(mergeCalls)

  tell(call: Call): void {
    if (isLive(call)) this.#live.set(call.id, call)
    else this.#live.delete(call.id)
    this.#signal.emit({ calls: isLive(call) ? [...this.#live.values()] : [...this.#live.values(), call] })
  }

  has(callId: Id): boolean {
    return this.#live.has(callId)
  }

  get busy(): boolean {
    return this.#live.size > 0
  }

  watch(signal: AbortSignal | undefined): AsyncIteratorObject<Calls, undefined, unknown> {
    return this.#signal.watch(signal, { calls: [...this.#live.values()] })
  }

  close(): void {
    this.#signal.close()
  }
}

export const callsService = (
  board: CallBoard,
  { phone, session, cache }: Pick<Parts, 'phone' | 'session' | 'cache'>,
) => ({
  watch: desk.calls.watch.handler(({ signal }) => board.watch(signal)),
  answer: desk.calls.answer.handler(async ({ input }) => {
    await phone.answer(input.callId)
    return done
  }),
  reject: desk.calls.reject.handler(async ({ input }) => {
    await phone.reject(input.callId)
    return done
  }),
  hangUp: desk.calls.hangUp.handler(async ({ input }) => {
    await phone.hangUp(input.callId)
    return done
  }),
  hold: desk.calls.hold.handler(async ({ input }) => {
    await phone.hold(input.callId, input.on)
    return done
  }),
  mute: desk.calls.mute.handler(async ({ input }) => {
    await phone.mute(input.callId, input.on)
    return done
  }),
  dtmf: desk.calls.dtmf.handler(async ({ input }) => {
    await phone.dtmf(input.callId, input.tones)
    return done
  }),
  dial: desk.calls.dial.handler(async ({ input }) => {
    session.user()
    return { callId: await phone.dial(input.number) }
  }),
  ignore: desk.calls.ignore.handler(({ input }) => {
    phone.ignore(input.callId)
    return done
  }),
  redial: desk.calls.redial.handler(async () => {
    const number = cache.calls.lastDialled(session.user().id)
    if (number === null) throw new Fault('not-found', 'redial-empty')
    return { callId: await phone.dial(number) }
  }),
  transfer: desk.calls.transfer.handler(async ({ input }) => {
    await phone.transfer(input.callId, input.to)
    return done
  }),
  consult: desk.calls.consult.handler(async ({ input }) => ({
    callId: await phone.consult(input.callId, input.to),
  })),
  swap: desk.calls.swap.handler(async ({ input }) => {
    await phone.swap(input.callId)
    return done
  }),
  completeTransfer: desk.calls.completeTransfer.handler(async ({ input }) => {
    await phone.completeTransfer(input.callId)
    return done
  }),
  cancelTransfer: desk.calls.cancelTransfer.handler(async ({ input }) => {
    await phone.cancelTransfer(input.callId)
    return done
  }),
  conference: desk.calls.conference.handler(async ({ input }) => {
    await phone.conference(input.callId, input.on)
    return done
  }),
  history: desk.calls.history.handler(({ input }) => ({
    calls: cache.calls.list(session.user().id, input),
  })),
  directory: desk.calls.directory.handler(() => {
    session.user()
    return { teams: [...phone.teams()] }
  }),
})

export const phoneService = ({ phone, session }: Pick<Parts, 'phone' | 'session'>) => ({
  takeOver: desk.phone.takeOver.handler(() => {
    session.user()
    phone.takeOver()
    return done
  }),
})
