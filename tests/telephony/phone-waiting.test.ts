import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Call } from '../../src/contract/domain/call.ts'
import { defaultLine, type LineConfiguration } from '../../src/contract/domain/line.ts'
import { installPhoneRig } from '../support/phone-rig.ts'
import { answerTo } from '../support/sip-relay.ts'
import { eventually } from '../support/telephone.ts'

const rig = installPhoneRig()
const present = (id: string): Call | undefined => rig.desk.phone.calls().find((call) => call.id === id)

/** The same desk at an exchange that is configured otherwise. */
async function configured(line: Partial<LineConfiguration>): Promise<void> {
  await rig.desk.phone.stop()
  const before = rig.credentials
  rig.credentials = async () => ({ ...(await before()), line: { ...defaultLine, ...line } })
  rig.desk.phone.start()
  await rig.desk.registered()
}

/** The same desk at an exchange whose calls ask to answer themselves. */
async function asksToAnswerItself(after: number, line: Partial<LineConfiguration> = { autoAnswer: true }) {
  const relay = await rig.throughRelay(line)
  relay.toDesk = (message) =>
    message.replace(/^(INVITE [^\r]*\r\n)/, `$1Call-Info: <sip:line>;answer-after=${after}\r\n`)
}

describe('a call that comes while another is spoken on', () => {
  it('waits, holds the first when it is answered, and both can be gone back to, also after a reload', async () => {
    const colleague = await rig.colleague('2002')
    const { handle, id } = await rig.talking()
    const theirs = await colleague.desk.phone.dial('2001')
    const waiting = await rig.desk.call((call) => call.state === 'ringing' && call.id !== id, 'it waits')
    expect(present(id)?.state).toBe('active')
    await rig.desk.phone.answer(waiting.id)
    await rig.desk.until(() => present(waiting.id)?.state === 'active', 'answered')
    expect(present(id)?.state).toBe('held')
    await eventually(
      () => handle.state,
      (state) => state === 'held',
      'the citizen is held',
    )
    await colleague.heard(theirs)
    await rig.reload()
    await rig.desk.until(() => present(waiting.id)?.media === 'flowing', 'audio is back')
    expect(rig.desk.phone.calls()).toMatchObject([
      { id, state: 'held' },
      { id: waiting.id, state: 'active' },
    ])
    expect(handle.state).toBe('held')
    await rig.isHeardHere(waiting.id)
    await rig.desk.phone.hangUp(waiting.id)
    expect(present(id)?.state).toBe('held')
    await rig.desk.phone.hold(id, false)
    await rig.bothHear(handle, id)
  })

  it('is told busy where the site wants it so', async () => {
    await configured({ callWaiting: false })
    const colleague = await rig.colleague('2002')
    await rig.talking()
    const theirs = await colleague.desk.phone.dial('2001')
    const ended = await colleague.desk.call((call) => call.id === theirs && call.state === 'ended', 'refused')
    expect(ended.endReason).toBe('busy')
  })
})

describe('a ringing call', () => {
  it('is ignored: silent here, still offered, and can be answered', async () => {
    const { handle, id } = await rig.ringing()
    await eventually(
      () => rig.media.media.sounding,
      (on) => on,
      'it rings',
    )
    rig.desk.phone.ignore(id)
    await eventually(
      () => rig.media.media.sounding,
      (on) => !on,
      'it is silent',
    )
    expect(handle.state).toBe('ringing')
    await rig.desk.phone.answer(id)
    await rig.bothHear(handle, id)
  })

  it('says whom it was for before', async () => {
    const { phone, until } = rig.desk
    await phone.setDesired({ kind: 'ready' })
    await until(() => phone.agent().engine.kind === 'ready', 'ready')
    rig.line.place('talker', {
      divertedFrom: { number: '+390255510100', displayName: 'Centralino', reason: 'no-answer' },
    })
    expect(await rig.desk.call((call) => call.state === 'ringing', 'it rings')).toMatchObject({
      diversions: [{ number: '+390255510100', displayName: 'Centralino', reason: 'no-answer' }],
    })
  })

  it.each([true, false])('answers itself only if the site allows it: %s', async (autoAnswer) => {
    await asksToAnswerItself(0, { autoAnswer })
    const { handle, id, call } = await rig.ringing()
    expect(call.autoAnswer).toBe(autoAnswer)
    if (!autoAnswer) return expect(present(id)?.state).toBe('ringing')
    await rig.desk.until(() => present(id)?.state === 'active', 'it answers itself')
    await rig.bothHear(handle, id)
  })
})

