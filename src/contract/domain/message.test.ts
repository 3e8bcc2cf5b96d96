import { expect, it } from 'vitest'
import { becameOf } from './message.ts'

it('says that a message was sent only when somebody sends it: what lies in the outbox has reached nobody', () => {
  expect(becameOf({ state: 'sent', via: 'smtp' })).toBe('sent')
  expect(becameOf({ state: 'sent', via: 'outbox' })).toBe('outbox')
  expect(becameOf({ state: 'queued', via: null })).toBe('queued')
  expect(becameOf({ state: 'failed', via: null })).toBe('failed')
})
