import type { Logger } from 'pino'
import type { Call } from '#contract/domain/call.ts'
import { hasVoice, pairOf, ringing } from '#contract/domain/call-machine.ts'
import type { Id } from '#contract/domain/ids.ts'
import type { HeadsetPress } from '#contract/media.ts'
import type { Phone } from '../phone/phone.ts'
import { withoutContents } from './faults.ts'
import type { MediaBridge } from './media.ts'

/** So long after the call that was heard has ended, the button that ends one was pressed for it. */
const aimedMs = 1000

/** Who is in the operator's ear, of three together the colleague: the citizen is not the one whom a button on the head may drop. */
function heard(calls: readonly Call[]): Call | null {
  const call = calls.find(hasVoice)
  if (!call) return null
  const pair = pairOf(calls, call.id)
  return pair?.caller.conference ? pair.colleague : call
}

/** Whom the button that ends a call means: nobody while one is being handed over. */
function endable(calls: readonly Call[]): Call | null {
  const call = heard(calls)
  const caller = call && (pairOf(calls, call.id)?.caller ?? call)
  return caller?.changing === 'transfer' ? null : call
}

/** What the operator pressed on the headset, done to the call that is meant. Returns its undoing. */
export function followHeadset(
  media: Pick<MediaBridge, 'onNotice'>,
  phone: Pick<Phone, 'calls' | 'on' | 'answer' | 'hangUp' | 'mute'>,
  log: Logger,
): () => void {
  let before: Id | null = heard(phone.calls())?.id ?? null
  let endedAt = Number.NEGATIVE_INFINITY
  const stopCalls = phone.on('call', () => {
    const calls = phone.calls()
    if (before !== null && !calls.some(({ id }) => id === before)) endedAt = performance.now()
    before = heard(calls)?.id ?? null
  })
  const act = async (press: HeadsetPress): Promise<void> => {
    const calls = phone.calls()
    const call = press === 'hang-up' ? endable(calls) : heard(calls)
    if (press === 'answer') {
      const { callId } = ringing(calls)
      if (callId !== null) await phone.answer(callId)
    } else if (!call) return
    else if (press !== 'hang-up') await phone.mute(call.id, press === 'mute')
    else if (performance.now() - endedAt >= aimedMs) await phone.hangUp(call.id)
    else log.info('the headset was pressed for a call that had just ended')
  }
  const stopNotices = media.onNotice((notice) => {
    if (notice.type !== 'headset') return
    act(notice.press).catch((error: unknown) =>
      log.info({ press: notice.press, err: withoutContents(error) }, 'a press of the headset was refused'),
    )
  })
  return () => {
    stopCalls()
    stopNotices()
  }
}
