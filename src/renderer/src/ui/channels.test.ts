import { describe, expect, it } from 'vitest'
import { channelsOf, proposed, proposedOfChange, stillChosen } from './channels.ts'

const mobile = { number: '+393331234567', kind: 'mobile' as const }
const landline = { number: '+390255510143', kind: 'landline' as const }
const everything = ['sms', 'whatsapp', 'email'] as const

describe('how somebody can be told', () => {
  it('follows from what the directory has', () => {
    expect(channelsOf({ phones: [landline, mobile], email: 'a@example.org' }, null)).toEqual([...everything])
    expect(channelsOf({ phones: [landline], email: 'a@example.org' }, null)).toEqual(['email'])
    expect(channelsOf({ phones: [landline], email: null }, mobile.number)).toEqual([])
  })

  it('is the mobile that somebody calls from who is not in it', () => {
    expect(channelsOf(null, mobile.number)).toEqual(['sms', 'whatsapp'])
    expect(channelsOf(null, landline.number)).toEqual([])
    expect(channelsOf(null, null)).toEqual([])
  })

  it('proposes one of them', () => {
    expect(proposed([...everything], [])).toEqual(['sms'])
    expect(proposed(['email'], [])).toEqual(['email'])
    expect(proposed([], [])).toEqual([])
  })

  it('proposes one that leaves the CRM, where there is one', () => {
    expect(proposed([...everything], ['sms', 'whatsapp'])).toEqual(['email'])
    expect(proposed(['sms', 'whatsapp'], ['sms'])).toEqual(['whatsapp'])
    expect(proposed([...everything], [...everything])).toEqual(['sms'])
  })

  it('proposes of a change each by which the confirmation may have gone', () => {
    expect(proposedOfChange([...everything], [])).toEqual(['sms', 'email'])
    expect(proposedOfChange([...everything], ['sms', 'whatsapp'])).toEqual(['email'])
    expect(proposedOfChange(['sms', 'whatsapp'], ['sms'])).toEqual(['whatsapp'])
    expect(proposedOfChange([...everything], [...everything])).toEqual(['sms', 'email'])
    expect(proposedOfChange([], [])).toEqual([])
  })

  it('goes by what was chosen only where that is a way to them', () => {
    expect(stillChosen(['whatsapp'], ['email'])).toBeNull()
    expect(stillChosen(['sms', 'email'], ['email'])).toEqual(['email'])
    expect(stillChosen(['none'], ['email'])).toEqual(['none'])
    expect(stillChosen([], ['email'])).toEqual([])
    expect(stillChosen(null, ['email'])).toBeNull()
  })
})
