import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AgentView } from '#contract/domain/agent.ts'
import type { Call } from '#contract/domain/call.ts'
import type { Id } from '#contract/domain/ids.ts'
import { freePort } from '../support/free-port.ts'
import { startHost, type TestHost, until } from '../support/host.ts'
import { elena, leaveDesk, practiceSip } from '../support/left-desk.ts'
import { attachMediaEnd, type MediaEnd } from '../support/media-end.ts'
import { openPractice, type Practice } from '../support/practice.ts'

let practice: Practice
let host: TestHost
let media: MediaEnd
let dataDir: string
let crmUrl: string

async function open(afterCallSeconds: number | null, ringTimeoutMs = 30_000): Promise<void> {
  practice = await openPractice({ ringTimeoutMs })
  dataDir = await mkdtemp(join(tmpdir(), 'ascolto-agent-'))
  crmUrl = `http://127.0.0.1:${await freePort()}`
  await leaveDesk({
    dataDir,
    crmUrl,
    user: elena,
    sip: practiceSip(practice, elena, { afterCallSeconds }),
  })
  await begin()
  await until(await host.client.system.watch(), (now) => now.phone.state === 'registered')
  await host.client.agent.setDesired({ desired: { kind: 'ready' } })
  await agent((view) => view.engine.kind === 'ready')
}
async function begin(): Promise<void> {
  host = await startHost({ crmUrl, dataDir })
  media = await attachMediaEnd(host.client)
}
/** As the operator finds it after the program was closed and opened again. */
async function restart(): Promise<void> {
  await media.leave()
  await host.stop({ keep: true })
  await begin()
}
afterEach(async () => {
  await media.leave()
  await host.stop({ keep: true })
  await practice.close()
  await rm(dataDir, { recursive: true, force: true })
})

const agent = async (fits: (view: AgentView) => boolean): Promise<AgentView> =>
  until(await host.client.agent.watch(), fits)

async function talking(): Promise<Id> {
  practice.line.place('stays-on-the-line')
  const isRinging = ({ state }: Call) => state === 'ringing'
  const { calls } = await until(await host.client.calls.watch(), (now) => now.calls.some(isRinging))
  const callId = calls.find(isRinging)?.id ?? ''
  await host.client.calls.answer({ callId })
  await until(await host.client.calls.watch(), (now) => now.calls.some(({ state }) => state === 'active'))
  await agent((view) => view.engine.kind === 'in-call')
  return callId
}

describe('with a wrap-up of a second', () => {
  beforeEach(() => open(1))

  it('goes back to ready by itself when the time is over, and to what was reserved', async () => {
    await talking()
    practice.line.calls()[0]?.hangUp()
    expect(await agent((view) => view.engine.kind === 'after-call-work')).toMatchObject({
      desired: { kind: 'ready' },
      next: null,
    })
    await agent((view) => view.engine.kind === 'ready' && view.afterCallWork === null)
    const callId = await talking()
    await host.client.agent.setDesired({ desired: { kind: 'not-ready', reason: 'break' } })
    expect(await agent((view) => view.next !== null)).toMatchObject({
      desired: { kind: 'ready' },
      next: { kind: 'not-ready', reason: 'break' },
      engine: { kind: 'in-call' },
    })
    await host.client.calls.hangUp({ callId })
    expect(await agent((view) => view.engine.kind === 'not-ready')).toMatchObject({
      engine: { reason: 'break' },
      desired: { kind: 'not-ready', reason: 'break' },
      next: null,
      afterCallWork: null,
    })
  })
})

describe('with a microphone that another program holds when the wrap-up is over', () => {
  let held: boolean
  beforeEach(async () => {
    held = false
    await open(1)
    await media.leave()
    media = await attachMediaEnd(host.client, { held: () => held })
    await agent((view) => view.engine.kind === 'ready')
    await talking()
    held = true
    practice.line.calls()[0]?.hangUp()
    await agent((view) => view.engine.kind === 'not-ready' && view.engine.reason === 'no-voice')
  })

  it('is not rung, whatever is plugged in, until it opens', async () => {
    await media.plugged()
    expect(await agent(() => true)).toMatchObject({ kept: { reason: 'no-voice' } })
    held = false
    await media.plugged()
    await agent((view) => view.engine.kind === 'ready' && view.kept === null)
  })

  it('is not rung after a reload of the page either', async () => {
    await media.leave()
    media = await attachMediaEnd(host.client, { held: () => held })
    expect(await agent(() => true)).toMatchObject({ kept: { reason: 'no-voice' } })
    held = false
    await media.plugged()
    await agent((view) => view.engine.kind === 'ready' && view.kept === null)
  })
})

