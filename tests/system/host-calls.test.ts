import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { emptyDraft } from '#contract/desk.ts'
import type { Call } from '#contract/domain/call.ts'
import { freePort } from '../support/free-port.ts'
import { type DeskClient, startHost, type TestHost, until } from '../support/host.ts'
import { elena, leaveDesk, practiceSip } from '../support/left-desk.ts'
import { attachMediaEnd, type MediaEnd } from '../support/media-end.ts'
import { openPractice, type Practice } from '../support/practice.ts'

let practice: Practice
let host: TestHost
let media: MediaEnd
let dataDir: string
let crmUrl: string
/** How far the host's clock is ahead. */
let ahead = 0

/** In the middle of a shift, without the CRM: what the sealed session holds is all there is. */
beforeEach(async () => {
  practice = await openPractice()
  dataDir = await mkdtemp(join(tmpdir(), 'ascolto-calls-'))
  crmUrl = `http://127.0.0.1:${await freePort()}`
  await leaveDesk({
    dataDir,
    crmUrl,
    user: elena,
    sip: practiceSip(practice, elena),
  })
  ahead = 0
  host = await startHost({ crmUrl, dataDir, now: () => new Date(Date.now() + ahead) })
  media = await attachMediaEnd(host.client)
  await until(await host.client.system.watch(), (now) => now.phone.state === 'registered')
  await host.client.agent.setDesired({ desired: { kind: 'ready' } })
  await until(await host.client.agent.watch(), (view) => view.engine.kind === 'ready')
})
afterEach(async () => {
  await media.leave()
  await host.stop({ keep: true })
  await practice.close()
  await rm(dataDir, { recursive: true, force: true })
})

const call = async (client: DeskClient, fits: (call: Call) => boolean): Promise<Call> => {
  const { calls } = await until(await client.calls.watch(), (now) => now.calls.some(fits))
  return calls.find(fits) as Call
}
const outbox = async () => (await host.client.outbox.list()).entries.map((entry) => entry.request.name)
const work = async () => (await host.client.work.list()).work

