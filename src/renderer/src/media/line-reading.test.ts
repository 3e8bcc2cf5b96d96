import { expect, it } from 'vitest'
import { type LineState, noReading, readLine, truncated } from './line-reading.ts'

it.each([
  ['192.0.2.17', '192.0.2.0'],
  ['2001:db8:1:2::17', '2001:db8:1::'],
  ['fe80::1', 'fe80::'],
  ['5f2c1a3e-1111-4222-8333-123456789abc.local', 'named'],
  ['', '?'],
])('%s is told as %s', (address, told) => {
  expect(truncated(address)).toBe(told)
})

const state: LineState = { connection: 'connected', microphone: 'live', muted: false, held: false }
const report = (...entries: Record<string, unknown>[]) =>
  new Map(entries.map((entry) => [entry.id, entry] as [string, unknown]))

it('keeps what came before while the browser has forgotten the stream that is offered anew', () => {
  const stream = {
    id: 'in',
    type: 'inbound-rtp',
    kind: 'audio',
    packetsReceived: 80,
    totalAudioEnergy: 1,
    totalSamplesDuration: 2,
  }
  const first = readLine(report(stream), state, noReading)
  expect(first.sample.inbound).toMatchObject({ packets: 80 })
  const gone = readLine(report(), { ...state, connection: 'connecting' }, first.reading)
  expect(gone.sample.inbound).toMatchObject({ packets: 80, level: null })
  const back = readLine(report({ ...stream, packetsReceived: 10 }), state, gone.reading)
  expect(back.sample.inbound).toMatchObject({ packets: 10 })
})

it('counts the connectivity checks of all pairs, for the chosen one may change every second', () => {
  const pair = (id: string, responsesReceived: number) => ({
    id,
    type: 'candidate-pair',
    requestsSent: 9,
    responsesReceived,
    localCandidateId: 'l',
    remoteCandidateId: 'r',
  })
  const candidates = [
    { id: 'l', type: 'local-candidate', candidateType: 'host', protocol: 'udp', address: '192.0.2.17' },
    { id: 'r', type: 'remote-candidate', candidateType: 'host', address: '198.51.100.4' },
  ]
  const chosen = (id: string) =>
    readLine(
      report(
        { id: 't', type: 'transport', selectedCandidatePairId: id },
        pair('one', 5),
        pair('two', 3),
        ...candidates,
      ),
      state,
      noReading,
    ).sample.path
  expect(chosen('one')).toEqual({
    rttMs: null,
    asked: 18,
    answered: 8,
    route: 'udp host 192.0.2.0 - host 198.51.100.0',
  })
  expect(chosen('two')?.answered).toBe(8)
})
