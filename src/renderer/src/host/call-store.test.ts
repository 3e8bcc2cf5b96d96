import { beforeEach, expect, it } from 'vitest'
import type { CallerView } from '#contract/desk.ts'
import { showWork, takeCaller, takeCalls, useCalls } from './call-store.ts'

const callId = '0198c0de-0000-7000-8000-000000000001'
const view: CallerView = {
  callId,
  number: 'unknown',
  crm: 'asking',
  awaited: true,
  from: null,
  stories: [],
  continued: null,
}

beforeEach(() => useCalls.setState(useCalls.getInitialState(), true))

it('draws nothing again that is told twice', () => {
  takeCaller(view)
  const before = useCalls.getState().callers
  takeCaller(structuredClone(view))
  expect(useCalls.getState().callers).toBe(before)
})

it('takes what the CRM added, and keeps what stayed', () => {
  takeCaller(view)
  const { stories } = useCalls.getState().callers[callId] ?? {}
  takeCaller({ ...structuredClone(view), crm: 'answered' })
  expect(useCalls.getState().callers[callId]).toEqual({ ...view, crm: 'answered' })
  expect(useCalls.getState().callers[callId]?.stories).toBe(stories)
})

it('keeps who called in the contact that is shown, whatever other calls come and go', () => {
  showWork(callId)
  takeCaller(view)
  takeCalls([])
  expect(useCalls.getState().callers).toHaveProperty(callId)
  showWork(null)
  takeCalls([])
  expect(useCalls.getState().callers).toEqual({})
})
