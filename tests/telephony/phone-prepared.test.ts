import { describe, expect, it } from 'vitest'
import { defaultLine } from '../../src/contract/domain/line.ts'
import { installPhoneRig } from '../support/phone-rig.ts'
import { openStunServer } from '../support/stun-server.ts'
import { credentialsOf, eventually } from '../support/telephone.ts'

const rig = installPhoneRig()

const connections = (): Promise<number> => rig.media.page.evaluate(() => window.openConnections())
const haveBecome = (wanted: number, what: string): Promise<number> =>
  eventually(connections, (count) => count === wanted, what)

describe('while a call rings', () => {
  it('its connection is made, and is the one that answers', async () => {
    const { handle, id } = await rig.ringing()
    await haveBecome(1, 'a connection')
    await rig.desk.phone.answer(id)
    await rig.bothHear(handle, id)
    expect(await connections()).toBe(1)
    await rig.desk.phone.hangUp(id)
    await haveBecome(0, 'none after the call')
  })

  it('its connection does not look for the far end, and is not measured as the call’s', async () => {
    const { id } = await rig.ringing()
    await eventually(
      () => rig.media.page.evaluate(() => window.connectionStates()),
      (states) => states[0] === 'have-remote-offer new',
      'the offer is set, and no answer',
    )
    expect(await rig.media.media.stats(id)).toBeNull()
  })

  it.each(['the caller gives up', 'it is refused', 'it is ignored', 'the page reloads'])(
    'its connection is closed when %s',
    async (how) => {
      const { handle, id } = await rig.ringing()
      await haveBecome(1, 'a connection')
      if (how === 'the caller gives up') handle.hangUp()
      if (how === 'it is refused') await rig.desk.phone.reject(id)
      if (how === 'it is ignored') rig.desk.phone.ignore(id)
      if (how === 'the page reloads') {
        await rig.reload()
        await haveBecome(1, 'another one')
        await rig.desk.phone.reject(id)
      }
      await haveBecome(0, 'none')
    },
  )

  it('servers are asked for its candidates, so that none is waited for when it is answered', async () => {
    const server = await openStunServer({ answers: false })
    try {
      await rig.desk.phone.stop()
      rig.credentials = async () => ({
        ...credentialsOf('2001', rig.line.sipUrl, rig.line.queueUrl),
        line: { ...defaultLine, media: { ...defaultLine.media, iceServers: [{ urls: [server.url] }] } },
      })
      rig.desk.phone.start()
      await rig.desk.registered()
      const { handle, id } = await rig.ringing()
      await eventually(
        () => server.asked(),
        (asked) => asked > 0,
        'the server is asked while it rings',
      )
      await rig.desk.phone.answer(id)
      await rig.bothHear(handle, id)
    } finally {
      server.close()
    }
  })
})
