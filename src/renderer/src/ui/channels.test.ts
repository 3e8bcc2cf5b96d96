import { describe, expect, it } from 'vitest'
import { channelsOf, proposed, proposedOfChange } from './channels.ts'

const mobile = { number: '+393331234567', kind: 'mobile' as const }
const landline = { number: '+390255510143', kind: 'landline' as const }

describe('how somebody can be told', () => {
  it('follows from what the directory has', () => {
    expect(channelsOf({ phones: [landline, mobile], email: 'a@example.org' })).toEqual([
      'sms',
      'whatsapp',
      'email',
    ])
    expect(channelsOf({ phones: [landline], email: 'a@example.org' })).toEqual(['email'])
    expect(channelsOf({ phones: [landline], email: null })).toEqual([])
    expect(channelsOf(null)).toEqual([])
  })

  it('proposes one of them', () => {
    expect(proposed({ phones: [mobile], email: 'a@example.org' })).toEqual(['sms'])
    expect(proposed({ phones: [landline], email: 'a@example.org' })).toEqual(['email'])
    expect(proposed(null)).toEqual([])
  })

  it('proposes of a change each by which the confirmation may have gone', () => {
    expect(proposedOfChange({ phones: [mobile], email: 'a@example.org' })).toEqual(['sms', 'email'])
    expect(proposedOfChange({ phones: [landline], email: 'a@example.org' })).toEqual(['email'])
    expect(proposedOfChange(null)).toEqual([])
  })
})
