import { expect, it } from 'vitest'
import { digitOf } from './digit.ts'

const press = (key: string, more: Partial<KeyboardEvent> = {}) => ({
  key,
  code: '',
  altKey: false,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  target: null,
  ...more,
})

it('takes a digit alone or with Alt, and no other modifier', () => {
  expect(digitOf(press('3'))).toBe(3)
  expect(digitOf(press('3', { altKey: true }))).toBe(3)
  expect(digitOf(press('¡', { altKey: true, code: 'Digit1' }))).toBe(1)
  expect(digitOf(press('3', { ctrlKey: true }))).toBeNull()
  expect(digitOf(press('0'))).toBeNull()
  expect(digitOf(press('a', { altKey: true, code: 'KeyA' }))).toBeNull()
})

it('leaves a sign that Windows writes by its number on the pad to the field', () => {
  expect(digitOf(press('2', { altKey: true, code: 'Numpad2' }))).toBeNull()
  expect(digitOf(press('2', { code: 'Numpad2' }))).toBe(2)
})
