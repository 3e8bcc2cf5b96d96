import type { Settings } from '#contract/desk.ts'
import { browserDevices } from '../../media/audio-devices.ts'
import { ChosenDevices } from '../../media/chosen-devices.ts'
import { Ringer } from '../../media/ringer.ts'

/** Rings as a call would, for one round. */
export function testRinger(settings: Settings): void {
  const ringer = new Ringer(() => settings, new ChosenDevices(browserDevices, () => settings))
  ringer.start()
  setTimeout(() => ringer.stop(), 5200)
}

/** Two short notes on the loudspeaker of the call. */
export async function testSpeaker(speakerId: string | null): Promise<void> {
  const context = new AudioContext()
  // Not in the DOM library's types; Chromium has it since 110.
  const routable = context as AudioContext & { setSinkId?(id: string): Promise<void> }
  if (speakerId !== null) await routable.setSinkId?.(speakerId).catch(() => undefined)
  const gain = context.createGain()
  gain.gain.value = 0.2
  gain.connect(context.destination)
  for (const [index, pitch] of [523.25, 659.26].entries()) {
    const note = context.createOscillator()
    note.frequency.value = pitch
    note.connect(gain)
    note.start(context.currentTime + index * 0.35)
    note.stop(context.currentTime + index * 0.35 + 0.28)
  }
  setTimeout(() => void context.close(), 1200)
}
