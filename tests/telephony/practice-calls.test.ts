import { URI } from 'sip.js'
import { afterEach, describe, expect, it } from 'vitest'
import { defaultRealm } from '../../src/practice/line.ts'
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
    await until('the citizen is heard', () => ringing.media.highestLevel > 0.05)
    expect(call.mediaStats().sentPackets).toBeGreaterThan(25)

    await ringing.hangUp()
    await until('the call ends', () => call.state === 'ended')
    expect(call.end).toBe('operator')
    await desk.isIn('after-call-work')
    await desk.ready()
  })

  it('waits for the operator to speak and to stop, then for each turn, and hangs up by itself', async () => {
    practice = await openPractice()
    const desk = await practice.readyDesk('2001')
    const line = { audio: 'answer-it-1', text: 'Pronto?', waitForOperatorMs: 60_000, afterTurns: 1 }
    const call = practice.line.place('identity-card', { lines: [line, line] })
    const ringing = await desk.incoming()
    await ringing.answer()
    await ringing.established()
    for (const said of [1, 2]) {
      ringing.media.speaking = true
      const heard = call.mediaStats().receivedPackets
      await until('a sentence is heard', () => call.mediaStats().receivedPackets > heard + 20)
      expect(call.mediaStats().linesSaid).toBe(said - 1)
      ringing.media.speaking = false
      await until(`line ${said} is said`, () => call.mediaStats().linesSaid === said)
    }
    await ringing.ended()
    expect(ringing.endings).toEqual(['bye'])
    expect(call.end).toBe('citizen')
  })

  it('with a withheld number shows nobody', async () => {
    practice = await openPractice()
    const desk = await practice.readyDesk('2001')
    practice.line.place('withheld-number')
    const ringing = await desk.incoming()
    expect(ringing.invitation?.remoteIdentity.uri.toString()).toBe('sip:anonymous@anonymous.invalid')
    expect(ringing.header('Privacy')).toBe('id')
    expect(ringing.header('P-Asserted-Identity')).toBeUndefined()
  })

  it('is taken back when the citizen hangs up while it rings, and the operator stays ready', async () => {
    practice = await openPractice()
    const desk = await practice.readyDesk('2001')
    const call = practice.line.place('hangs-up-while-ringing', { ringSeconds: 0.5 })
    const ringing = await desk.incoming()
    await ringing.ended()
    expect(ringing.cancelReason).not.toBeNull()
    expect(call.end).toBe('gave-up')
    await desk.isIn('ready')
  })

  it('goes back to the queue after a ring that nobody answers, and the operator is not ready', async () => {
    practice = await openPractice({ ringTimeoutMs: 3000 })
    const first = await practice.readyDesk('2001')
    const call = practice.line.place('identity-card')
    const missed = await first.incoming()
    await missed.ended()
    expect(missed.cancelReason).toContain('No answer')
    await first.isIn('not-ready', 'missed')
    expect(call.state).toBe('waiting')
    expect(call.mediaStats().ambient).toBe('announcement')
    await until('the announcement plays', () => call.mediaStats().ambientPackets > 10)
    expect(first.figures?.waiting).toBe(1)

    const second = await practice.busyDesk('2002')
    const ringing = await second.incoming()
    await ringing.answer()
    await second.isIn('in-call')
    await until('nobody waits', () => first.figures?.waiting === 0)
  })

  it('goes to somebody else when the operator refuses it', async () => {
    practice = await openPractice()
    const desk = await practice.readyDesk('2001')
    const call = practice.line.place('identity-card')
    const ringing = await desk.incoming()
    await ringing.invitation?.reject({ statusCode: 486 })
    await desk.isIn('not-ready', 'refused')
    expect(call.state).toBe('waiting')
  })

  it('goes back to the queue when the desk’s connection is lost while it rings', async () => {
    practice = await openPractice()
    const desk = await practice.readyDesk('2001')
    const call = practice.line.place('identity-card')
    await desk.incoming()
    await desk.dropSocket()
    await until('the caller waits again', () => call.state === 'waiting')
    await desk.isIn('not-ready', 'not-registered')
    await desk.reconnect()
    await desk.isIn('not-ready', 'unreachable')
  })

  it('is given up when patience ends in the queue', async () => {
    practice = await openPractice()
    const call = practice.line.place('identity-card', { patienceSeconds: 1 })
    await until('the citizen gives up', () => call.state === 'ended')
    expect(call.end).toBe('gave-up')
  })

  it('goes to the operator who is idle longest, the caller who waits longest first', async () => {
    practice = await openPractice()
    const early = practice.line.place('identity-card')
    const late = practice.line.place('pothole')
    const first = await practice.busyDesk('2001')
    const rung = await first.incoming()
    expect(rung.invitation?.remoteIdentity.displayName).toBe('Giulia Brambilla')
    const second = await practice.busyDesk('2002')
    const other = await second.incoming()
    expect(other.invitation?.remoteIdentity.displayName).toBe('Renzo Pagani')
    early.hangUp()
    late.hangUp()
    await first.isIn('ready')
    await second.isIn('ready')
    // A pause makes the first the one who is idle for the shorter time.
    first.tell({ type: 'set', state: 'not-ready', reason: 'break' })
    await first.isIn('not-ready', 'break')
    await first.ready()
    practice.line.place('fine')
    expect((await second.incoming()).invitation?.remoteIdentity.displayName).toBe('Paolo Riva')
    expect(first.state?.kind).toBe('ready')
  })
})

