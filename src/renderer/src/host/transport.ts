import type { ClientContext, ClientLink } from '@orpc/client'
import type { StatusCell } from './status.ts'

/** A way to the host that tells its state and comes back by itself. */
export type Transport = {
  /** The link to call through while the status is `open`. */
  link(): ClientLink<ClientContext>
  close(): void
}

export type OpenTransport = (status: StatusCell) => Transport
