import { describe, expect, it } from 'vitest'
import { throughFailingRelay } from '../support/failing-relay.ts'
import { installPhoneRig } from '../support/phone-rig.ts'
import { answerTo, inDialog } from '../support/sip-relay.ts'
import { credentialsOf, eventually, openTelephone, openTestLine } from '../support/telephone.ts'

const rig = installPhoneRig()

describe('the line goes', () => {
  it('loses its socket in a call: registered again, and the same call goes on', async () => {
    const { handle, id } = await rig.talking()
    const begun = performance.now()
    rig.network.cut()
    await rig.desk.until(() => rig.desk.phone.registration().state === 'away', 'told that it is away')
    expect(rig.desk.phone.calls()).toHaveLength(1)
    await rig.desk.registered()
    console.log(`registered again after a cut, ms: ${Math.round(performance.now() - begun)}`)
    expect(performance.now() - begun).toBeLessThan(2000)
    await eventually(
      () => handle.state,
      (state) => state === 'talking',
      'the line has it again',
    )
    await rig.bothHear(handle, id)
    await rig.desk.until(() => rig.desk.phone.agent().engine.kind === 'in-call', 'the engine is heard again')
    handle.hangUp()
    await rig.desk.call(
      (one) => one.state === 'ended' && one.endReason === 'far-end',
      "the far end's BYE arrives",
    )
  })

  it('breaks as soon as the registration is accepted, again and again: the pauses grow', async () => {
    const { network } = await throughFailingRelay(rig)
    const registeredAt: number[] = []
    rig.desk.phone.on('registration', ({ state }) => {
      if (state !== 'registered' || registeredAt.length === 5) return
      registeredAt.push(performance.now())
      setImmediate(() => network.cut())
    })
    rig.desk.phone.start()
    await rig.desk.until(() => registeredAt.length === 5, 'registered five times')
    const [first = 0, , , , fifth = 0] = registeredAt
    // 250, 500, 1000 and 2000 ms, each less 40 % at the most.
    expect(fifth - first).toBeGreaterThan(2200)
    await rig.desk.registered()
  })

  it('falls silent: noticed within five seconds', async () => {
    const begun = performance.now()
    rig.network.freeze()
    await rig.desk.until(() => rig.desk.phone.registration().state === 'away', 'told that it is away')
    const noticed = performance.now() - begun
    console.log(`dead socket noticed, ms: ${Math.round(noticed)}`)
    expect(noticed).toBeLessThan(5000)
    await rig.desk.until(
      () => rig.desk.phone.registration().retryAt !== null,
      'the next attempt is told',
      15_000,
    )
    rig.network.cut()
    rig.network.thaw()
    rig.desk.phone.retryNow()
    await rig.desk.registered()
  })

  it('ends a call that the line gave up meanwhile', async () => {
    const { handle } = await rig.talking()
    rig.network.freeze()
    rig.network.cut()
    handle.hangUp()
    await rig.desk.until(() => rig.desk.phone.registration().state === 'away', 'away')
    rig.network.cut()
    rig.network.thaw()
    await rig.desk.call((one) => one.state === 'ended', 'it ends')
    expect(rig.desk.told.at(-1)?.endReason).toBe('signalling-lost')
  })

  it('stops ringing when its socket is lost, and rings again with the next offer', async () => {
    const { id } = await rig.ringing()
    rig.network.cut()
    const ended = await rig.desk.call((one) => one.state === 'ended', 'it ends')
    expect(ended).toMatchObject({ id, endReason: 'signalling-lost' })
    await rig.desk.registered()
    await rig.desk.until(() => rig.desk.phone.agent().engine.kind !== 'unknown', 'the engine is heard again')
    await rig.desk.phone.setDesired({ kind: 'ready' })
    await rig.desk.call((one) => one.state === 'ringing' && one.id !== id, 'the same caller rings again')
  })

  it('hangs up at the line what was hung up while it was away', async () => {
    const { handle, id } = await rig.talking()
    rig.network.freeze()
    rig.network.cut()
    await rig.desk.until(() => rig.desk.phone.registration().state === 'away', 'away')
    await rig.desk.phone.hangUp(id)
    expect(rig.desk.told.at(-1)).toMatchObject({ state: 'ended', endReason: 'operator' })
    rig.network.cut()
    rig.network.thaw()
    rig.desk.phone.retryNow()
    await eventually(
      () => handle.end,
      (end) => end === 'operator',
      'the line is told',
    )
  })

  it('hangs up once more what was hung up over a line that was dead already', async () => {
    const { handle, id } = await rig.talking()
    rig.network.freeze()
    await rig.desk.phone.hangUp(id)
    await rig.desk.until(() => rig.desk.phone.registration().state === 'away', 'away')
    expect(handle.end).toBeNull()
    rig.network.cut()
    rig.network.thaw()
    rig.desk.phone.retryNow()
    await eventually(
      () => handle.end,
      (end) => end === 'operator',
      'the line is told',
    )
  })

  it('hangs up at the line what was hung up while it was away, also when the phone is stopped at once', async () => {
    const { handle, id } = await rig.talking()
    rig.network.freeze()
    rig.network.cut()
    await rig.desk.until(() => rig.desk.phone.registration().state === 'away', 'away')
    await rig.desk.phone.hangUp(id)
    rig.network.cut()
    rig.network.thaw()
    await rig.desk.phone.stop()
    await eventually(
      () => handle.end,
      (end) => end === 'operator',
      'the line is told',
    )
  })

  it.each(['403 Forbidden', '503 Service Unavailable'])(
    'answers %s to the registration in a call: it goes on over the connection that is there, to its end',
    async (status) => {
      const relay = await rig.throughRelay()
      const { handle, id } = await rig.talking()
      relay.intercept = (message) => (/^REGISTER /.test(message) ? answerTo(message, status) : null)
      await rig.desk.until(
        () => ['refused', 'away'].includes(rig.desk.phone.registration().state),
        'not registered any more',
      )
      await rig.desk.phone.hold(id, true)
      expect(handle.state).toBe('held')
      await rig.desk.phone.hold(id, false)
      await rig.reload()
      await rig.bothHear(handle, id)
      await rig.desk.phone.hangUp(id)
      await rig.desk.phone.stop()
      await eventually(
        () => handle.end,
        (end) => end === 'operator',
        'the line is told',
      )
    },
  )

  it('loses its socket in a call when no credential is to be had any more: connected again, offered anew, and the BYE arrives', async () => {
    const { relay, network } = await throughFailingRelay(rig)
    rig.desk.phone.start()
    await rig.desk.registered()
    const { handle, id } = await rig.talking()
    rig.credentials = async () => {
      throw new Error('the shift is over')
    }
    relay.intercept = (message) => (/^REGISTER /.test(message) ? answerTo(message, '403 Forbidden') : null)
    await rig.desk.until(() => rig.desk.phone.registration().state === 'refused', 'refused')
    const offersBefore = relay.fromDesk.filter(inDialog).length
    network.cut()
    await eventually(
      () => relay.fromDesk.filter(inDialog).length,
      (offers) => offers > offersBefore,
      'offered anew over another connection',
    )
    // The practice line keeps the citizen for a registration; other exchanges let them talk on.
    await rig.desk.phone.hangUp(id)
    await eventually(
      () => handle.end,
      (end) => end === 'operator',
      'the line is told',
    )
  })

  it('loses its socket in a held call, and the registrar says nothing over the new one, which is kept: offered anew', async () => {
    const { relay, network } = await throughFailingRelay(rig)
    rig.desk.phone.start()
    await rig.desk.registered()
    const { id } = await rig.talking()
    // Nothing is heard of who is held, so that no silence makes an offer.
    await rig.desk.phone.hold(id, true)
    relay.intercept = (message) => (/^REGISTER /.test(message) ? '' : null)
    const offers = () => relay.fromDesk.filter(inDialog).length
    const asked = () => relay.fromDesk.filter((message) => /^REGISTER /.test(message)).length
    const before = { offers: offers(), asked: asked(), connections: relay.connections() }
    network.cut()
    await eventually(
      asked,
      (now) => now >= before.asked + 2,
      'asked to register, and again after it said nothing',
    )
    expect(relay.connections()).toBe(before.connections + 1)
    await eventually(offers, (now) => now > before.offers, 'offered anew')
  })

  it('sends the BYE of what was hung up over a dead line, also when the registrar says nothing over the next one', async () => {
    const { relay, network } = await throughFailingRelay(rig)
    rig.desk.phone.start()
    await rig.desk.registered()
    const { id } = await rig.talking()
    relay.intercept = (message) => (/^REGISTER /.test(message) ? '' : null)
    network.freeze()
    await rig.desk.phone.hangUp(id)
    network.cut()
    network.thaw()
    await eventually(
      () => relay.fromDesk.some((message) => /^BYE /.test(message)),
      (said) => said,
      'the line is told',
    )
  })

  it('restarts: registered again and the wish is said again', async () => {
    await rig.desk.phone.setDesired({ kind: 'ready' })
    await rig.desk.until(() => rig.desk.phone.agent().engine.kind === 'ready', 'ready')
    const port = Number(new URL(rig.line.sipUrl).port)
    await rig.line.close()
    await rig.desk.until(() => rig.desk.phone.registration().state === 'away', 'away')
    expect(rig.desk.phone.agent()).toMatchObject({ desired: { kind: 'ready' }, engine: { kind: 'unknown' } })
    rig.line = await openTestLine(port)
    await rig.desk.registered()
    await rig.desk.until(() => rig.desk.phone.agent().engine.kind === 'ready', 'ready at the new engine')
  })

  it('refuses the credential: asked for anew until one is good', async () => {
    await rig.desk.phone.stop()
    let asked = 0
    rig.credentials = async () => {
      asked++
      const good = credentialsOf('2001', rig.line.sipUrl, rig.line.queueUrl)
      return asked < 3 ? { ...good, password: 'wrong' } : good
    }
    rig.desk.phone.start()
    await rig.desk.until(() => rig.desk.phone.registration().state === 'refused', 'told that it is refused')
    expect(rig.desk.phone.registration().retryAt).not.toBeNull()
    await rig.desk.registered()
    expect(asked).toBe(3)
  })
})

