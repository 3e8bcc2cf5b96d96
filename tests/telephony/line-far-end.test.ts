import { expect, it } from 'vitest'
import type { LineView } from '../../src/contract/domain/line-record.ts'
import { installKamailioRig } from '../support/kamailio-rig.ts'
import { fair, relayMedia } from '../support/media-relay.ts'
import { talkingCaller } from '../support/sipp/scenario.ts'

const rig = installKamailioRig()
const caller = { number: '+390255510143', displayName: 'Ada Caller', asserted: null }

const view = (): LineView | undefined => rig.desk.phone.lines().at(-1)
const causes = () => view()?.verdict.findings.map(({ cause }) => cause) ?? []

it('blames the far end when it falls silent while rtpengine still answers on the way', {
  timeout: 240_000,
}, async () => {
  const { trunk, id } = await rig.talking(talkingCaller(caller))
  await rig.audioBothWays(trunk, id)
  await rig.desk.until(() => (view()?.r ?? 0) > 80, 'the line is good', 60_000)
  await trunk.close()
  await rig.desk.until(() => view()?.verdict.blame === 'far-end', 'the far end is blamed', 60_000)
  expect(causes()).toContain('far-no-packets')
  expect(causes()).not.toContain('path-lost')
})

it('blames the network for what is lost between rtpengine and this desk', async () => {
  const relay = await relayMedia(rig.media.media)
  try {
    const { trunk, id } = await rig.talking(talkingCaller(caller))
    await rig.audioBothWays(trunk, id)
    await rig.desk.until(() => (view()?.r ?? 0) > 80, 'the line is good', 60_000)
    relay.toPage = { ...fair, loss: 0.15 }
    await rig.desk.until(
      () => (view()?.r ?? 100) < 70 && causes().includes('loss-in'),
      'the score falls',
      60_000,
    )
    relay.toPage = fair
    await rig.desk.until(() => (view()?.r ?? 0) > 75, 'the score rises', 60_000)
    await trunk.proceed()
    await rig.desk.call((one) => one.state === 'ended', 'it ends')
    expect(view()).toMatchObject({ callId: id, ended: true, verdict: { blame: 'network' } })
  } finally {
    await relay.close()
  }
})
