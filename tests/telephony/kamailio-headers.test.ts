import { describe, expect, it } from 'vitest'
import { defaultLine, type LineConfiguration } from '../../src/contract/domain/line.ts'
import { installKamailioRig } from '../support/kamailio-rig.ts'
import {
  type Caller,
  cancellingCaller,
  digitsCaller,
  refusedCaller,
  talkingCaller,
} from '../support/sipp/scenario.ts'

const rig = installKamailioRig()

const caller = (more: Partial<Caller> = {}): Caller => ({
  ...{ number: '100', displayName: 'Switchboard', asserted: null },
  ...more,
})
const ada = '+390255510143'
const bruno = '+390255510199'

/** The same desk at a site that is configured otherwise. */
async function configured(line: Partial<LineConfiguration>): Promise<void> {
  await rig.desk.phone.stop()
  const before = rig.credentials
  rig.credentials = async () => ({ ...(await before()), line: { ...defaultLine, ...line } })
  rig.desk.phone.start()
  await rig.desk.registered()
}

describe('what Kamailio hands on of a trunk’s INVITE', () => {
  it('is who calls by Remote-Party-ID where nobody is asserted, whom it was for, and the queue by the site’s own headers', async () => {
    await configured({ headers: { queue: 'X-Coda', reason: 'X-Motivo', waited: 'X-Attesa' } })
    const { trunk, call } = await rig.ringing(
      cancellingCaller(
        caller({
          headers: [
            `Remote-Party-ID: "Ada Caller" <sip:${ada}@carrier.invalid>;party=calling;screen=yes`,
            'Diversion: "Centralino" <sip:+390255510100@carrier.invalid>;reason=no-answer',
            'X-Queue: not-this-one',
            'X-Coda: anagrafe',
            'X-Motivo: carta',
            'X-Attesa: 75',
          ],
        }),
      ),
    )
    expect(call).toMatchObject({
      remote: { number: ada, displayName: 'Ada Caller' },
      diversions: [{ number: '+390255510100', displayName: 'Centralino', reason: 'no-answer' }],
      queue: { name: 'anagrafe', reason: 'carta', waitedSeconds: 75 },
    })
    await trunk.finished()
  })

  it('is who calls by P-Asserted-Identity before all others, and whom it was for by History-Info', async () => {
    const { trunk, call } = await rig.ringing(
      cancellingCaller(
        caller({
          asserted: `"Bruno Caller" <sip:${bruno}@carrier.invalid>`,
          headers: [
            `Remote-Party-ID: "Ada Caller" <sip:${ada}@carrier.invalid>;party=calling`,
            'History-Info: <sip:+390255510100@carrier.invalid?Reason=SIP%3Bcause%3D486>;index=1',
            'History-Info: <sip:2001@carrier.invalid>;index=1.1',
          ],
        }),
      ),
    )
    expect(call).toMatchObject({
      remote: { number: bruno, displayName: 'Bruno Caller' },
      diversions: [{ number: '+390255510100', reason: 'user-busy' }],
      queue: null,
    })
    await trunk.finished()
  })
})

describe('a call over Kamailio', () => {
  const itself = caller({ headers: ['Call-Info: <sip:carrier.invalid>;answer-after=0'] })

  it('answers itself where the site allows that, and is heard both ways', async () => {
    await configured({ autoAnswer: true })
    const { trunk, call } = await rig.ringing(talkingCaller(itself))
    await rig.desk.until(() => rig.present()?.state === 'active', 'it answers itself')
    await rig.audioBothWays(trunk, call.id)
    await rig.desk.phone.hangUp(call.id)
    await trunk.finished()
  })

  it('that wants to answer itself rings where the site does not allow it, and is refused with 486', async () => {
    const { trunk, call } = await rig.ringing(refusedCaller(itself))
    expect(call.autoAnswer).toBe(false)
    await rig.desk.phone.reject(call.id)
    await trunk.finished()
  })

  it('takes digits by INFO where the site wants them so', async () => {
    await configured({ dtmf: 'info' })
    const { trunk, id } = await rig.talking(digitsCaller(caller(), '49#'))
    await rig.desk.phone.dtmf(id, '49#')
    await rig.desk.phone.hangUp(id)
    await trunk.finished()
  })

  it('outlives the renderer: its page crashes, and the next one has the audio, muted as before', async () => {
    const { trunk, id } = await rig.talking(talkingCaller(caller()))
    await rig.audioBothWays(trunk, id)
    await rig.desk.phone.mute(id, true)
    await rig.media.crash()
    await rig.desk.until(() => rig.present()?.media === 'lost', 'told that the audio is lost')
    const attachedAt = await rig.media.reopen()
    await rig.desk.until(() => rig.present()?.media === 'flowing', 'told that it flows')
    console.log(`audio back after the next page attached, ms: ${Math.round(performance.now() - attachedAt)}`)
    expect(rig.desk.phone.calls()).toMatchObject([{ id, state: 'active', muted: true }])
    await rig.desk.phone.mute(id, false)
    await rig.audioBothWays(trunk, id)
    await trunk.proceed()
    await rig.desk.call((one) => one.state === 'ended' && one.endReason === 'far-end', 'its BYE arrives')
    await trunk.finished()
  })
})
