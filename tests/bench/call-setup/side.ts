import type { Page } from '@playwright/test'

/** How long each operator lets it ring, ms. */
export const ringsFor = 200

/** Whom the telephones dial. */
export const dialledExtension = '3001'

/** A telephone that answers by itself what rings, as if somebody had clicked. */
export type Side = {
  page: Page
  extension: string
  /** The page's high resolution time of the click that answered this call. */
  clickedAt(callId: string): Promise<number>
  /** Dials `number`, which is busy; resolves when that is known. `key`: for `Trunk.dialledAt`. */
  dial(number: string): Promise<{ clickedAt: number; key: string }>
  /** Resolves when the call is over here too. */
  idle(): Promise<void>
  close(): Promise<void>
}
