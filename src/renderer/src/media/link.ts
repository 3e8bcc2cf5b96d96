import type { Settings } from '#contract/desk.ts'
import type { MediaAnswer, MediaNotice, MediaRequest } from '#contract/media.ts'

/** The media end's way to its host. */
export type MediaLink = {
  /** Goes on over reconnections; its end ends the media end. */
  requests: AsyncIterable<MediaRequest>
  answer(answer: MediaAnswer): void
  notify(notice: MediaNotice): void
}

/** `deviceId`s of this browser; null: the system's default. */
export type DeviceSettings = Pick<Settings, 'microphoneId' | 'speakerId' | 'ringerId' | 'ringVolume'> &
  Partial<
    Pick<
      Settings,
      | 'microphoneLabel'
      | 'speakerLabel'
      | 'ringerLabel'
      | 'echoCancellation'
      | 'noiseSuppression'
      | 'autoGainControl'
      | 'headsetButtons'
    >
  >
