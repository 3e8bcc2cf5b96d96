import { describe, expect, it } from 'vitest'
import { hashPassword, verifyPassword } from './password.ts'

describe('passwords', () => {
  it('accepts the password and refuses another', async () => {
    const hash = await hashPassword('perché no? 123')
    expect(hash).toMatch(/^scrypt\$32768\$8\$3\$/)
    expect(await verifyPassword('perché no? 123', hash)).toBe(true)
    expect(await verifyPassword('perché no? 124', hash)).toBe(false)
  })

  it('is salted', async () => {
    expect(await hashPassword('x')).not.toBe(await hashPassword('x'))
  })

  it('takes the composed and the decomposed writing for one', async () => {
    expect(await verifyPassword('perche\u0301', await hashPassword('perch\u00e9'))).toBe(true)
  })

  it('checks by the parameters in the hash', async () => {
    const cheap = `scrypt$1024$8$1$${'A'.repeat(22)}$${'B'.repeat(43)}`
    expect(await verifyPassword('x', cheap)).toBe(false)
  })

  it.each(['', 'plain', 'scrypt$1$2', 'argon2$1$1$1$AAAAAAAAAAAAAAAAAAAA$BBBBBBBBBBBBBBBBBBBBBBBBB'])(
    'refuses %j as a hash',
    async (hash) => {
      expect(await verifyPassword('x', hash)).toBe(false)
    },
  )
})
