import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LineConfiguration } from '#contract/domain/line.ts'
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

async function open(echo: string | null, line: Partial<LineConfiguration> = {}): Promise<void> {
  practice = await openPractice()
  dataDir = await mkdtemp(join(tmpdir(), 'ascolto-self-test-'))
  crmUrl = `http://127.0.0.1:${await freePort()}`
  await leaveDesk({
    dataDir,
    crmUrl,
    user: elena,
    sip: practiceSip(practice, elena, { echo, ...line }),
  })
  host = await startHost({ crmUrl, dataDir })
  media = await attachMediaEnd(host.client)
  await until(await host.client.system.watch(), (now) => now.phone.state === 'registered')
}
afterEach(async () => {
  await media.leave()
  await host.stop({ keep: true })
  await practice.close()
  await rm(dataDir, { recursive: true, force: true })
})
const test = async () => until(await host.client.selfTest.watch(), () => true)

describe('the test at the start of a shift', () => {
  beforeEach(() => open('*43'))

  it('knows the line, calls the echo without a word to anybody, and is kept for the shift', async () => {
    const { client } = host
    expect((await test()).line.state).toBe('open')
    await client.selfTest.check({ step: 'line' })
    await client.selfTest.report({ step: 'microphone', why: null })
    await client.selfTest.report({ step: 'ringer', why: 'ringer-unheard' })
    const told: string[] = []
    const calls = await client.calls.watch()
    const listening = (async () => {
      for await (const { calls: live } of calls) told.push(...live.map(({ state }) => state))
    })().catch(() => undefined)
    // This test's media end says nothing and has no figures: the call is made, and nobody is heard in it.
    await client.selfTest.check({ step: 'echo' })
    expect(await test()).toMatchObject({
      line: { state: 'passed', why: null },
      microphone: { state: 'passed' },
      ringer: { state: 'failed', why: 'ringer-unheard' },
      echo: { state: 'failed', why: 'echo-no-sound' },
    })
    await calls.return?.()
    await listening
    expect(told).toEqual([])
    expect((await client.work.list()).work).toEqual([])
    expect(host.log()).not.toContain('*43')

    await media.leave()
    await host.stop({ keep: true })
    host = await startHost({ crmUrl, dataDir })
    media = await attachMediaEnd(host.client)
    await until(await host.client.system.watch(), (now) => now.phone.state === 'registered')
    expect(await test()).toMatchObject({ line: { state: 'passed' }, echo: { why: 'echo-no-sound' } })
  })

  it('is never in the way of going ready', async () => {
    const { client } = host
    const echo = client.selfTest.check({ step: 'echo' })
    await until(await client.selfTest.watch(), (now) => now.echo.state === 'running')
    await until(await client.agent.watch(), (now) => now.inCall)
    await client.agent.setDesired({ desired: { kind: 'ready' } })
    await until(await client.agent.watch(), (now) => now.engine.kind === 'ready' && !now.inCall)
    await echo
    expect((await test()).echo).toMatchObject({ state: 'failed', why: 'echo-interrupted' })
  })
})

it('makes way for whom the operator dials', async () => {
  await open('*43')
  const { client } = host
  const echo = client.selfTest.check({ step: 'echo' })
  await until(await client.agent.watch(), (now) => now.inCall)
  const { callId } = await client.calls.dial({ number: '02 5551 0172' })
  await until(await client.calls.watch(), ({ calls }) => calls.some(({ id }) => id === callId))
  await echo
  expect((await test()).echo).toMatchObject({ state: 'failed', why: 'echo-interrupted' })
})

it('is not the call for which a desk that takes one at a time refuses another', async () => {
  await open('*43', { callWaiting: false })
  const { client } = host
  const echo = client.selfTest.check({ step: 'echo' })
  await until(await client.agent.watch(), (now) => now.inCall)
  const colleague = practice.desk('2002')
  await colleague.register()
  const established = colleague.dial('2001')
  const [ringing] = (await until(await client.calls.watch(), ({ calls }) => calls.length > 0)).calls
  if (!ringing) throw new Error('nothing rings')
  await client.calls.answer({ callId: ringing.id })
  expect((await established).status).toBe(200)
  await echo
  expect((await test()).echo).toMatchObject({ state: 'failed', why: 'echo-interrupted' })
})