describe('with a wrap-up of a minute and a half', () => {
  beforeEach(() => open(90))

  it('can be extended, and a new host goes on with the same time and what is reserved', async () => {
    const callId = await talking()
    await expect(host.client.agent.extendAfterCallWork({ seconds: 60 })).rejects.toMatchObject({
      data: { code: 'call-illegal-move' },
    })
    await host.client.calls.hangUp({ callId })
    const first = await agent((view) => view.afterCallWork?.until != null)
    await host.client.agent.extendAfterCallWork({ seconds: 60 })
    const more = await agent((view) => view.afterCallWork?.until !== first.afterCallWork?.until)
    const seconds = (view: AgentView) => Date.parse(view.afterCallWork?.until ?? '') / 1000
    expect(seconds(more) - seconds(first)).toBe(60)
    await host.client.agent.setDesired({ desired: { kind: 'not-ready', reason: 'meal' } })

    await restart()
    const after = await agent((view) => view.engine.kind === 'after-call-work')
    expect(after.afterCallWork).toEqual(more.afterCallWork)
    expect(after).toMatchObject({ desired: { kind: 'ready' }, next: { reason: 'meal' } })
    const [work] = (await host.client.work.list()).work
    if (!work) throw new Error('the contact is gone')
    const wrapUp = {
      topicId: 'identity-card',
      outcome: 'resolved' as const,
      triedBefore: [],
      triedDetail: '',
    }
    await host.client.work.save({
      contactId: callId,
      revision: work.revision,
      draft: { ...work.draft, wrapUp },
    })
    await host.client.work.close({ contactId: callId, next: { kind: 'not-ready', reason: 'meal' } })
    expect(await agent((view) => view.engine.kind === 'not-ready')).toMatchObject({
      engine: { reason: 'meal' },
    })
  })

  it('wraps up the call that a host took with it, and is not rung meanwhile', async () => {
    const callId = await talking()
    await restart()
    const view = await agent((now) => now.engine.kind === 'after-call-work')
    expect(view.afterCallWork).toMatchObject({ contactId: callId })
  })

  it('is ready again after a restart, once there is a microphone', async () => {
    await media.leave()
    await host.stop({ keep: true })
    host = await startHost({ crmUrl, dataDir })
    const silent = await agent(
      (view) => view.engine.kind === 'not-ready' && view.engine.reason === 'no-voice',
    )
    expect(silent).toMatchObject({ desired: { kind: 'ready' }, kept: { reason: 'no-voice' } })
    media = await attachMediaEnd(host.client)
    await agent((view) => view.engine.kind === 'ready' && view.kept === null)
  })

  it('begins anew with the next shift', async () => {
    await host.client.agent.setDesired({ desired: { kind: 'not-ready', reason: 'meal' } })
    await agent((view) => view.engine.kind === 'not-ready' && view.engine.reason === 'meal')
    await host.client.session.signOut()
    await until(await host.client.session.watch(), (now) => now.phase === 'signed-out')
    expect(await agent(() => true)).toMatchObject({ desired: { reason: 'shift-start' }, kept: null })
  })
})

describe('with a wrap-up that lasts until it is closed', () => {
  beforeEach(() => open(null))

  it('has no end for the call that a host took with it either', async () => {
    const callId = await talking()
    await restart()
    const view = await agent((now) => now.engine.kind === 'after-call-work')
    expect(view.afterCallWork).toMatchObject({ contactId: callId, until: null })
  })
})

describe('with a desk that rings for less than half a second', () => {
  beforeEach(() => open(90, 400))

  it('shows what a missed call has done, over a restart too, until one press undoes it', async () => {
    const caller = practice.line.place('stays-on-the-line')
    const kept = await agent((view) => view.kept !== null)
    expect(kept).toMatchObject({
      desired: { kind: 'ready' },
      engine: { kind: 'not-ready', reason: 'missed' },
      kept: { reason: 'missed' },
    })
    await restart()
    await agent((view) => view.engine.kind === 'not-ready' && view.engine.reason === 'missed')
    caller.hangUp()
    await host.client.agent.setDesired({ desired: { kind: 'ready' } })
    expect(await agent((view) => view.engine.kind === 'ready')).toMatchObject({ kept: null })
  })
})