describe('in a call', () => {
  async function talking(options: Parameters<typeof openPractice>[0] = {}) {
    practice = await openPractice(options)
    const desk = await practice.readyDesk('2001')
    const call = practice.line.place('stays-on-the-line')
    const ringing = await desk.incoming()
    await ringing.answer()
    await ringing.established()
    ringing.media.speaking = true
    await until('the operator is heard', () => call.mediaStats().receivedPackets > 10)
    return { desk, call, ringing }
  }

  it('hold plays a tune to the citizen and stops both voices; taking back restores them', async () => {
    const { call, ringing } = await talking()
    expect(await ringing.reinvite({ hold: true })).toBe(200)
    await until('the citizen is on hold', () => call.state === 'held')
    expect(call.mediaStats().ambient).toBe('hold-tune')
    const held = { ...call.mediaStats(), atDesk: ringing.media.receivedPackets }
    await until('the tune plays', () => call.mediaStats().ambientPackets > held.ambientPackets + 20)
    expect(call.mediaStats().receivedPackets).toBe(held.receivedPackets)
    expect(ringing.media.receivedPackets).toBeLessThanOrEqual(held.atDesk + 2)

    expect(await ringing.reinvite({ hold: false })).toBe(200)
    await until('they talk again', () => call.state === 'talking')
    expect(call.mediaStats().ambient).toBeNull()
    await until(
      'the operator is heard again',
      () => call.mediaStats().receivedPackets > held.receivedPackets + 20,
    )
    await until('the citizen is heard again', () => ringing.media.receivedPackets > held.atDesk + 20)
  })

  it('a wholly new offer in the same dialog brings audio back both ways', async () => {
    const { call, ringing } = await talking()
    await ringing.media.renew()
    const before = call.mediaStats().receivedPackets
    expect(await ringing.reinvite()).toBe(200)
    await until('the operator is heard again', () => call.mediaStats().receivedPackets > before + 20)
    await until('the citizen is heard again', () => ringing.media.receivedPackets > 20)
    expect(call.state).toBe('talking')
  })

  it('an INVITE with Replaces of the same operator takes the dialog over; of another it is refused', async () => {
    const { desk, call, ringing } = await talking()
    const { dialog } = ringing.session
    const replaces = `Replaces: ${dialog?.callId};to-tag=${dialog?.remoteTag};from-tag=${dialog?.localTag}`
    const other = practice.desk('2002')
    await other.register()
    expect((await other.dial('line', [replaces])).status).toBe(481)

    const again = await desk.dial('line', [replaces])
    expect(again.status).toBe(200)
    await ringing.ended()
    expect(call.state).toBe('talking')
    again.media.speaking = true
    const before = call.mediaStats().receivedPackets
    await until('the operator is heard again', () => call.mediaStats().receivedPackets > before + 20)
    await again.hangUp()
    await until('the call ends', () => call.state === 'ended')
  })

  it('hears DTMF as RFC 4733 events and as INFO', async () => {
    const { call, ringing } = await talking()
    ringing.media.press('4')
    ringing.media.press('#')
    await until('two signs are heard', () => call.digits.length === 2)
    await ringing.session.info({
      requestOptions: {
        body: {
          contentDisposition: 'render',
          contentType: 'application/dtmf-relay',
          content: 'Signal=7\r\nDuration=160\r\n',
        },
      },
    })
    await until('a third is heard', () => call.digits.length === 3)
    expect(call.digits).toBe('4#7')
  })

  it('survives the loss of the desk’s socket: the same desk goes on in the same dialog', async () => {
    const { desk, call, ringing } = await talking()
    await desk.dropSocket()
    await until('the caller is kept', () => call.state === 'parked')
    expect(call.mediaStats().ambient).toBe('hold-tune')
    expect(await desk.reconnect()).toBe(200)
    await until('they talk again', () => call.state === 'talking')
    expect(await ringing.reinvite()).toBe(200)
    await ringing.hangUp()
    await until('the call ends', () => call.state === 'ended')
    expect(call.end).toBe('operator')
  })

  it('calls the operator back when another process of theirs registers', async () => {
    const { desk, call, ringing } = await talking()
    const lost = ringing.session.dialog?.callId
    await desk.dropSocket()
    await until('the caller is kept', () => call.state === 'parked')
    const restarted = practice.desk('2001')
    await restarted.register()
    const again = await restarted.incoming()
    expect(again.header('In-Reply-To')).toBe(lost)
    expect(again.header('X-Queue')).toBe('Servizi civici')
    await again.answer()
    await again.established()
    again.media.speaking = true
    const before = call.mediaStats().receivedPackets
    await until('the operator is heard again', () => call.mediaStats().receivedPackets > before + 20)
    expect(call.state).toBe('talking')
  })

  it('ends when nobody comes back in time', async () => {
    const { desk, call } = await talking({ parkMs: 300 })
    await desk.dropSocket()
    await until('the call is given up', () => call.state === 'ended')
    expect(call.end).toBe('lost')
  })
})

