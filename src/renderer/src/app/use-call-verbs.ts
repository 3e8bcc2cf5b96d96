import { useState } from 'react'
import type { Call } from '#contract/domain/call.ts'
import { isEmergencyNumber } from '#contract/domain/phone-number.ts'
import { attempt, type CallDeed, refuse } from '../host/attempt.ts'
import { useCalls } from '../host/call-store.ts'
import { useDesk } from '../host/desk.tsx'
import { useBlocked } from '../host/use-blocked.ts'
import { type Aim, callReplaced } from './aim.ts'
import { openPanel, turnToCall, useView } from './use-scene.ts'

/** Whether the operator last asked for this call to rest: what the next press undoes, also while the far end has not answered yet. */
export const wantsHold = ({ state, changing }: Call): boolean => state === 'held' && changing !== 'resume'

/** What cannot be taken back from whom it hits. */
const ends: readonly CallDeed[] = ['reject', 'ignore', 'hangUp', 'cancelConsult']
const handsOver: readonly CallDeed[] = ['transfer', 'consult', 'complete']

/**
 * What can be asked of one call. The call's own state shows what came of it. A window that looks on asks nothing. `aim`: of the place where
 * the call is shown, which another may just have left.
 */
export function useCallVerbs(call: Call | null, aim?: Aim) {
  const { desk } = useDesk()
  const [pending, setPending] = useState<CallDeed | null>(null)
  const blocked = useBlocked()
  const heldSince = useCalls((state) => (call ? (state.heldSince[call.id] ?? null) : null))
  /** A call that lives here is finished here, even when new ones go to another desk. */
  const spectator = blocked === 'voice'

  const ask = async (verb: CallDeed, request: () => Promise<unknown>, always = false): Promise<boolean> => {
    if (spectator && !always) return false
    if ((ends.includes(verb) && aim?.isStale(true)) || (handsOver.includes(verb) && aim?.isStale(false))) {
      refuse(verb, callReplaced)
      return false
    }
    setPending(verb)
    const done = await attempt(verb, request)
    setPending(null)
    if (!done) useView.setState({ cursorFollows: false })
    return done
  }
  const withCall = (verb: CallDeed, request: (known: Call) => Promise<unknown>) => () => {
    if (call) void ask(verb, () => request(call))
  }
  const toNew = (verb: CallDeed, request: () => Promise<unknown>, always = false) =>
    ask(
      verb,
      () => {
        turnToCall()
        return request()
      },
      always,
    )
  return {
    pending,
    heldSince,
    spectator,
    /** Nothing can be dialled from here, but for help. */
    cannotDial: blocked !== null,
    mayDial: (number: string) => blocked === null || isEmergencyNumber(number),
    answer: withCall('answer', ({ id }) => {
      turnToCall()
      return desk.calls.answer({ callId: id })
    }),
    reject: withCall('reject', ({ id }) => desk.calls.reject({ callId: id })),
    ignore: withCall('ignore', ({ id }) => desk.calls.ignore({ callId: id })),
    hangUp: withCall('hangUp', ({ id }) => desk.calls.hangUp({ callId: id })),
    hold: withCall('hold', (known) => desk.calls.hold({ callId: known.id, on: !wantsHold(known) })),
    /** Takes a held call back; whoever is spoken with is held. */
    resume: withCall('hold', ({ id }) => {
      turnToCall()
      return desk.calls.hold({ callId: id, on: false })
    }),
    mute: withCall('mute', ({ id, muted }) => desk.calls.mute({ callId: id, on: !muted })),
    transfer: (to: string) =>
      call ? ask('transfer', () => desk.calls.transfer({ callId: call.id, to })) : Promise.resolve(false),
    consult: (to: string) =>
      call ? ask('consult', () => desk.calls.consult({ callId: call.id, to })) : Promise.resolve(false),
    /** Whom to hand it to, is asked first. */
    openTransfer: () => {
      if (!call) return
      if (aim?.isStale(false)) refuse('transfer', callReplaced)
      else openPanel('transfer', call.id)
    },
    swap: withCall('swap', ({ id }) => desk.calls.swap({ callId: id })),
    complete: withCall('complete', ({ id }) => desk.calls.completeTransfer({ callId: id })),
    cancelConsult: withCall('cancelConsult', ({ id }) => desk.calls.cancelTransfer({ callId: id })),
    conference: withCall('conference', ({ id, conference }) =>
      desk.calls.conference({ callId: id, on: !conference }),
    ),
    dial: (number: string) => toNew('dial', () => desk.calls.dial({ number }), isEmergencyNumber(number)),
    /** As dialling, by what the host knows the number of. */
    call: (request: () => Promise<unknown>) => toNew('dial', request),
    redial: () => toNew('redial', () => desk.calls.redial()),
  }
}
