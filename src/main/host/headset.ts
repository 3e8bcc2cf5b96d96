import type { Logger } from 'pino'
import { isTalking } from '#contract/domain/call.ts'
import type { HeadsetPress } from '#contract/media.ts'
import type { Phone } from '../phone/phone.ts'
import { withoutContents } from './faults.ts'
import type { MediaBridge } from './media.ts'

/** What the operator pressed on the headset, done to the call that is meant. Returns its undoing. */
export function followHeadset(media: MediaBridge, phone: Phone, log: Logger): () => void {
  const act = async (press: HeadsetPress): Promise<void> => {
    const calls = phone.calls()
    const ringing = calls.find(({ state, direction }) => state === 'ringing' && direction === 'inbound')
    // The one that is heard, before one on hold.
    const talking =
      calls.find((call) => isTalking(call) && call.state !== 'held') ??
      calls.find((call) => isTalking(call) || call.state === 'dialling')
    if (press === 'answer') {
      if (ringing) await phone.answer(ringing.id)
    } else if (talking && press === 'hang-up') await phone.hangUp(talking.id)
    else if (talking) await phone.mute(talking.id, press === 'mute')
  }
  return media.onNotice((notice) => {
    if (notice.type !== 'headset') return
    act(notice.press).catch((error: unknown) =>
      log.info({ press: notice.press, err: withoutContents(error) }, 'a press of the headset was refused'),
    )
  })
}
