import { describe, expect, it } from 'vitest'
import type { Office, Service } from '#contract/domain/reference.ts'
import { municipiOf, nearOffices, spokenAt } from './near.ts'

const office = (id: string, municipio: number, lat: number, lon: number, agenda = 'identity'): Office => ({
  id,
  version: 1,
  name: id,
  municipio,
  address: id,
  coordinates: { lat, lon },
  zone: 'Europe/Rome',
  languages: ['it'],
  hours: { it: '8:30–15:30', en: '8:30–15:30' },
  agendas: [agenda],
  example: true,
})
const offices = [
  office('far', 9, 45.52, 9.17),
  office('near', 4, 45.446, 9.226),
  office('other-agenda', 4, 45.445, 9.225, 'taxes'),
]

const service = (languages: Service['languages']): Service => ({
  ...{ id: languages.join(), version: 1, name: { it: '', en: '' }, topicId: 'topic', agenda: 'identity' },
  ...{ durationMinutes: 15, documents: { it: '', en: '' }, eligibility: { it: '', en: '' } },
  ...{ rule: { kind: 'none' }, channels: ['phone'], channelExceptions: null, walkIn: null, languages },
  ...{ keywords: '', example: true },
})

describe('what is spoken at the counter', () => {
  it('is what its office has too', () => {
    const [italian] = offices
    if (!italian) throw new Error('no office')
    const english: Office = { ...italian, languages: ['it', 'en', 'ar'] }
    expect(spokenAt([service(['it', 'en'])], italian)).toEqual(['it'])
    expect(spokenAt([service(['it', 'en'])], english)).toEqual(['it', 'en'])
    expect(spokenAt([service(['it', 'en']), service(['it'])], english)).toEqual(['it'])
    expect(spokenAt([service(['it', 'en'])], null)).toEqual(['it', 'en'])
  })
})

describe('offices for somebody', () => {
  it('come by distance from the middle of their district, those of the agenda only', () => {
    const near = nearOffices(offices, 'identity', 4)
    expect(near.map((one) => one.office.id)).toEqual(['near', 'far'])
    expect(near[0]?.km).toBeLessThan(0.3)
    expect(near[1]?.km).toBeGreaterThan(8)
  })

  it('come by district when nobody knows where they live', () => {
    expect(nearOffices(offices, 'identity', null)).toEqual([
      { office: offices[1], km: null },
      { office: offices[0], km: null },
    ])
  })

  it('are of districts, each once', () => {
    const all = [...offices, office('second', 9, 45.5, 9.18)]
    expect(municipiOf(nearOffices(all, 'identity', 4))).toEqual([4, 9])
  })
})
