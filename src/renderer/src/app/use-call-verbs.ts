import { useEffect, useRef, useState } from 'react'
import type { Call } from '#contract/domain/call.ts'
import { attempt } from '../host/attempt.ts'
import { useDesk } from '../host/desk.tsx'
import { turnToCall, useView } from './use-scene.ts'

type Verb = 'answer' | 'reject' | 'hangUp' | 'hold' | 'mute' | 'dial'

/** What can be asked of one call. The call's own state shows what came of it. */
export function useCallVerbs(call: Call | null) {
  const { desk } = useDesk()
  const [pending, setPending] = useState<Verb | null>(null)
  const heldSince = useRef<number | null>(null)
  const held = call?.state === 'held'
  useEffect(() => {
    heldSince.current = held ? Date.now() : null
  }, [held])

  const ask = (verb: Verb, request: () => Promise<unknown>) => {
    setPending(verb)
    void attempt(verb, request).then((done) => {
      setPending(null)
      if (!done) useView.setState({ cursorFollows: false })
    })
  }
  const withCall = (verb: Verb, request: (known: Call) => Promise<unknown>) => () => {
    if (call) ask(verb, () => request(call))
  }
  return {
    pending,
    heldSince: heldSince.current,
    answer: withCall('answer', ({ id }) => {
      turnToCall()
      return desk.calls.answer({ callId: id })
    }),
    reject: withCall('reject', ({ id }) => desk.calls.reject({ callId: id })),
    hangUp: withCall('hangUp', ({ id }) => desk.calls.hangUp({ callId: id })),
    hold: withCall('hold', ({ id, state }) => desk.calls.hold({ callId: id, on: state !== 'held' })),
    mute: withCall('mute', ({ id, muted }) => desk.calls.mute({ callId: id, on: !muted })),
    dial: (number: string) =>
      ask('dial', () => {
        turnToCall()
        return desk.calls.dial({ number })
      }),
  }
}