describe('a citizen who is handed on', () => {
  /** Talks at 2001, and rings at 2002. */
  async function handedOn() {
    practice = await openPractice()
    const anna = await practice.readyDesk('2001')
    const call = practice.line.place('identity-card')
    const talk = await anna.incoming()
    await talk.answer()
    await anna.isIn('in-call')
    const bruno = await practice.readyDesk('2002')
    await talk.session.refer(new URI('sip', '2002', defaultRealm))
    const ringing = await bruno.incoming()
    await bruno.isIn('offered')
    return { anna, bruno, call, talk, ringing }
  }

  it('goes to the colleague when the operator hangs up meanwhile, and both are free afterwards', async () => {
    const { anna, bruno, call, talk, ringing } = await handedOn()
    await talk.hangUp()
    await anna.isIn('after-call-work')
    await ringing.answer()
    await bruno.isIn('in-call')
    expect(call).toMatchObject({ state: 'talking', extension: '2002' })
    await ringing.hangUp()
    await bruno.isIn('after-call-work')
    expect(call.end).toBe('operator')
    await anna.ready()
    await bruno.ready()
  })

  it('is lost when the operator has hung up and the colleague refuses, and both are free', async () => {
    const { anna, bruno, call, talk, ringing } = await handedOn()
    await talk.hangUp()
    await anna.isIn('after-call-work')
    await ringing.invitation?.reject({ statusCode: 486 })
    await until('nobody has the citizen', () => call.end === 'lost')
    await bruno.isIn('ready')
  })

  it('gives up when the operator has hung up and nobody answers, and both are free', async () => {
    const { anna, bruno, call, talk, ringing } = await handedOn()
    await talk.hangUp()
    await anna.isIn('after-call-work')
    call.hangUp()
    await ringing.ended()
    await bruno.isIn('ready')
  })

  it('is back with the operator when the colleague’s desk is lost while it rings there', async () => {
    const { anna, bruno, call, talk } = await handedOn()
    await bruno.dropSocket()
    await until('the operator has the citizen again', () => call.extension === '2001')
    expect(call.state).toBe('talking')
    expect(anna.state?.kind).toBe('in-call')
    await talk.hangUp()
    await until('the call ends', () => call.end === 'operator')
  })

  it('is kept until the operator’s desk is back when that was lost and the colleague refuses', async () => {
    const { anna, bruno, call, talk, ringing } = await handedOn()
    await anna.dropSocket()
    // Whose answer comes after the line has noticed.
    await bruno.register()
    await ringing.invitation?.reject({ statusCode: 486 })
    await until('the caller is kept', () => call.state === 'parked')
    await anna.reconnect()
    await until('they talk again', () => call.state === 'talking')
    expect(await talk.reinvite()).toBe(200)
  })

  it('rings at the operator again when another process of theirs is there and the colleague refuses', async () => {
    const { anna, call, talk, ringing } = await handedOn()
    const before = talk.session.dialog?.callId
    await anna.dropSocket()
    const restarted = practice.desk('2001')
    await restarted.register()
    await ringing.invitation?.reject({ statusCode: 486 })
    const again = await restarted.incoming()
    expect(again.header('In-Reply-To')).toBe(before)
    await again.answer()
    await until('they talk again', () => call.state === 'talking')
  })
})