describe('a call, without the CRM', () => {
  it('rings with its caller and its work, is talked, and ends once more for everybody', async () => {
    const { client } = host
    practice.line.place('stays-on-the-line')
    const ringing = await call(client, (one) => one.state === 'ringing')
    const callId = ringing.id
    const view = await until(await client.caller.watch({ callId }), (now) => now.crm === 'away')
    expect(view).toMatchObject({ number: 'unknown', stories: [] })
    expect(await work()).toMatchObject([{ contactId: callId, answeredAt: null, practice: true }])
    const note = { ...emptyDraft, note: 'Scritto mentre squilla' }
    await client.work.save({ contactId: callId, revision: 0, draft: note })
    expect(await outbox()).toEqual([])
    await expect(
      client.work.openTicket({ contactId: callId, kind: 'report', topicId: 'fines', text: 'x' }),
    ).rejects.toMatchObject({ data: { code: 'call-illegal-move' } })

    const watching = await client.calls.watch()
    await client.calls.answer({ callId })
    await until(watching, (now) => now.calls.some((one) => one.id === callId && one.state === 'active'))
    expect(await outbox()).toEqual(['contact.open'])
    expect((await work())[0]).toMatchObject({ draft: note, revision: 1 })
    expect((await work())[0]?.answeredAt).not.toBeNull()
    await client.calls.hold({ callId, on: true })
    await call(client, (one) => one.state === 'held')
    await client.calls.hold({ callId, on: false })
    await call(client, (one) => one.state === 'active')

    const ends = await client.calls.watch()
    await client.calls.hangUp({ callId })
    const end = await until(ends, (now) => now.calls.some((one) => one.state === 'ended'))
    expect(end.calls).toMatchObject([{ id: callId, endReason: 'operator' }])
    expect((await work())[0]?.endedAt).not.toBeNull()
    await until(await client.agent.watch(), (now) => now.engine.kind === 'after-call-work')

    const wrapUp = {
      topicId: 'identity-card',
      outcome: 'resolved' as const,
      triedBefore: [],
      triedDetail: '',
    }
    await client.work.save({ contactId: callId, revision: 1, draft: { ...note, wrapUp } })
    await client.work.close({ contactId: callId, next: { kind: 'ready' } })
    await until(await client.agent.watch(), (now) => now.engine.kind === 'ready')
    expect(await work()).toEqual([])
    expect(await outbox()).toEqual(['contact.open', 'contact.close'])
    expect((await client.work.made({ contactId: callId })).contact).toMatchObject({
      note: 'Scritto mentre squilla',
      outcome: 'resolved',
      practice: true,
      operatorName: elena.name,
    })
  })

  it('outlives the end of the shift, and is wrapped up before its operator is signed out', async () => {
    const { client } = host
    practice.line.place('stays-on-the-line')
    const { id: callId } = await call(client, (one) => one.state === 'ringing')
    await client.calls.answer({ callId })
    await call(client, (one) => one.state === 'active')
    ahead = 12 * 3_600_000
    // Whatever asks the CRM finds that the shift is over.
    await expect(client.tickets.members({ team: 'taxes' })).rejects.toMatchObject({
      data: { code: 'signed-out' },
    })
    await client.calls.hangUp({ callId })
    const wrapsUp = await client.agent.watch()
    await until(wrapsUp, (now) => now.engine.kind === 'after-call-work')
    const wrapUp = { topicId: null, outcome: 'resolved' as const, triedBefore: [], triedDetail: '' }
    const { draft, revision } = (await work())[0] ?? { draft: emptyDraft, revision: 0 }
    await client.work.save({ contactId: callId, revision, draft: { ...draft, wrapUp } })
    // Who waits is not rung at a desk that is about to sign out.
    const next = practice.line.place('stays-on-the-line')
    const rung: string[] = []
    void (async () => {
      for await (const { calls } of await client.calls.watch())
        rung.push(...calls.filter(({ id }) => id !== callId).map(({ state }) => state))
    })().catch(() => undefined)
    await client.work.close({ contactId: callId, next: { kind: 'ready' } })
    const session = await until(await client.session.watch(), (now) => now.phase === 'signed-out')
    expect(session).toMatchObject({ fault: { code: 'signed-out' } })
    expect(rung).toEqual([])
    next.hangUp()
  })

  it('is not hung up by a sign-out: that waits for the operator to finish it', async () => {
    const { client } = host
    practice.line.place('stays-on-the-line')
    const { id: callId } = await call(client, (one) => one.state === 'ringing')
    const refused = { data: { kind: 'conflict', code: 'call-live' } }
    await expect(client.session.signOut()).rejects.toMatchObject(refused)
    await client.calls.answer({ callId })
    await call(client, (one) => one.state === 'active')
    await expect(client.session.signOut()).rejects.toMatchObject(refused)
    await client.calls.hold({ callId, on: true })
    await call(client, (one) => one.state === 'held')

    const ends = await client.calls.watch()
    await client.calls.hangUp({ callId })
    await until(ends, (now) => now.calls.some((one) => one.id === callId && one.state === 'ended'))
    await client.session.signOut()
    await until(await client.session.watch(), (now) => now.phase === 'signed-out')
  })

  it('that is missed leaves nothing, unless something was typed', async () => {
    const { client } = host
    for (const typed of [false, true]) {
      const ends = await client.calls.watch()
      const caller = practice.line.place('stays-on-the-line')
      const { id } = await call(client, (one) => one.state === 'ringing')
      if (typed)
        await client.work.save({ contactId: id, revision: 0, draft: { ...emptyDraft, note: 'Richiamare' } })
      caller.hangUp()
      await until(ends, (now) => now.calls.some((one) => one.id === id && one.state === 'ended'))
      expect(await work()).toHaveLength(typed ? 1 : 0)
    }
    expect(await outbox()).toEqual([])
    const [missed] = await work()
    if (!missed) throw new Error('the typed note is gone')
    const wrapUp = { topicId: null, outcome: 'dropped' as const, triedBefore: [], triedDetail: '' }
    await client.work.save({
      contactId: missed.contactId,
      revision: missed.revision,
      draft: { ...missed.draft, wrapUp },
    })
    await client.work.close({ contactId: missed.contactId, next: { kind: 'ready' } })
    expect(await outbox()).toEqual(['contact.open', 'contact.close'])
  })

  it('tells every window who rings before it tells of the call', async () => {
    const told: string[] = []
    const [incoming, calls] = await Promise.all([host.client.caller.incoming(), host.client.calls.watch()])
    await calls.next()
    const view = until(incoming, () => told.push('caller') > 0)
    const ringing = until(calls, (now) => now.calls.length > 0 && told.push('call') > 0)
    practice.line.place('stays-on-the-line')
    const [{ callId }, { calls: live }] = await Promise.all([view, ringing])
    expect(live).toMatchObject([{ id: callId, state: 'ringing' }])
    expect(told).toEqual(['caller', 'call'])
  })

  it('with a withheld number looks nobody up', async () => {
    practice.line.place('withheld-number')
    const { id } = await call(host.client, (one) => one.state === 'ringing')
    const view = await until(await host.client.caller.watch({ callId: id }), () => true)
    expect(view).toMatchObject({ number: 'withheld', crm: 'not-asked', stories: [] })
  })

  it('goes on when its window is reloaded', async () => {
    const { client } = host
    const said = {
      audio: 'stays-on-the-line-1',
      text: 'Resto in linea.',
      waitForOperatorMs: 0,
      afterTurns: 1,
    }
    const caller = practice.line.place('stays-on-the-line', { lines: Array(12).fill(said) })
    const { id } = await call(client, (one) => one.state === 'ringing')
    await client.calls.answer({ callId: id })
    await call(client, (one) => one.state === 'active' && one.media === 'flowing')
    const talking = caller.state
    await media.leave()
    const { client: reloaded } = await host.connect()
    await call(reloaded, (one) => one.media === 'lost')
    media = await attachMediaEnd(reloaded)
    await call(reloaded, (one) => one.id === id && one.state === 'active' && one.media === 'flowing')
    expect(caller.state).toBe(talking)
    await reloaded.calls.hangUp({ callId: id })
  })

  it('is handed to the window that attached last; the one before is told', async () => {
    const first = media
    const { client } = await host.connect()
    media = await attachMediaEnd(client)
    await first.ended
    practice.line.place('stays-on-the-line')
    const { id } = await call(client, (one) => one.state === 'ringing')
    await client.calls.answer({ callId: id })
    await call(client, (one) => one.media === 'flowing')
    expect([first.calls(), media.calls()]).toEqual([0, 1])
  })

  it('that is live when its host stops is ended, and wrapped up at the next one', async () => {
    const caller = practice.line.place('stays-on-the-line')
    const { id } = await call(host.client, (one) => one.state === 'ringing')
    await host.client.calls.answer({ callId: id })
    await call(host.client, (one) => one.state === 'active')
    await media.leave()
    await host.stop({ keep: true })
    expect(caller.state).toBe('ended')
    host = await startHost({ crmUrl, dataDir })
    media = await attachMediaEnd(host.client)
    const [left] = await work()
    expect(left).toMatchObject({ contactId: id })
    expect(left?.endedAt).not.toBeNull()
    const view = await until(await host.client.caller.watch({ callId: id }), () => true)
    expect(view).toMatchObject({ callId: id, stories: [] })
  })

  it('that rings when its host stops is missed, not rejected', async () => {
    practice.line.place('stays-on-the-line')
    const { id } = await call(host.client, (one) => one.state === 'ringing')
    await media.leave()
    await host.stop({ keep: true })
    host = await startHost({ crmUrl, dataDir })
    media = await attachMediaEnd(host.client)
    const [newest] = (await host.client.calls.history({})).calls
    expect(newest).toMatchObject({ callId: id, kind: 'missed', endReason: 'desk-stopped' })
  })

  it('is in the call list, also after a restart, and the number dialled last is dialled again', async () => {
    const { client } = host
    await expect(client.calls.redial()).rejects.toMatchObject({ data: { code: 'redial-empty' } })
    const notices = await client.changes.watch()
    practice.line.place('stays-on-the-line')
    const { id: refused } = await call(client, (one) => one.state === 'ringing')
    await client.calls.reject({ callId: refused })
    await until(notices, ({ entities }) => entities.includes('calls'))
    const { callId } = await client.calls.dial({ number: '02 5551 0172' })
    await call(client, (one) => one.id === callId && one.state === 'active')
    const ends = await client.calls.watch()
    await client.calls.hangUp({ callId })
    await until(ends, (now) => now.calls.some((one) => one.state === 'ended'))
    const listed = async () =>
      (await host.client.calls.history({})).calls.map((one) => [one.callId, one.kind])
    const expected = [
      [callId, 'dialled'],
      [refused, 'rejected'],
    ]
    expect(await listed()).toEqual(expected)
    await media.leave()
    await host.stop({ keep: true })
    host = await startHost({ crmUrl, dataDir })
    media = await attachMediaEnd(host.client)
    expect(await listed()).toEqual(expected)
    await until(await host.client.system.watch(), (now) => now.phone.state === 'registered')
    const { callId: again } = await host.client.calls.redial()
    expect(await call(host.client, (one) => one.id === again)).toMatchObject({
      direction: 'outbound',
      remote: { e164: '+390255510172' },
    })
    expect((await host.client.calls.directory()).teams).toEqual([])
  })
})
