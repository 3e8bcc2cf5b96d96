import { describe, expect, it } from 'vitest'
import { type Call, plainCall } from '#contract/domain/call.ts'
import { aimedMs, emptyPlace, isStale, placeAfter } from './aim.ts'

const call = (id: string, state: Call['state'], endReason: Call['endReason'] = null): Call => ({
  ...plainCall,
  id,
  direction: 'inbound',
  state,
  remote: { number: '0255510143', e164: '+390255510143', displayName: null },
  queue: null,
  practice: true,
  muted: false,
  media: 'none',
  startedAt: '2026-11-24T09:36:00Z',
  answeredAt: null,
  endedAt: null,
  endReason,
})
const talking = placeAfter(emptyPlace, ['a'], [call('a', 'active')], 1)

describe('a place of the desk', () => {
  it('remembers when a call that stood in it ended, and not that it did a while before', () => {
    const after = placeAfter(talking, ['b'], [call('a', 'ended', 'far-end'), call('b', 'held')], 2000)
    expect(after).toEqual({ shown: ['b'], endedAt: 2000, lostAt: 2000 })
    const later = placeAfter(after, ['b'], [call('b', 'active')], 2400)
    expect(later.endedAt).toBe(2000)
    expect(placeAfter(talking, [], [], 2000).endedAt).toBe(2000)
  })

  it('counts the colleague of a consultation and leaves the caller as they were', () => {
    const pair = placeAfter(emptyPlace, ['a', 'c'], [call('a', 'held'), call('c', 'active')], 1)
    expect(placeAfter(pair, ['a'], [call('a', 'active'), call('c', 'ended')], 2000).endedAt).toBe(2000)
  })

  it('follows the operator who turns to another call at once', () => {
    const turned = placeAfter(talking, ['b'], [call('a', 'held'), call('b', 'active')], 2000)
    expect(turned).toEqual({ ...emptyPlace, shown: ['b'] })
    expect(placeAfter(emptyPlace, ['a'], [call('a', 'ringing')], 2000).endedAt).toBe(emptyPlace.endedAt)
  })

  it('takes a press after the operator has ended a call for what it is, unless it would end another', () => {
    const pair = placeAfter(emptyPlace, ['a', 'c'], [call('a', 'held'), call('c', 'dialling')], 1)
    const dropped = placeAfter(pair, ['a'], [call('a', 'active'), call('c', 'ended', 'operator')], 2000)
    expect([isStale(dropped, false, 2500), isStale(dropped, true, 2500)]).toEqual([false, true])
    const refused = placeAfter(pair, ['a'], [call('a', 'active'), call('c', 'ended', 'busy')], 2000)
    expect([isStale(refused, false, 2500), isStale(refused, true, 2500)]).toEqual([true, true])
    expect(isStale(refused, false, 2000 + aimedMs)).toBe(false)
  })
})
