import { describe, expect, it } from 'vitest'
import { dialTarget } from './target.ts'

describe('what can be dialled', () => {
  it.each([
    ['02 5551/0143', '+390255510143'],
    ['0039 347 123 4567', '+393471234567'],
    ['112', '112'],
    ['116 117', '116117'],
    ['2002', '2002'],
    ['specialist-1', 'specialist-1'],
  ])('%s', (text, user) => {
    expect(dialTarget(text)?.user).toBe(user)
  })

  it.each(['', '  ', '1@evil.example', 'a;b', 'x y', '+', '31#', 'sip:2002@pbx'])('refuses %j', (text) => {
    expect(dialTarget(text)).toBeNull()
  })
})
