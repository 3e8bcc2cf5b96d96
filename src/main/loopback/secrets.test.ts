import { expect, test } from 'vitest'
import { OneTimeSecrets, sameSecret } from './secrets.ts'

test('a one-time secret opens once', () => {
  const secrets = new OneTimeSecrets(10_000, () => 0)
  const secret = secrets.issue()
  expect(secrets.redeem(secret)).toBe(true)
  expect(secrets.redeem(secret)).toBe(false)
})

test('a one-time secret expires', () => {
  let now = 0
  const secrets = new OneTimeSecrets(10_000, () => now)
  const secret = secrets.issue()
  now = 10_000
  expect(secrets.redeem(secret)).toBe(false)
})

test('what was never issued opens nothing', () => {
  expect(new OneTimeSecrets(10_000, () => 0).redeem('')).toBe(false)
  expect(sameSecret('', 'x')).toBe(false)
  expect(sameSecret('x', 'x')).toBe(true)
})
