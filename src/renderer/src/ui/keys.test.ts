import { describe, expect, it } from 'vitest'
import { ariaShortcut, clashes, isBare, isDigit, type KeyPress, keyIds, keys, matches } from './keys.ts'

const press = (key: string, more: Partial<KeyPress> = {}): KeyPress => ({
  key,
  code: '',
  ctrlKey: false,
  altKey: false,
  shiftKey: false,
  metaKey: false,
  altGraph: false,
  ...more,
})

describe('keys', () => {
  it('has no chord twice', () => expect(clashes()).toEqual([]))

  it('takes a chord only with exactly its modifiers', () => {
    expect(matches(keys.answer.chord, press('Enter', { altKey: true }))).toBe(true)
    expect(matches(keys.answer.chord, press('Enter'))).toBe(false)
    expect(matches(keys.answer.chord, press('Enter', { altKey: true, ctrlKey: true }))).toBe(false)
    expect(matches(keys.closeReady.chord, press('Enter', { shiftKey: true }))).toBe(false)
  })

  it('never takes AltGr, which writes @ and # in Italy', () => {
    const graph = press('@', { ctrlKey: true, altKey: true, altGraph: true, code: 'Semicolon' })
    for (const id of keyIds) expect(matches(keys[id].chord, graph)).toBe(false)
    expect(matches(keys.mute.chord, press('m', { altKey: true, altGraph: true }))).toBe(false)
  })

  it('never takes a number that is typed on the pad with Alt, which writes À on Windows', () => {
    const pad = (digit: string) => press(digit, { altKey: true, code: `Numpad${digit}` })
    for (const digit of '0123456789')
      for (const id of keyIds) expect(matches(keys[id].chord, pad(digit))).toBe(false)
    expect(matches(keys.resume1.chord, press('7', { altKey: true, code: 'Digit7' }))).toBe(true)
    expect(matches(keys.answer.chord, press('Enter', { altKey: true, code: 'NumpadEnter' }))).toBe(true)
    expect(matches(keys.outcome1.chord, press('1', { code: 'Numpad1' }))).toBe(true)
  })

  it('takes Ctrl / on an Italian keyboard, where / is Shift 7', () => {
    expect(matches(keys.keyList.chord, press('/', { ctrlKey: true, shiftKey: true, code: 'Digit7' }))).toBe(
      true,
    )
  })

  it('takes Alt and a letter where Alt changes the letter', () => {
    expect(matches(keys.mute.chord, press('µ', { altKey: true, code: 'KeyM' }))).toBe(true)
  })

  it('answers and refuses by chords only: nothing that can be typed', () => {
    for (const id of ['answer', 'reject', 'hangUp', 'mute', 'hold'] as const)
      expect(isBare(keys[id].chord)).toBe(false)
    expect(isBare(keys.outcome1.chord)).toBe(true)
    expect(isBare(keys.sheetNote.chord)).toBe(false)
  })

  it('leaves only bare digits to a list of people', () => {
    const digits = keyIds.filter((id) => isDigit(keys[id].chord))
    expect(digits).toEqual(['outcome1', 'outcome2', 'outcome3', 'outcome4', 'outcome5', 'outcome6'])
  })

  it('names a chord as WAI-ARIA does', () => {
    expect(ariaShortcut(keys.closePause.chord)).toBe('Shift+Enter')
    expect(ariaShortcut(keys.mute.chord)).toBe('Alt+M')
  })
})
