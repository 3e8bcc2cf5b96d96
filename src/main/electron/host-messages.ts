import { z } from 'zod'
import { FaultData } from '#contract/errors.ts'

/** What the main process and the host's utility process say to each other. Pages never speak here; they have ports of their own. */
export const ToHost = z.discriminatedUnion('type', [
  z.object({ type: z.literal('open'), dataDir: z.string(), crmUrl: z.string(), notifications: z.boolean() }),
  /** Carries one port, the host's end of a page's channel. */
  z.object({ type: z.literal('port') }),
  z.object({ type: z.literal('answer'), id: z.number().int(), bytes: z.instanceof(Uint8Array) }),
  z.object({ type: z.literal('refusal'), id: z.number().int(), fault: FaultData }),
  z.object({ type: z.literal('close') }),
])
export type ToHost = z.infer<typeof ToHost>

/** What only the main process can do for the host. Each is answered with bytes; `open-external` with none. */
export const Ask = z.discriminatedUnion('what', [
  z.object({ what: z.literal('database-key') }),
  z.object({ what: z.literal('seal'), bytes: z.instanceof(Uint8Array) }),
  z.object({ what: z.literal('unseal'), bytes: z.instanceof(Uint8Array) }),
  z.object({ what: z.literal('open-external'), url: z.string() }),
])
export type Ask = z.infer<typeof Ask>

export const FromHost = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('failed'), fault: FaultData }),
  z.object({ type: z.literal('ask'), id: z.number().int(), ask: Ask }),
  /** A sign-in came back in the system's browser: the desk wants its window in front. */
  z.object({ type: z.literal('signed-in') }),
  z.object({ type: z.literal('closed') }),
])
export type FromHost = z.infer<typeof FromHost>
