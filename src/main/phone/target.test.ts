import { describe, expect, it } from 'vitest'
import { defaultLine } from '#contract/domain/line.ts'
import { dialTarget } from './target.ts'

const team = (address: string) => ({ id: 'team', name: { it: 'Ufficio', en: 'Office' }, address })

describe('what can be dialled', () => {
  it.each([
    ['02 5551/0143', '+390255510143'],
    ['0039 347 123 4567', '+393471234567'],
    ['112', '112'],
    ['116 117', '116117'],
    ['2002', '2002'],
    ['specialist-1', 'specialist-1'],
  ])('%s', (text, user) => {
    expect(dialTarget(text, defaultLine)?.user).toBe(user)
  })

  it.each(['', '  ', '1@evil.example', 'a;b', 'x y', '+', '31#', 'sip:2002@pbx'])('refuses %j', (text) => {
    expect(dialTarget(text, defaultLine)).toBeNull()
  })

  it.each(['700100', 'queue-anagrafe-centrale-milano-sud-est-1', '0255510143', '9_front.desk'])(
    'as it stands in the configuration: %s',
    (address) => {
      const remote = { number: address, e164: null, displayName: null }
      expect(dialTarget(address, { teams: [team(address)], echo: null })).toEqual({ user: address, remote })
      expect(dialTarget(address, { teams: [], echo: address })).toEqual({ user: address, remote })
    },
  )

  it('as a subscriber, when the configuration says a whole number', () => {
    expect(dialTarget('+390255510143', { teams: [team('+390255510143')], echo: null })).toEqual({
      user: '+390255510143',
      remote: { number: '+390255510143', e164: '+390255510143', displayName: null },
    })
  })
})
