import { setTimeout as delay } from 'node:timers/promises'
import { beforeEach, describe, expect, it } from 'vitest'
import { installPhoneRig } from '../support/phone-rig.ts'
import { answerTo, inDialog, type SipRelay } from '../support/sip-relay.ts'
import { credentialsOf, eventually } from '../support/telephone.ts'

const rig = installPhoneRig()

/** The far end's BYE in the dialog that its 2xx made. */
function byeFrom(invite: string, answer: string): string {
  const header = (message: string, name: string) =>
    new RegExp(`^${name}: *(.*)$`, 'im').exec(message)?.[1]?.trim() ?? ''
  const contact = /<([^>]+)>/.exec(header(invite, 'Contact'))?.[1] ?? ''
  return [
    `BYE ${contact} SIP/2.0`,
    'Via: SIP/2.0/WS far.invalid;branch=z9hG4bKbye',
    `From: ${header(answer, 'To')}`,
    `To: ${header(answer, 'From')}`,
    `Call-ID: ${header(answer, 'Call-ID')}`,
    'CSeq: 900 BYE',
    'Max-Forwards: 70',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n')
}

/** The exchange's new offer in the dialog of the INVITE that it rang with. */
function offerIn(invite: string, answer: string): string {
  const header = (message: string, name: string) =>
    new RegExp(`^${name}: *(.*)$`, 'im').exec(message)?.[1]?.trim() ?? ''
  const contact = /<([^>]+)>/.exec(header(answer, 'Contact'))?.[1] ?? ''
  const [, description = ''] = invite.split('\r\n\r\n')
  return [
    `INVITE ${contact} SIP/2.0`,
    'Via: SIP/2.0/WS far.invalid;branch=z9hG4bKoffer',
    `From: ${header(answer, 'From')}`,
    `To: ${header(answer, 'To')}`,
    `Call-ID: ${header(answer, 'Call-ID')}`,
    'CSeq: 900 INVITE',
    `Contact: ${header(invite, 'Contact')}`,
    'Max-Forwards: 70',
    'Content-Type: application/sdp',
    `Content-Length: ${Buffer.byteLength(description)}`,
    '',
    description,
  ].join('\r\n')
}

function inviteTo(contact: string): string {
  return [
    `INVITE ${contact} SIP/2.0`,
    'Via: SIP/2.0/WS far.invalid;branch=z9hG4bKlate',
    'From: <sip:+390255510143@far.invalid>;tag=late',
    `To: <${contact}>`,
    'Call-ID: late',
    'CSeq: 1 INVITE',
    'Contact: <sip:far@far.invalid;transport=ws>',
    'Max-Forwards: 70',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n')
}

describe('an exchange of another kind', () => {
  let relay: SipRelay

  beforeEach(async () => {
    relay = await rig.throughRelay()
  })

  const question = (message: string): boolean => /^REGISTER /.test(message) && !/^Contact:/im.test(message)

  it.each(['400 Missing Contact Header', '403 Forbidden', '404 Not Found', '100 Trying'])(
    'refuses to say what it holds (%s): stays registered, and is not asked for ever',
    async (status) => {
      const { line, ...credential } = await rig.credentials()
      rig.credentials = async () => ({ ...credential, line: { ...line, registrationCheckSeconds: 1 } })
      await rig.desk.phone.stop()
      relay.fromDesk.length = 0
      relay.intercept = (message) => (question(message) ? answerTo(message, status) : null)
      rig.desk.phone.start()
      await rig.desk.registered()
      await rig.talking()
      const told: string[] = []
      rig.desk.phone.on('registration', ({ state }) => told.push(state))
      const sent = () => relay.fromDesk
      const questions = () => sent().filter(question).length
      const granted = () => sent().filter((m) => /^REGISTER .*[\s\S]*^Authorization:/im.test(m)).length
      await eventually(() => granted() >= 2 && questions() > 0, Boolean, 'it registers upon the refusal')
      const before = questions()
      // That no further one comes is known by no signal: the time of three passes.
      await delay(3500)
      expect(questions()).toBe(before)
      expect(told.filter((state) => state !== 'registered')).toEqual([])
      expect(sent().filter(inDialog)).toEqual([])
      expect(rig.present()?.state).toBe('active')
    },
  )

  it('is asked before each renewal, if no oftener: a desk that another one has replaced does not take the extension back', async () => {
    const { line, ...credential } = await rig.credentials()
    rig.credentials = async () => ({ ...credential, line: { ...line, registrationCheckSeconds: 0 } })
    await rig.desk.phone.stop()
    // Renewed after three seconds.
    relay.toDesk = (message) => message.replace(/(^Contact: .*;expires=)\d+/im, '$14')
    rig.desk.phone.start()
    await rig.desk.registered()
    const second = (await rig.colleague('2001')).desk
    const state = () => rig.desk.phone.registration().state
    await rig.desk.until(() => state() === 'elsewhere', 'the first is told')
    expect(second.phone.registration().state).toBe('registered')
  })

  it('lists our binding with the address that it came from, as Asterisk does: registered, and no other desk is seen', async () => {
    await rig.desk.phone.stop()
    relay.toDesk = (message) =>
      message.replace(/^(Contact: <sip:[^@]+@)[^;>]+\.invalid/gim, '$1127.0.0.1:40123')
    rig.desk.phone.start()
    await rig.desk.registered()
    expect(rig.desk.phone.registration().otherDesks).toBe(0)
    const second = (await rig.colleague('2001', relay.url)).desk
    await rig.desk.until(() => rig.desk.phone.registration().state === 'elsewhere', 'the first is told')
    expect(second.phone.registration()).toMatchObject({ state: 'registered', otherDesks: 0 })
  })

  it('lets one branch of a fork be heard before the answer, and another answers: both hear each other', async () => {
    const { phone, until, call } = rig.desk
    let described = ''
    relay.toDesk = (message) => {
      if (/^SIP\/2\.0 200 [\s\S]*^CSeq: \d+ INVITE/im.test(message))
        described = message.split('\r\n\r\n')[1] ?? ''
      return message
    }
    const first = await phone.dial('02 5551 0150')
    await call((one) => one.id === first && one.state === 'active', 'somebody answers')
    await phone.hangUp(first)
    const branch = described
    relay.toDesk = (message) =>
      /^SIP\/2\.0 180 /.test(message)
        ? message
            .replace(/^SIP\/2\.0 180 .*$/m, 'SIP/2.0 183 Session Progress')
            .replace(/^(To: .*;tag=).*$/im, '$1another')
            .replace(
              /^Content-Length: .*$/im,
              `Content-Type: application/sdp\r\nContent-Length: ${branch.length}`,
            )
            .concat(branch)
        : message
    const second = await phone.dial('02 5551 0150')
    await call((one) => one.id === second && one.progress === 'audible', 'one branch is heard')
    await until(
      () => phone.calls().some(({ id, media }) => id === second && media === 'flowing'),
      'another answers',
    )
    await rig.isHeardHere(second)
  })

  it('sends nonsense in the middle of a call, and nothing else stops', async () => {
    const { handle, id } = await rig.talking()
    for (const message of [
      'INVITE nonsense',
      '\0'.repeat(100),
      `OPTIONS sip:2001@x SIP/2.0\r\nX: ${'a'.repeat(70_000)}\r\n\r\n`,
      'INVITE sip:2001@x SIP/2.0\r\nVia: ;;;\r\nFrom: <<<\r\nTo: \r\nCall-ID: 1\r\nCSeq: x\r\n\r\n',
      'SIP/2.0 200 OK\r\nVia: SIP/2.0/WS nobody.invalid\r\nContact: <<>>;expires=;;\r\nCSeq: 1\r\n\r\n',
    ]) {
      relay.say(message)
    }
    await rig.desk.phone.hold(id, true)
    await rig.desk.phone.hold(id, false)
    await rig.bothHear(handle, id)
  })

  it('cannot take a new offer in the dialog: a new dialog replaces it, and the call goes on', async () => {
    const { handle, id } = await rig.talking()
    await rig.desk.phone.mute(id, true)
    relay.intercept = (message) =>
      /^INVITE /.test(message) && /^To:.*;tag=/im.test(message)
        ? answerTo(message, '488 Not Acceptable Here')
        : null
    const attachedAt = await rig.reload()
    await rig.desk.until(() => rig.present()?.media === 'flowing', 'audio is back')
    console.log(
      `audio back by Replaces after the page attached, ms: ${Math.round(performance.now() - attachedAt)}`,
    )
    relay.intercept = () => null
    expect(relay.fromDesk.filter((message) => /^Replaces:/im.test(message)).length).toBeGreaterThan(0)
    expect(rig.desk.phone.calls()).toMatchObject([{ id, state: 'active', muted: true }])
    await eventually(
      () => handle.mediaStats().receivedLevel,
      (level) => level < 0.001,
      'still muted',
    )
    await rig.desk.phone.mute(id, false)
    await rig.bothHear(handle, id)
    await rig.desk.phone.hold(id, true)
    await eventually(
      () => handle.state,
      (state) => state === 'held',
      'the new dialog can be held',
    )
    await rig.desk.phone.hold(id, false)
    await rig.desk.phone.hangUp(id)
    await eventually(
      () => handle.end,
      (end) => end === 'operator',
      'the line knows',
    )
  })

  it('cancels because a colleague took the call: not a missed call', async () => {
    relay.toDesk = (message) =>
      message.replace(/^(CANCEL [^\r]*\r\n)/, '$1Reason: SIP;cause=200;text="Call completed elsewhere"\r\n')
    const { handle } = await rig.ringing()
    handle.hangUp()
    await rig.desk.call((one) => one.state === 'ended' && one.endReason === 'elsewhere', 'it ends')
  })

  it('ends a dialled call before its answer is applied: the call is over, and the desk is free', async () => {
    let invite = ''
    relay.toDesk = (message) => {
      if (/^SIP\/2\.0 200/.test(message) && /^CSeq: \d+ INVITE/im.test(message) && invite === '') {
        invite = relay.fromDesk.find((sent) => /^INVITE /.test(sent)) ?? ''
        setImmediate(() => relay.say(byeFrom(invite, message)))
      }
      return message
    }
    await rig.desk.phone.dial('+390255510150')
    await rig.desk.call((one) => one.state === 'ended' && one.endReason === 'far-end', 'it ends')
    expect(rig.desk.phone.calls()).toEqual([])
    // The line knows nothing of that BYE and says that the operator is busy; the desk is free to ask it.
    const next = await rig.desk.phone.dial('+390255510150')
    await rig.desk.call((one) => one.id === next && one.endReason === 'busy', 'the line is asked')
    await rig.desk.phone.stop()
    expect(rig.desk.phone.registration().state).toBe('off')
  })

  it('offers a call to who is just leaving: refused at once, and nothing is left of it', async () => {
    let contact = ''
    relay.intercept = (message) => {
      if (contact !== '' || !/^REGISTER [\s\S]*^Expires: 0\r$/im.test(message)) return null
      contact = /^Contact: *<([^>]+)>/im.exec(message)?.[1] ?? ''
      relay.say(inviteTo(contact))
      return null
    }
    await rig.desk.phone.stop()
    expect(contact).not.toBe('')
    const refused = relay.fromDesk.filter((message) => /^SIP\/2\.0 480[\s\S]*^CSeq: 1 INVITE/im.test(message))
    expect(refused).toHaveLength(1)
    expect(rig.desk.phone.calls()).toEqual([])
  })

  it('refuses a new dialog after a reload whose first packets are late: offered by itself until they come', async () => {
    const { handle, id } = await rig.talking()
    relay.intercept = (message) =>
      /^INVITE [\s\S]*^Replaces:/im.test(message) ? answerTo(message, '420 Bad Extension') : null
    // As after the way through a relay that takes longer than a second: the word of the first packets comes late.
    const tell = rig.media.media.tell.bind(rig.media.media)
    rig.media.media.tell = (notice) => {
      const replaced = relay.fromDesk.some((message) => /^Replaces:/im.test(message))
      if (notice.type !== 'packets' || replaced) tell(notice)
    }
    await rig.reload()
    await eventually(
      () => relay.fromDesk.some((message) => /^Replaces:/im.test(message)),
      (asked) => asked,
      'another dialog is asked for',
    )
    await rig.desk.until(() => rig.present()?.media === 'flowing', 'audio is back')
    await rig.bothHear(handle, id)
  })

  it.each([
    ['takes long, so that we cancel it', '100 Trying', '487 Request Terminated'],
    ['is busy', '503 Service Unavailable', ''],
  ])('%s with a new dialog: asked for one again', async (_, first, afterCancel) => {
    const { handle, id } = await rig.talking()
    let asked = ''
    relay.intercept = (message) => {
      if (inDialog(message)) return answerTo(message, '488 Not Acceptable Here')
      if (/^CANCEL /.test(message)) {
        relay.say(answerTo(asked, afterCancel))
        return answerTo(message, '200 OK')
      }
      if (asked !== '' || !/^INVITE [\s\S]*^Replaces:/im.test(message)) return null
      asked = message
      return answerTo(message, first)
    }
    await rig.reload()
    await rig.desk.until(() => rig.present()?.media === 'flowing', 'audio is back')
    await rig.bothHear(handle, id)
  })

  it('gets no offer after a reload, for the microphone does not open yet: offered once it does', async () => {
    const { handle, id } = await rig.talking()
    await rig.media.context.clearPermissions()
    await rig.reload()
    await eventually(
      () => rig.present()?.media,
      (media) => media === 'lost',
      'told that nothing is heard',
    )
    await delay(1000)
    await rig.media.context.grantPermissions(['microphone'])
    await rig.desk.until(() => rig.present()?.media === 'flowing', 'audio is back')
    await rig.bothHear(handle, id)
  })

  it('refuses a hold and offers anew itself: the citizen is spoken with', async () => {
    let invite = ''
    relay.toDesk = (message) => {
      if (invite === '' && /^INVITE /.test(message)) invite = message
      return message
    }
    const { id } = await rig.talking()
    relay.intercept = (message) => (inDialog(message) ? answerTo(message, '488 Not Acceptable Here') : null)
    await expect(rig.desk.phone.hold(id, true)).rejects.toMatchObject({ params: { status: 488 } })
    expect(rig.present()?.state).toBe('active')
    const answers = () =>
      relay.fromDesk.filter((message) => /^SIP\/2\.0 200[\s\S]*^CSeq: \d+ INVITE/im.test(message))
    const [answer = ''] = answers()
    relay.say(offerIn(invite, answer))
    await eventually(answers, (all) => all.length > 1, 'the new offer is answered')
    expect(answers().at(-1)).toContain('a=sendrecv')
  })

  it('does not list our binding in its answer: not registered, whatever it says', async () => {
    await rig.desk.phone.stop()
    relay.intercept = (message) => (/^REGISTER /.test(message) ? answerTo(message, '200 OK') : null)
    rig.desk.phone.start()
    await rig.desk.until(() => rig.desk.phone.registration().state === 'away', 'away')
    relay.intercept = () => null
    await rig.desk.registered()
  })

  it('is on another machine and without TLS: nothing is sent there', async () => {
    await rig.desk.phone.stop()
    const good = rig.credentials
    rig.credentials = async () => credentialsOf('2001', 'ws://192.0.2.1/', null)
    rig.desk.phone.start()
    await rig.desk.until(() => rig.desk.phone.registration().retryAt !== null, 'refused')
    expect(rig.desk.phone.registration().state).not.toBe('registered')
    rig.credentials = good
    await rig.desk.registered()
  })
})