describe('the credential', () => {
  it('is renewed before it expires, without a gap', async () => {
    await rig.desk.phone.stop()
    let asked = 0
    rig.credentials = async () => {
      asked++
      return credentialsOf('2001', rig.line.sipUrl, rig.line.queueUrl, asked === 1 ? 61 : 3600)
    }
    rig.desk.phone.start()
    await rig.desk.registered()
    const states: string[] = []
    const off = rig.desk.phone.on('registration', ({ state }) => states.push(state))
    await eventually(
      () => asked,
      (times) => times === 2,
      'asked again',
    )
    off()
    expect(states.filter((state) => state !== 'registered')).toEqual([])
  })
})

describe('another caller', () => {
  it('is told busy while a call is live', async () => {
    await rig.ringing()
    const other = openTelephone(rig.media.media, async () => credentialsOf('2002', rig.line.sipUrl, null))
    other.phone.start()
    await other.registered()
    try {
      const id = await other.phone.dial('2001')
      expect(await other.call((one) => one.id === id && one.state === 'ended', 'refused')).toMatchObject({
        endReason: 'busy',
      })
      expect(other.phone.agent().engine.kind).toBe('unknown')
      expect(rig.desk.phone.calls()).toHaveLength(1)
    } finally {
      await other.phone.stop()
    }
  })
})