describe('dialling', () => {
  it('reaches a citizen by number, in national writing too, who answers and speaks', async () => {
    practice = await openPractice({ answerAfterMs: 200 })
    const desk = await practice.readyDesk('2001')
    for (const number of ['+390255510172', '0255510172']) {
      const call = await desk.dial(number)
      expect(call.status).toBe(200)
      await desk.isIn('in-call')
      await until('the citizen is heard', () => call.media.highestLevel > 0.05)
      await call.hangUp()
      // No after-call work for a call that the operator made.
      await desk.isIn('ready')
    }
  })

  it('finds nobody at a number that nobody has, and plays a recording for an emergency number', async () => {
    practice = await openPractice({ answerAfterMs: 50 })
    const desk = await practice.readyDesk('2001')
    expect((await desk.dial('0299999999')).status).toBe(404)
    expect((await desk.dial('nonsense')).status).toBe(404)
    const emergency = await desk.dial('112')
    expect(emergency.status).toBe(200)
    await until('the recording is heard', () => emergency.media.highestLevel > 0.05)
  })

  it('can be cancelled while it rings', async () => {
    practice = await openPractice({ answerAfterMs: 60_000 })
    const desk = await practice.readyDesk('2001')
    const { inviter, answered, call } = desk.ringOut('+390255510172')
    await desk.isIn('in-call')
    await inviter.cancel()
    await answered
    expect(call.status).toBe(487)
    await desk.isIn('ready')
    expect(practice.line.calls()).toEqual([])
  })

  it('reaches a colleague, both ways, and lets a second call wait there', async () => {
    practice = await openPractice()
    const anna = await practice.readyDesk('2001')
    const bruno = await practice.readyDesk('2002')
    const { call, answered } = anna.ringOut('2002')
    const ringing = await bruno.incoming()
    expect(ringing.invitation?.remoteIdentity.uri.user).toBe('2001')
    await ringing.answer()
    await answered
    expect(call.status).toBe(200)
    call.media.speaking = true
    ringing.media.speaking = true
    await until(
      'both hear each other',
      () => call.media.highestLevel > 0.05 && ringing.media.highestLevel > 0.05,
    )

    const carla = await practice.readyDesk('2003')
    const second = carla.ringOut('2002')
    const waiting = await bruno.incoming()
    await waiting.invitation?.reject({ statusCode: 486 })
    await second.answered
    expect(second.call.status).toBe(486)
    await call.hangUp()
    await ringing.ended()
    await bruno.isIn('ready')
    expect((await carla.dial('2003')).status).toBe(486)
  })

  it('is refused to a desk that has not registered', async () => {
    practice = await openPractice()
    const desk = practice.desk('2001')
    await desk.agent.start()
    expect((await desk.dial('+390255510172')).status).toBe(403)
  })
})