describe('a call that is to answer itself', () => {
  const sounds = (wanted: boolean) =>
    eventually(
      () => rig.media.media.sounding,
      (on) => on === wanted,
      wanted ? 'it rings' : 'it is silent',
    )
  const byHand = (id: string) =>
    rig.desk.until(() => present(id)?.autoAnswer === false, 'it does not answer itself any more')

  it('rings when the page is away: heard as soon as it is back', async () => {
    await asksToAnswerItself(1)
    const { handle, id } = await rig.ringing()
    await rig.media.page.goto('about:blank')
    await byHand(id)
    expect(present(id)?.state).toBe('ringing')
    await rig.media.page.goBack()
    await sounds(true)
    await rig.desk.phone.answer(id)
    await rig.bothHear(handle, id)
  })

  it('rings when the microphone fails, and is silent when the caller gives up', async () => {
    await asksToAnswerItself(1)
    const { handle, id } = await rig.ringing()
    // Without a microphone a page that nobody has touched may make no sound.
    await rig.media.page.mouse.click(10, 10)
    await rig.media.context.clearPermissions()
    await byHand(id)
    await sounds(true)
    handle.hangUp()
    await rig.desk.call((call) => call.id === id && call.state === 'ended', 'the caller gives up')
    await sounds(false)
  })

  it('does not once another call is live: that one is spoken on, and this one rings', async () => {
    await asksToAnswerItself(3)
    const { id } = await rig.ringing()
    const other = await rig.desk.phone.dial('+390255510150')
    await rig.desk.until(() => present(other)?.state === 'active', 'the other one is spoken on')
    expect(present(id)).toMatchObject({ state: 'ringing', autoAnswer: true })
    await byHand(id)
    await rig.isHeardHere(other)
    expect(rig.desk.phone.calls()).toMatchObject([
      { id, state: 'ringing' },
      { id: other, state: 'active' },
    ])
    expect(rig.desk.told.some((call) => call.id === other && call.state === 'held')).toBe(false)
  })
})

describe('DTMF', () => {
  it('goes by INFO where the site wants it so', async () => {
    const relay = await rig.throughRelay({ dtmf: 'info' })
    const { handle, id } = await rig.talking()
    await rig.desk.phone.dtmf(id, '4#')
    await eventually(
      () => handle.digits,
      (digits) => digits === '4#',
      'the digits arrive',
    )
    expect(relay.fromDesk.filter((message) => /^INFO /.test(message))).toHaveLength(2)
  })
})

describe('an exchange that is silent about a transfer', () => {
  it('has our leg ended all the same, after the time that the site gives it', async () => {
    const relay = await rig.throughRelay({ transferPatienceSeconds: 2, userToUser: 'header' })
    relay.intercept = (message) => (/^REFER /.test(message) ? answerTo(message, '202 Accepted') : null)
    const { handle, id } = await rig.talking()
    await rig.desk.phone.transfer(id, '2002')
    const refer = relay.fromDesk.find((message) => /^REFER /.test(message)) ?? ''
    expect(refer).toMatch(/^User-to-User: 04[0-9a-f]+;encoding=hex\r$/im)
    expect(refer).toMatch(/^Refer-To: <sip:2002@[^?>]+>\r$/im)
    const begun = performance.now()
    expect(await rig.desk.call((call) => call.state === 'ended', 'our leg ends')).toMatchObject({
      id,
      endReason: 'transferred',
    })
    expect(performance.now() - begun).toBeLessThan(4000)
    await eventually(
      () => handle.end,
      (end) => end === 'operator',
      'the line got our BYE',
    )
  })
})

describe('a transfer that failed', () => {
  it('is not waited for any more: the next one is not ended by it, and the citizen is back once more', async () => {
    const relay = await rig.throughRelay({ transferPatienceSeconds: 2 })
    // That it rings would be waited for three times as long.
    relay.toDesk = (message) => message.replace('SIP/2.0 180 Ringing', 'SIP/2.0 100 Trying ')
    const colleague = await rig.colleague('2002')
    const { handle, id } = await rig.talking()
    await rig.desk.phone.transfer(id, '2002')
    const there = await colleague.desk.call((call) => call.state === 'ringing', 'the colleague is rung')
    await colleague.desk.phone.reject(there.id)
    await rig.desk.until(() => present(id)?.transfer?.state === 'failed', 'it has failed')
    relay.intercept = (message) => (/^REFER /.test(message) ? '' : null)
    await expect(rig.desk.phone.transfer(id, '2002')).rejects.toMatchObject({ code: 'transfer-refused' })
    await rig.desk.until(() => present(id)?.state === 'active', 'the citizen is back')
    await rig.bothHear(handle, id)
  })
})

