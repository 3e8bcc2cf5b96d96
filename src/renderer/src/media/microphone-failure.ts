import type { z } from 'zod'
import type { MediaFault } from '#contract/media.ts'

/** Why a request of the host cannot be done. */
export class MediaFailure extends Error {
  readonly fault: z.infer<typeof MediaFault>

  constructor(fault: z.infer<typeof MediaFault>, detail: string) {
    super(detail)
    this.name = 'MediaFailure'
    this.fault = fault
  }
}
