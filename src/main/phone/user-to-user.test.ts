import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newId } from '#contract/domain/ids.ts'
import { contactOf, userToUser } from './user-to-user.ts'

describe('User-to-User', () => {
  it('carries a contact there and back, beside what others put there', () => {
    const id = newId()
    expect(contactOf(['56a390f3d2b7310023a2;encoding=hex;purpose=foo', userToUser(id)])).toBe(id)
    expect(contactOf([userToUser(id).replace(';encoding', ' ; encoding')])).toBe(id)
  })

  it.each([
    '',
    'hello',
    '04zz;encoding=hex',
    userToUser(newId()).replace(';encoding=hex', ''),
    `04${Buffer.from("ascolto:1' OR 1=1").toString('hex')};encoding=hex`,
    `04${Buffer.from(`ascolto:${newId()} `).toString('hex')};encoding=hex`,
    `04${'61'.repeat(4000)};encoding=hex`,
  ])('is nothing in %j', (header) => {
    expect(contactOf([header])).toBeNull()
  })

  it('never throws', () => {
    fc.assert(fc.property(fc.array(fc.string()), (headers) => void contactOf(headers)))
  })
})