describe('a transfer during which the line is away', () => {
  it('is not taken for done while nothing can be heard of it: whom the colleague refused meanwhile comes back', async () => {
    await configured({ transferPatienceSeconds: 1 })
    const colleague = await rig.colleague('2002')
    const { handle, id } = await rig.talking()
    await rig.desk.phone.transfer(id, '2002')
    const there = await colleague.desk.call((call) => call.state === 'ringing', 'the colleague is rung')
    await rig.desk.until(() => present(id)?.transfer?.state === 'ringing', 'told that it rings')
    rig.network.freeze()
    rig.network.cut()
    await rig.desk.until(() => rig.desk.phone.registration().state === 'away', 'the line is away')
    await colleague.desk.phone.reject(there.id)
    // That nothing is decided is known by no signal: three times the patience pass.
    await delay(3500)
    expect(present(id)).toMatchObject({ state: 'held', changing: 'transfer' })
    rig.network.cut()
    rig.network.thaw()
    await rig.desk.registered()
    await rig.desk.until(() => present(id)?.state === 'active', 'the citizen is back')
    expect(present(id)?.transfer).toMatchObject({ state: 'failed', failure: 'signalling-lost' })
    expect(handle.end).toBeNull()
    await rig.bothHear(handle, id)
  })
})

describe('what the far end says of a transfer', () => {
  it('counts for the one that it names: a late word of one that was given up decides nothing', async () => {
    const relay = await rig.throughRelay()
    const refers = () => relay.fromDesk.filter((message) => /^REFER /.test(message))
    let agrees = false
    relay.intercept = (message) =>
      /^REFER /.test(message) ? (agrees ? answerTo(message, '202 Accepted') : '') : null
    const { id } = await rig.talking()
    await expect(rig.desk.phone.transfer(id, '2002')).rejects.toMatchObject({ code: 'transfer-refused' })
    agrees = true
    await rig.desk.phone.transfer(id, '2003')
    const [first = '', second = ''] = refers()
    relay.say(notify(first, 1001, '200 OK'))
    relay.say(notify(second, 1002, '180 Ringing'))
    await rig.desk.until(() => present(id)?.transfer?.state === 'ringing', 'the second one rings')
    expect(present(id)).toMatchObject({ changing: 'transfer', transfer: { to: '2003' } })
    relay.say(notify(second, 1003, '486 Busy Here'))
    await rig.desk.until(() => present(id)?.transfer?.state === 'failed', 'it has failed')
    expect(present(id)?.transfer).toMatchObject({ to: '2003', failure: 'busy' })
  })
})

describe('an exchange that agrees to a transfer and hangs up', () => {
  async function agreeing(says: (refer: string) => string[]): Promise<void> {
    const relay = await rig.throughRelay()
    relay.intercept = (message) => {
      if (!/^REFER /.test(message)) return null
      for (const said of [answerTo(message, '202 Accepted'), ...says(message)]) relay.say(said)
      return ''
    }
  }
  const bye = (refer: string) => inDialogOf(refer, 'BYE', 1009)

  it.each([
    ['without a word of how it went', 'handed on, and not hung up', 'transferred', []],
    ['after it has said that it tries', 'handed on, and not hung up', 'transferred', ['100 Trying']],
    ['after it has said that it rings', 'gave up while it rang', 'far-end', ['180 Ringing']],
  ] as const)('has the citizen, %s: %s', async (_, __, endReason, words) => {
    await agreeing((refer) => [...words.map((word, i) => notify(refer, 1001 + i, word)), bye(refer)])
    const { id } = await rig.talking()
    await rig.desk.phone.transfer(id, '2002')
    expect(await rig.desk.call((call) => call.state === 'ended', 'our leg ends')).toMatchObject({
      id,
      endReason,
      transfer: { to: '2002' },
    })
  })

  it('has the colleague too, whom we consulted', async () => {
    await agreeing((refer) => [bye(refer)])
    const { id } = await rig.talking()
    const consultation = await rig.desk.phone.consult(id, 'team-civil-services')
    await rig.desk.until(() => present(consultation)?.state === 'active', 'the colleague answers')
    await rig.desk.phone.completeTransfer(id)
    await rig.desk.until(() => rig.desk.phone.calls().length === 0, 'we are out of it')
    const ended = rig.desk.told.filter((call) => call.state === 'ended')
    expect(ended.map(({ endReason }) => endReason)).toEqual(['transferred', 'transferred'])
  })

  it('has not agreed when it hangs up before: the citizen has', async () => {
    const relay = await rig.throughRelay()
    relay.intercept = (message) => (/^REFER /.test(message) ? bye(message) : null)
    const { id } = await rig.talking()
    void rig.desk.phone.transfer(id, '2002').catch(() => undefined)
    expect(await rig.desk.call((call) => call.state === 'ended', 'our leg ends')).toMatchObject({
      id,
      endReason: 'far-end',
    })
  })
})

