import { afterEach, describe, expect, it } from 'vitest'
import { openPractice, type Practice } from '../support/practice.ts'
import { until } from '../support/until.ts'

let practice: Practice
afterEach(() => practice.close())

describe('a call from the queue', () => {
  it('rings with the caller, the queue and the wait, is answered, and both hear each other', async () => {
    practice = await openPractice()
    const desk = await practice.readyDesk('2001')
    const call = practice.line.place('identity-card')
    const ringing = await desk.incoming()
    expect(call.state).toBe('ringing')
    await desk.isIn('offered')
    expect(ringing.invitation?.remoteIdentity.uri.user).toBe('+393480000112')
    expect(ringing.invitation?.remoteIdentity.displayName).toBe('Giulia Brambilla')
    expect(ringing.header('P-Asserted-Identity')).toContain('<sip:+393480000112@')
    expect(ringing.header('X-Queue')).toBe('Servizi civici')
    expect(ringing.header('X-Queue-Reason')).toBe('Anagrafe, tasto 1')
    expect(ringing.header('X-Queue-Waited')).toBe('0')
    expect(ringing.header('X-Practice')).toBe('1')

    await ringing.answer()
    await desk.isIn('in-call')
    ringing.media.speaking = true
    await until('the operator is heard', () => call.mediaStats().receivedPackets > 25)
    expect(call.mediaStats().receivedLevel).toBeGreaterThan(0.05)
    ringing.media.speaking = false
    // The citizen speaks when the operator has come to an end.
    await until('the citizen is heard', () => ringing.media.highestLevel > 0.05)
    expect(call.mediaStats().sentPackets).toBeGreaterThan(25)

    await ringing.hangUp()
    await until('the call ends', () => call.state === 'ended')
    expect(call.end).toBe('operator')
    await desk.isIn('after-call-work')
    await desk.ready()
  })
})
