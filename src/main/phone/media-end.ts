import type { MediaAnswer, MediaNotice, MediaVerb } from '#contract/media.ts'

/** The media end as the phone needs it; the host carries the asks to whichever page is attached. */
export interface MediaEnd {
  /** Rejects with a `Fault` (`no-media-end`, `microphone-denied`, …) or after `timeoutMs`. */
  ask(ask: MediaVerb, timeoutMs?: number): Promise<Extract<MediaAnswer, { ok: true }>>
  attached(): boolean
  /** A media end attached: live calls need new descriptions, for the one before is gone with its connections. */
  onAttached(listener: () => void): () => void
  onNotice(listener: (notice: MediaNotice) => void): () => void
}
