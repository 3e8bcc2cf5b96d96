import type { Work } from '#contract/desk.ts'
import { type Call, isLive, isTalking } from '#contract/domain/call.ts'
import { hasVoice, pairOf } from '#contract/domain/call-machine.ts'

/**
 * What the page is about now. `call` with its own work fills the ribbon and the story, `work` the sheet: while another call rings, or is
 * answered in another window, the work that is being typed stays in the sheet.
 */
export type Scene =
  | { kind: 'idle'; call: null; callWork: null; work: null }
  | { kind: 'ringing'; call: Call; callWork: Work | null; work: Work | null }
  | { kind: 'talking'; call: Call; callWork: Work | null; work: Work | null }
  | { kind: 'closing'; call: Call | null; callWork: Work; work: Work }

export type SceneInput = {
  calls: readonly Call[]
  work: readonly Work[]
  /** The contact that the host says is being wrapped up. */
  wrappingUp: string | null
  /** Left-over work that the operator opened from the foot. */
  opened: string | null
  /** The contact in whose sheet the operator has the cursor. */
  typingIn: string | null
}

export function sceneOf({ calls, work, wrappingUp, opened, typingIn }: SceneInput): Scene {
  const live = calls.filter(isLive)
  const ofId = (id: string | null | undefined): Work | null =>
    work.find(({ contactId }) => contactId === id) ?? null

  const talking = foremost(live)
  if (talking) {
    const own = ofId(talking.id)
    return { kind: 'talking', call: talking, callWork: own, work: ofId(typingIn) ?? own }
  }

  const justEnded = calls.findLast((call) => !isLive(call) && call.answeredAt !== null && ofId(call.id))
  const closing = ofId(opened) ?? ofId(typingIn) ?? ofId(wrappingUp) ?? ofId(justEnded?.id)

  const ringing = live.find(({ state, ignored }) => state === 'ringing' && !ignored)
  if (ringing) {
    const own = ofId(ringing.id)
    return { kind: 'ringing', call: ringing, callWork: own, work: closing ?? own }
  }

  if (closing) {
    return {
      kind: 'closing',
      callWork: closing,
      work: closing,
      call: calls.find(({ id }) => id === closing.contactId) ?? null,
    }
  }
  return { kind: 'idle', call: null, callWork: null, work: null }
}

/** The call that the desk is about: the one that is spoken on; of a consultation the caller's, whose contact it is. */
function foremost(live: readonly Call[]): Call | undefined {
  const spoken = live.filter((call) => isTalking(call) || call.state === 'dialling')
  const first =
    spoken.find(hasVoice) ?? spoken.find(({ changing }) => changing === 'transfer') ?? spoken.at(0)
  return first && (pairOf(live, first.id)?.caller ?? first)
}

/** Open contacts that are neither shown nor in a call: what an earlier moment left unfinished. */
export function unfinishedWork(scene: Scene, calls: readonly Call[], work: readonly Work[]): Work[] {
  const live = new Set(calls.filter(isLive).map(({ id }) => id))
  return work.filter(({ contactId }) => contactId !== scene.work?.contactId && !live.has(contactId))
}

/** Held calls beside the one that is shown and the one that consults for it, the first come first. */
export const heldBeside = (scene: Scene, calls: readonly Call[]): Call[] =>
  calls.filter(
    (call) =>
      (call.state === 'held' || call.changing === 'transfer') &&
      call.id !== scene.call?.id &&
      call.consultsFor !== scene.call?.id,
  )

/** Calls that ring while another is shown, or in silence. */
export const alsoRinging = (scene: Scene, calls: readonly Call[]): Call[] =>
  calls.filter(({ id, state }) => state === 'ringing' && id !== scene.call?.id)

/** Where the caller is whom a transfer did not take along: the far end has to agree before they are back, and somebody else may be spoken with. */
export function afterFailedTransfer({ state, changing }: Call): 'back' | 'returning' | 'held' {
  if (state === 'active') return 'back'
  return changing === 'resume' ? 'returning' : 'held'
}
