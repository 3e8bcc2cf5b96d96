import type { HeadsetPress } from '#contract/media.ts'
import type { Leds } from './layout.ts'

/** The calls as a headset needs to know them. */
export type CallSide = { ringing: boolean; talking: boolean; muted: boolean }

/** A call on hold is in nobody's ear: beside it a ring is answered, and no button of the head ends it. */
export function sideOf(ringing: boolean, calls: readonly { held: boolean; muted: boolean }[]): CallSide {
  const heard = calls.filter(({ held }) => !held)
  return { ringing, talking: heard.length > 0, muted: heard.length > 0 && heard.every(({ muted }) => muted) }
}

export type ButtonsState = {
  side: CallSide
  /** Whether the headset is off the hook, as we showed it or as it told us last. */
  offHook: boolean
  /** When we last changed its mute lamp, and its own presses: milliseconds of one clock. */
  muteShownAt: number
  mutePressedAt: number
  hookPressedAt: number
}

export type ButtonsEvent =
  | { type: 'side'; side: CallSide; at: number }
  | { type: 'hook'; off: boolean; at: number }
  | { type: 'mute'; at: number }

export type ButtonsStep = { state: ButtonsState; press: HeadsetPress | null; show: Leds | null }

/** Some devices answer our lamp with a report as if the button had been pressed. */
const muteEchoMs = 250
/** Two presses closer than this are one. */
const doubleMs = 700

export const restingButtons: ButtonsState = {
  side: { ringing: false, talking: false, muted: false },
  offHook: false,
  muteShownAt: Number.NEGATIVE_INFINITY,
  mutePressedAt: Number.NEGATIVE_INFINITY,
  hookPressedAt: Number.NEGATIVE_INFINITY,
}

export const ledsOf = ({ ringing, talking, muted }: CallSide): Leds => ({
  offHook: talking,
  ring: ringing && !talking,
  // Of this call only: no mute is carried into the next.
  mute: talking && muted,
})

const nothing = (state: ButtonsState): ButtonsStep => ({ state, press: null, show: null })

/**
 * A headset's buttons. The calls are the truth: a press asks, and what comes of it is shown by `side`. A report that says what we have
 * just shown is an echo; what makes no sense now is answered by showing again how things are.
 *
 *     ringing, hook lifted          → answer          talking, mute pressed → mute or unmute
 *     talking, hook laid            → hang up         at rest, anything     → nothing
 *     talking, hook laid just after it was lifted     → nothing (a double press)
 */
export function pressed(state: ButtonsState, event: ButtonsEvent): ButtonsStep {
  const { side } = state
  switch (event.type) {
    case 'side': {
      const before = ledsOf(side)
      const now = ledsOf(event.side)
      const next = {
        ...state,
        side: event.side,
        offHook: now.offHook,
        muteShownAt: before.mute === now.mute ? state.muteShownAt : event.at,
      }
      const changed = before.offHook !== now.offHook || before.ring !== now.ring || before.mute !== now.mute
      return { state: next, press: null, show: changed || now.offHook !== state.offHook ? now : null }
    }
    case 'hook': {
      if (event.off === state.offHook) return nothing(state)
      const show = ledsOf(side)
      const again: ButtonsStep = { state: { ...state, offHook: show.offHook }, press: null, show }
      if (event.off) {
        if (!side.ringing || side.talking) return again
        return { state: { ...state, offHook: true, hookPressedAt: event.at }, press: 'answer', show: null }
      }
      if (event.at - state.hookPressedAt < doubleMs) return again
      if (!side.talking) return nothing({ ...state, offHook: false })
      return { state: { ...state, offHook: false, hookPressedAt: event.at }, press: 'hang-up', show: null }
    }
    case 'mute': {
      if (!side.talking || event.at - state.muteShownAt < muteEchoMs) return nothing(state)
      if (event.at - state.mutePressedAt < muteEchoMs) return nothing(state)
      return {
        state: { ...state, mutePressedAt: event.at },
        press: side.muted ? 'unmute' : 'mute',
        show: null,
      }
    }
  }
}
