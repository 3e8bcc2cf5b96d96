import { describe, expect, it } from 'vitest'
import { directionOf, holds, onlyTelephony, telephoneEventTypes, transportOf } from './sdp.ts'

const lines = (...text: string[]) => `${text.join('\r\n')}\r\n`
const offer = lines(
  'v=0',
  'o=- 1 2 IN IP4 127.0.0.1',
  'a=fingerprint:sha-256 aa:bb',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111 0 110 126',
  'a=ice-ufrag:x1y2',
  'a=sendonly',
  'a=rtpmap:111 opus/48000/2',
  'a=rtcp-fb:111 transport-cc',
  'a=fmtp:111 minptime=10',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:110 telephone-event/48000',
  'a=rtpmap:126 telephone-event/8000',
)

describe('a description', () => {
  it('says which way its sender means the audio to go', () => {
    expect(directionOf(offer)).toBe('sendonly')
    expect(directionOf(offer.replace('a=sendonly\r\n', ''))).toBe('sendrecv')
    expect(directionOf(lines('v=0', 'a=inactive', 'm=audio 9 RTP/AVP 0'))).toBe('inactive')
    expect((['sendrecv', 'sendonly', 'recvonly', 'inactive'] as const).map(holds)).toEqual([
      false,
      true,
      false,
      true,
    ])
  })

  it('is known by its certificate and its ICE credentials', () => {
    expect(transportOf(offer)).toBe('AA:BB x1y2')
    expect(transportOf(offer.replace('x1y2', 'zz'))).not.toBe(transportOf(offer))
    expect(transportOf(offer.replace('aa:bb', 'cc:dd'))).not.toBe(transportOf(offer))
    expect(transportOf(offer.replace('sendonly', 'sendrecv'))).toBe(transportOf(offer))
  })

  it('keeps only PCMU and the events of its clock rate', () => {
    const reduced = onlyTelephony(offer)
    expect(reduced).toContain('m=audio 9 UDP/TLS/RTP/SAVPF 0 126\r\n')
    expect(reduced).not.toMatch(/opus|48000|:111/)
    expect(reduced).toContain('a=ice-ufrag:x1y2')
    expect(telephoneEventTypes(reduced)).toEqual(new Set([126]))
    expect(onlyTelephony(reduced)).toBe(reduced)
  })
})
