import { describe, expect, it } from 'vitest'
import type { SystemTruth } from '#contract/desk.ts'
import { isAmber, markOf } from './truth.ts'

const since = '2026-11-24T09:00:00Z'
const well: SystemTruth = {
  phone: { state: 'registered', since, line: '020202', practice: false, retryAt: null, otherDesks: 0 },
  crm: { state: 'reachable', since, retryAt: null, fault: null },
  outbox: { pending: 0, refused: 0, others: 0, othersRefused: 0 },
  cache: { state: 'ready', fault: null },
  queue: null,
  microphone: 'granted',
}

describe('markOf', () => {
  it('says that all is well only when it is', () => {
    expect(markOf(well)).toBe('well')
    expect(markOf({ ...well, outbox: { pending: 3, refused: 0, others: 2, othersRefused: 0 } })).toBe('well')
    expect(markOf({ ...well, microphone: null })).toBe('well')
  })

  it('puts what hinders a call before what only delays work', () => {
    const crm = { ...well.crm, state: 'away' as const }
    expect(markOf({ ...well, crm })).toBe('crm-away')
    expect(markOf({ ...well, crm, microphone: 'denied' })).toBe('microphone')
    expect(markOf({ ...well, crm, phone: { ...well.phone, state: 'away' } })).toBe('phone-away')
    expect(markOf({ ...well, crm, cache: { state: 'blocked', fault: null } })).toBe('cache-blocked')
    expect(markOf({ ...well, crm, outbox: { pending: 1, refused: 1, others: 0, othersRefused: 0 } })).toBe(
      'crm-away',
    )
  })

  it('colours a loss, not a connection that is being made', () => {
    expect(isAmber('crm-away')).toBe(true)
    expect(isAmber('crm-connecting')).toBe(false)
    expect(isAmber('well')).toBe(false)
  })
})
