import { ORPCError } from '@orpc/client'
import { expect, it } from 'vitest'
import { toFault } from './fault.ts'

it('takes what the host planned for as it is', () => {
  const data = { kind: 'conflict', code: 'slot-taken', params: {} }
  expect(toFault(new ORPCError('FAULT', { defined: true, data }))).toEqual(data)
})

it('names the field of a bad request', () => {
  const data = { issues: [{ path: ['citizen', 'phones', 0, 'number'], message: 'x' }] }
  expect(toFault(new ORPCError('BAD_REQUEST', { data }))).toMatchObject({
    code: 'input-invalid',
    params: { field: 'number' },
  })
  expect(toFault(new ORPCError('BAD_REQUEST'))).toMatchObject({ code: 'input-invalid', params: {} })
})

it('knows a broken connection, and calls everything else unexpected', () => {
  expect(toFault(Object.assign(new Error('x'), { name: 'AbortError' })).code).toBe('unavailable-now')
  expect(toFault(new TypeError('x')).code).toBe('unexpected')
})
