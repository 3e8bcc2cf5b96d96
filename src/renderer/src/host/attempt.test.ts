import { ORPCError } from '@orpc/client'
import { beforeEach, describe, expect, test } from 'vitest'
import { attempt, forgetRefusal, useRefusal } from './attempt.ts'

const refused = (code: string) =>
  Promise.reject(new ORPCError('FAULT', { data: { kind: 'unavailable', code, params: {} } }))

describe('what the host refuses', () => {
  beforeEach(forgetRefusal)

  test('stays with what was asked until something succeeds', async () => {
    expect(await attempt('answer', () => refused('microphone-missing'))).toBe(false)
    expect(useRefusal.getState().refusal).toEqual({
      deed: 'answer',
      fault: { kind: 'unavailable', code: 'microphone-missing', params: {} },
    })
    expect(await attempt('hangUp', () => Promise.resolve())).toBe(true)
    expect(useRefusal.getState().refusal).toBeNull()
  })

  test('a newer refusal takes the place of the one before', async () => {
    await attempt('answer', () => refused('microphone-missing'))
    await attempt('ready', () => refused('no-media-end'))
    expect(useRefusal.getState().refusal).toMatchObject({ deed: 'ready', fault: { code: 'no-media-end' } })
  })

  test('a request that throws at once is a refusal too', async () => {
    await attempt('dial', () => {
      throw new Error('broken')
    })
    expect(useRefusal.getState().refusal).toMatchObject({ deed: 'dial', fault: { code: 'unexpected' } })
  })
})