describe('an echo that is still waiting for the microphone', () => {
  let opens: () => void
  let echo: Promise<unknown>
  beforeEach(async () => {
    await open('*43')
    await media.leave()
    const opening = new Promise<void>((resolve) => {
      opens = resolve
    })
    media = await attachMediaEnd(host.client, { opening })
    echo = host.client.selfTest.check({ step: 'echo' })
    await until(await host.client.selfTest.watch(), (now) => now.echo.state === 'running')
  })

  it('is not called any more by who has gone ready', async () => {
    await host.client.agent.setDesired({ desired: { kind: 'ready' } })
    opens()
    await echo
    expect((await test()).echo).toMatchObject({ state: 'failed', why: 'echo-interrupted' })
  })

  it('is not in the way of the call that comes', async () => {
    const { client } = host
    const colleague = practice.desk('2002')
    await colleague.register()
    const established = colleague.dial('2001')
    const [ringing] = (await until(await client.calls.watch(), ({ calls }) => calls.length > 0)).calls
    if (!ringing) throw new Error('nothing rings')
    const answered = client.calls.answer({ callId: ringing.id })
    opens()
    await answered
    await established
    await echo
    expect((await test()).echo).toMatchObject({ state: 'failed', why: 'echo-interrupted' })
  })

  it('is not in the way of whom the operator dials', async () => {
    const dialled = host.client.calls.dial({ number: '02 5551 0172' })
    opens()
    await dialled
    await echo
    expect((await test()).echo).toMatchObject({ state: 'failed', why: 'echo-interrupted' })
  })
})

describe('what keeps the echo from being heard', () => {
  beforeEach(() => open('*43'))

  it.each(['microphone-denied', 'microphone-missing'] as const)('is the microphone: %s', async (fault) => {
    await media.leave()
    media = await attachMediaEnd(host.client, { failing: fault })
    await host.client.selfTest.check({ step: 'echo' })
    expect((await test()).echo).toMatchObject({ state: 'failed', why: fault })
  })

  it('is the line, which is away before it, or goes meanwhile', async () => {
    const { client } = host
    const echo = client.selfTest.check({ step: 'echo' })
    await until(await client.agent.watch(), (now) => now.inCall)
    await practice.line.close()
    await until(await client.system.watch(), (now) => now.phone.state !== 'registered')
    await echo
    expect((await test()).echo).toMatchObject({ state: 'failed', why: 'line-away' })
    await client.selfTest.check({ step: 'echo' })
    expect((await test()).echo).toMatchObject({ state: 'failed', why: 'line-away' })
    await client.selfTest.check({ step: 'line' })
    expect((await test()).line).toMatchObject({ state: 'failed', why: 'line-away' })
  })
})

it('skips the echo where the exchange has none, and says so', async () => {
  await open(null)
  await host.client.selfTest.check({ step: 'echo' })
  expect((await test()).echo).toMatchObject({ state: 'skipped', why: 'echo-unknown' })
})

it('knows the echo by its call, whatever has to be dialled for it: no citizen is seen in it', async () => {
  // Six digits, which would be a subscriber's number if a person had typed them. This exchange has nothing there.
  await open('600600')
  const told: string[] = []
  const calls = await host.client.calls.watch()
  const listening = (async () => {
    for await (const { calls: live } of calls) told.push(...live.map(({ state }) => state))
  })().catch(() => undefined)
  await host.client.selfTest.check({ step: 'echo' })
  expect((await test()).echo).toMatchObject({ state: 'failed', why: 'echo-unanswered' })
  expect((await host.client.work.list()).work).toEqual([])
  await calls.return?.()
  await listening
  expect(told).toEqual([])
})
