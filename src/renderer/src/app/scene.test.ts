import { describe, expect, it } from 'vitest'
import { emptyDraft, type Work } from '#contract/desk.ts'
import { type Call, plainCall } from '#contract/domain/call.ts'
import { afterFailedTransfer, alsoRinging, heldBeside, sceneOf, unfinishedWork } from './scene.ts'

const remote = { number: '0255510143', e164: '+390255510143', displayName: null }
const call = (id: string, more: Partial<Call> = {}): Call => ({
  ...plainCall,
  id,
  direction: 'inbound',
  state: 'ringing',
  remote,
  queue: null,
  practice: true,
  muted: false,
  media: 'none',
  startedAt: '2026-11-24T09:36:00Z',
  answeredAt: null,
  endedAt: null,
  endReason: null,
  ...more,
})
const work = (contactId: string): Work => ({
  contactId,
  remote,
  queue: null,
  direction: 'inbound',
  practice: true,
  continues: null,
  startedAt: '2026-11-24T09:36:00Z',
  answeredAt: '2026-11-24T09:36:06Z',
  endedAt: null,
  draft: emptyDraft,
  revision: 1,
  savedAt: '2026-11-24T09:36:06Z',
})
const none = { calls: [], work: [], wrappingUp: null, opened: null, typingIn: null }
const answered = '2026-11-24T09:36:06Z'

describe('sceneOf', () => {
  it('is idle with left-over work only', () => {
    const scene = sceneOf({ ...none, work: [work('old')] })
    expect(scene.kind).toBe('idle')
    expect(unfinishedWork(scene, [], [work('old')]).map((w) => w.contactId)).toEqual(['old'])
  })

  it('goes from ring to talk to closing with one contact', () => {
    expect(sceneOf({ ...none, calls: [call('a')] }).kind).toBe('ringing')
    const talk = call('a', { state: 'active', answeredAt: answered })
    expect(sceneOf({ ...none, calls: [talk], work: [work('a')] })).toMatchObject({
      kind: 'talking',
      work: { contactId: 'a' },
    })
    const over = call('a', { state: 'ended', answeredAt: answered, endedAt: answered, endReason: 'far-end' })
    expect(sceneOf({ ...none, calls: [over], work: [work('a')] })).toMatchObject({
      kind: 'closing',
      call: { id: 'a' },
    })
    expect(sceneOf({ ...none, calls: [over], work: [] }).kind).toBe('idle')
  })

  it('keeps the work that is being typed while another call rings', () => {
    const scene = sceneOf({ ...none, calls: [call('b')], work: [work('a'), work('b')], wrappingUp: 'a' })
    expect(scene).toMatchObject({
      kind: 'ringing',
      call: { id: 'b' },
      callWork: { contactId: 'b' },
      work: { contactId: 'a' },
    })
  })

  it('leaves the sheet to who types in it when another window answers, and when that call ends', () => {
    const all = [work('a'), work('b')]
    const talk = call('b', { state: 'active', answeredAt: answered })
    const typing = { ...none, work: all, typingIn: 'a' }
    expect(sceneOf({ ...typing, calls: [talk] })).toMatchObject({
      kind: 'talking',
      callWork: { contactId: 'b' },
      work: { contactId: 'a' },
    })
    const over = call('b', { state: 'ended', answeredAt: answered, endedAt: answered, endReason: 'far-end' })
    const after = sceneOf({ ...typing, calls: [over], wrappingUp: 'b' })
    expect(after).toMatchObject({ kind: 'closing', work: { contactId: 'a' }, callWork: { contactId: 'a' } })
    expect(sceneOf({ ...typing, typingIn: null, calls: [over], wrappingUp: 'b' })).toMatchObject({
      work: { contactId: 'b' },
    })
    expect(sceneOf({ ...typing, work: [work('b')], calls: [talk] })).toMatchObject({
      work: { contactId: 'b' },
    })
  })

  it('does not let a second ring take the place of the call', () => {
    const calls = [call('a', { state: 'active', answeredAt: answered }), call('b')]
    const scene = sceneOf({ ...none, calls, work: [work('a')] })
    expect(scene).toMatchObject({ kind: 'talking', call: { id: 'a' } })
    expect(alsoRinging(scene, calls).map(({ id }) => id)).toEqual(['b'])
  })

  it('shows a missed call nowhere as something to close', () => {
    const missed = call('a', { state: 'ended', endedAt: answered, endReason: 'cancelled' })
    expect(sceneOf({ ...none, calls: [missed] }).kind).toBe('idle')
  })

  it('opens left-over work from the foot, before the wrap-up', () => {
    const scene = sceneOf({ ...none, work: [work('old'), work('a')], wrappingUp: 'a', opened: 'old' })
    expect(scene).toMatchObject({ kind: 'closing', work: { contactId: 'old' } })
    expect(unfinishedWork(scene, [], [work('old'), work('a')]).map((w) => w.contactId)).toEqual(['a'])
  })
})

describe('several calls', () => {
  const active = call('a', { state: 'active', answeredAt: answered })
  const held = call('b', { state: 'held', answeredAt: answered })

  it('shows the one that is spoken on, and lists the held ones', () => {
    const scene = sceneOf({ ...none, calls: [held, active] })
    expect(scene.call?.id).toBe('a')
    expect(heldBeside(scene, [held, active]).map(({ id }) => id)).toEqual(['b'])
  })

  it('stays with the caller while a colleague is asked about them', () => {
    const colleague = call('c', { state: 'active', direction: 'outbound', consultsFor: 'b' })
    const scene = sceneOf({ ...none, calls: [held, colleague] })
    expect(scene.call?.id).toBe('b')
    expect(heldBeside(scene, [held, colleague])).toEqual([])
    const swapped = sceneOf({
      ...none,
      calls: [
        { ...held, state: 'active' },
        { ...colleague, state: 'held' },
      ],
    })
    expect(swapped.call?.id).toBe('b')
  })

  it('leaves a call that is ignored beside the desk at rest', () => {
    const silent = call('d', { ignored: true })
    const scene = sceneOf({ ...none, calls: [silent] })
    expect(scene.kind).toBe('idle')
    expect(alsoRinging(scene, [silent])).toEqual([silent])
  })

  it('wraps up the contact and not the consultation that ended after it', () => {
    const over = { state: 'ended', answeredAt: answered, endReason: 'transferred' } as const
    const calls = [call('b', over), call('c', { ...over, direction: 'outbound' })]
    expect(sceneOf({ ...none, calls, work: [work('b')] })).toMatchObject({
      kind: 'closing',
      work: { contactId: 'b' },
    })
  })
})

it.each([
  [{ state: 'active', changing: null }, 'back'],
  [{ state: 'active', changing: 'hold' }, 'back'],
  [{ state: 'held', changing: 'resume' }, 'returning'],
  [{ state: 'held', changing: null }, 'held'],
  [{ state: 'held', changing: 'hold' }, 'held'],
] as const)('whom a transfer did not take along, %j: %s', (is, where) => {
  expect(afterFailedTransfer(call('a', is))).toBe(where)
})
