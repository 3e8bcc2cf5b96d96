export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive'

/** The audio direction of a description, as its sender means it; sendrecv when it says nothing (RFC 8866, 6.7). */
export function directionOf(sdp: string): Direction {
  const audio = /^m=audio [\s\S]*$/m.exec(sdp)?.[0] ?? sdp
  const match =
    /^a=(sendrecv|sendonly|recvonly|inactive)\r?$/m.exec(audio) ??
    /^a=(sendrecv|sendonly|recvonly|inactive)\r?$/m.exec(sdp)
  return (match?.[1] as Direction | undefined) ?? 'sendrecv'
}

/** Whether the sender of this description has put the other side on hold. */
export const holds = (direction: Direction): boolean => direction === 'sendonly' || direction === 'inactive'

/** Another certificate is another peer connection (RFC 8122): a page that was reloaded. */
export const fingerprintOf = (sdp: string): string =>
  /^a=fingerprint:\S+ (\S+)\r?$/m.exec(sdp)?.[1]?.toUpperCase() ?? ''

/** Another one on the same connection is an ICE restart (RFC 8839, 4.4.1.1.1). */
export const iceUserOf = (sdp: string): string => /^a=ice-ufrag:(\S+)\r?$/m.exec(sdp)?.[1] ?? ''

/** Payload types that carry telephone-event at 8 kHz. */
export const telephoneEventTypes = (sdp: string): ReadonlySet<number> =>
  new Set(
    Array.from(sdp.matchAll(/^a=rtpmap:(\d+) telephone-event\/8000\r?$/gm), (match) => Number(match[1])),
  )
