import { getCACertificates } from 'node:tls'

/** For a connection's `ca`, which takes the place of what is trusted otherwise: that, and these; undefined: that alone. */
export const trusting = (certificateAuthority: string | null): string[] | undefined =>
  certificateAuthority === null ? undefined : [...getCACertificates('default'), certificateAuthority]