/** What the far end of a REFER says in its dialog. */
function inDialogOf(
  refer: string,
  method: string,
  cseq: number,
  headers: readonly string[] = [],
  body = '',
): string {
  const header = (name: string) => new RegExp(`^${name}: ([^\r]*)`, 'im').exec(refer)?.[1] ?? ''
  return [
    `${method} ${/<([^>]+)>/.exec(header('Contact'))?.[1]} SIP/2.0`,
    `Via: SIP/2.0/WS line.invalid;branch=z9hG4bK${cseq}`,
    `From: ${header('To')}`,
    `To: ${header('From')}`,
    `Call-ID: ${header('Call-ID')}`,
    `CSeq: ${cseq} ${method}`,
    'Max-Forwards: 70',
    ...headers,
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n')
}

/** How far it has come (RFC 3515 2.4.4). */
function notify(refer: string, cseq: number, status: string): string {
  const id = parseInt(/^CSeq: (\d+)/im.exec(refer)?.[1] ?? '', 10)
  return inDialogOf(
    refer,
    'NOTIFY',
    cseq,
    [`Event: refer;id=${id}`, 'Subscription-State: active;expires=60', 'Content-Type: message/sipfrag'],
    `SIP/2.0 ${status}\r\n`,
  )
}

describe('the page reloads', () => {
  it('at an exchange that accepts the new offer and gives it no sound: a new dialog replaces it', async () => {
    const { phone, until } = rig.desk
    await phone.setDesired({ kind: 'ready' })
    await until(() => phone.agent().engine.kind === 'ready', 'ready')
    const handle = rig.line.place('talker', { deafToNewOffers: true })
    const { id } = await rig.desk.call((call) => call.state === 'ringing', 'it rings')
    await phone.answer(id)
    await rig.bothHear(handle, id)
    await phone.mute(id, true)
    const attachedAt = await rig.reload()
    await until(() => present(id)?.media === 'flowing', 'audio is back')
    console.log(
      `audio back by Replaces after the page attached, ms: ${Math.round(performance.now() - attachedAt)}`,
    )
    expect(performance.now() - attachedAt).toBeGreaterThan(900)
    expect(present(id)).toMatchObject({ id, state: 'active', muted: true })
    await phone.mute(id, false)
    await rig.bothHear(handle, id)
  })

  it('in a consultation: both calls are as they were', async () => {
    const colleague = await rig.colleague('2002')
    const { handle, id } = await rig.talking()
    const consultation = await rig.desk.phone.consult(id, '2002')
    const there = await colleague.desk.call((call) => call.state === 'ringing', 'the colleague is rung')
    await colleague.desk.phone.answer(there.id)
    await rig.isHeardHere(consultation)
    await rig.reload()
    await rig.desk.until(() => present(consultation)?.media === 'flowing', 'audio is back')
    await colleague.heard(there.id)
    expect(rig.desk.phone.calls()).toMatchObject([
      { id, state: 'held' },
      { id: consultation, state: 'active', consultsFor: id },
    ])
    expect(handle.state).toBe('held')
    await rig.desk.phone.cancelTransfer(id)
    await rig.desk.until(() => present(id)?.state === 'active', 'the citizen is back')
    await rig.bothHear(handle, id)
  })
})
