import { expect, it } from 'vitest'
import type { CallRecord } from '#contract/domain/call-record.ts'
import { missedSince } from './missed.ts'

const record = (startedAt: string, more: Partial<CallRecord> = {}): CallRecord => ({
  callId: startedAt,
  kind: 'missed',
  remote: { number: '+390255510143', e164: '+390255510143', displayName: null },
  queue: null,
  practice: true,
  startedAt,
  answeredAt: null,
  endedAt: startedAt,
  endReason: 'cancelled',
  waitSeconds: 12,
  talkSeconds: 0,
  transferredTo: null,
  ...more,
})
const now = Date.parse('2026-11-24T12:00:00Z')
const missed = record('2026-11-24T09:00:00Z')

it('counts what was missed today and not looked at', () => {
  const old = record('2026-11-23T09:00:00Z')
  expect(missedSince([missed, old, record('2026-11-24T08:00:00Z', { kind: 'rejected' })], null, now)).toEqual(
    [missed],
  )
  expect(missedSince([missed], '2026-11-24T09:30:00Z', now)).toEqual([])
})

it('lets go of somebody who was spoken with afterwards', () => {
  const back = record('2026-11-24T10:00:00Z', { kind: 'dialled', answeredAt: '2026-11-24T10:00:05Z' })
  expect(missedSince([back, missed], null, now)).toEqual([])
  expect(missedSince([{ ...back, answeredAt: null }, missed], null, now)).toEqual([missed])
})
