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

/**
 * Certificate and ICE credentials of a description. Others in the same dialog are a page that was reloaded (RFC 8122) or an ICE restart
 * (RFC 8839, 4.4.1.1.1); werift 0.25 completes no restart that a browser offers, so the line answers both with a new connection of its own.
 */
export function transportOf(sdp: string): string {
  const fingerprint = /^a=fingerprint:\S+ (\S+)\r?$/m.exec(sdp)?.[1] ?? ''
  const user = /^a=ice-ufrag:(\S+)\r?$/m.exec(sdp)?.[1] ?? ''
  return `${fingerprint.toUpperCase()} ${user}`
}

/** Payload types that carry telephone-event at 8 kHz. */
export const telephoneEventTypes = (sdp: string): ReadonlySet<number> =>
  new Set(
    Array.from(sdp.matchAll(/^a=rtpmap:(\d+) telephone-event\/8000\r?$/gm), (match) => Number(match[1])),
  )

/**
 * An offer reduced to what the line speaks. Browsers offer telephone-event at several clock rates and werift takes the first, but events
 * must have the rate of the voice they go with (RFC 4733, 2.1).
 */
export function onlyTelephony(sdp: string): string {
  const dropped = new Set(
    Array.from(sdp.matchAll(/^a=rtpmap:(\d+) ([^\r\n]+)$/gm))
      .filter(([, , codec]) => !/^(?:PCMU\/8000(?:\/1)?|telephone-event\/8000)\r?$/i.test(codec ?? ''))
      .map(([, type]) => type ?? ''),
  )
  return sdp
    .split('\r\n')
    .filter((line) => !dropped.has(/^a=(?:rtpmap|fmtp|rtcp-fb):(\d+) /.exec(line)?.[1] ?? ''))
    .map((line) => (line.startsWith('m=audio ') ? withoutTypes(line, dropped) : line))
    .join('\r\n')
}

function withoutTypes(mediaLine: string, dropped: ReadonlySet<string>): string {
  const [kind, port, protocol, ...types] = mediaLine.split(' ')
  return [kind, port, protocol, ...types.filter((type) => !dropped.has(type))].join(' ')
}
