import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { OpeningRule } from '#contract/domain/opening.ts'
import { Article, Office, Service, Topic } from '#contract/domain/reference.ts'
import { type City, exampleCity, loadCity } from './city.ts'

describe('the example city', () => {
  let city: City
  beforeAll(async () => {
    city = await loadCity()
  })

  it('is rows of the contract', () => {
    expect(city.example).toBe(true)
    for (const topic of city.topics) Topic.parse({ ...topic, version: 1 })
    for (const office of city.offices) Office.parse({ ...office, version: 1 })
    for (const service of city.services) Service.parse({ ...service, version: 1 })
    for (const article of city.articles) expect(Article.parse({ ...article, version: 1 }).example).toBe(true)
  })

  it('has the twelve families, each with four to six topics', () => {
    const families = city.topics.filter((topic) => topic.parentId === null)
    expect(families).toHaveLength(12)
    for (const family of families) {
      const count = city.topics.filter((topic) => topic.parentId === family.id).length
      expect(count, family.id).toBeGreaterThanOrEqual(4)
      expect(count, family.id).toBeLessThanOrEqual(6)
    }
  })

  it('has fifteen offices in nine districts, twenty cards, and an account for each role', () => {
    expect(city.offices).toHaveLength(15)
    expect(new Set(city.offices.map((office) => office.municipio)).size).toBe(9)
    expect(city.articles).toHaveLength(20)
    expect(new Set(city.accounts.flatMap((account) => account.roles))).toEqual(
      new Set(['operator', 'specialist', 'supervisor', 'administrator']),
    )
  })

  it('has the hours of main and small offices, and of a season', () => {
    const of = (officeId: string) =>
      city.rules.filter((rule) => rule.officeId === officeId && rule.agenda === 'identity')
    expect(of('via-padova-118').map(({ from, to }) => [from, to])).toEqual([['08:30', '15:30']])
    expect(of('via-passerini-5').map(({ from, to }) => [from, to])).toEqual([
      ['08:30', '12:30'],
      ['14:30', '15:30'],
    ])
    expect(of('via-larga-12').filter(({ validTo }) => validTo !== null)).toMatchObject([
      { weekdays: [2, 4], to: '19:00', validFrom: '2027-06-01', validTo: '2027-07-31' },
      { weekdays: [6], from: '08:30', to: '15:30' },
    ])
    for (const { officeId: _, ...rule } of city.rules) OpeningRule.parse(rule)
  })

  it('says by which channel each service is booked, and who may come without', () => {
    const service = (id: string) => city.services.find((one) => one.id === id)
    expect(service('identity-card-exception')?.channels).toEqual(['phone'])
    expect(service('identity-card')?.channelExceptions?.it).toContain('AIRE')
    expect(service('identity-card')?.walkIn?.it).toContain('denuncia')
    expect(service('identity-card')?.rule).toEqual({ kind: 'before-expiry', days: 180 })
    expect(city.services.every(({ example }) => example)).toBe(true)
    expect(city.offices.every(({ example, zone }) => example && zone === 'Europe/Rome')).toBe(true)
  })

  it('has what the practice scenarios speak of', () => {
    const topics = new Set(city.topics.map((topic) => topic.id))
    for (const id of [
      'identity-card',
      'change-of-residence',
      'waste-tax',
      'nursery',
      'fines',
      'marriage',
      'cemetery',
      'road-damage',
    ]) {
      expect(topics, id).toContain(id)
    }
    const services = city.services.map((service) => service.id)
    expect(services).toEqual(expect.arrayContaining(['identity-card', 'residence', 'marriage-publication']))
    expect(services.length).toBeGreaterThanOrEqual(15)
  })
})

describe('a city that is wrong', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ascolto-city-'))
    await cp(exampleCity, folder, { recursive: true })
  })
  afterEach(() => rm(folder, { recursive: true }))

  const replace = async (name: string, from: string, to: string): Promise<number> => {
    const text = await readFile(join(folder, name), 'utf8')
    const at = text.indexOf(from)
    expect(at, `${from} in ${name}`).toBeGreaterThan(0)
    await writeFile(join(folder, name), text.replace(from, to))
    return text.slice(0, at).split('\n').length
  }

  it.each([
    ['topics.json', '"parentId": "civil-services"', '"parentId": "certificates"', 'no family'],
    ['services.json', '"topicId": "identity-card"', '"topicId": "identity-cart"', 'no topic identity-cart'],
    ['services.json', '"agenda": "identity"', '"agenda": "nobody"', 'no office'],
    ['articles.json', '"heading": "audience"', '"heading": "audiance"', 'no heading audiance'],
    ['articles.json', '"topicId": "marriage"', '"topicId": "marriages"', 'no topic'],
    ['offices.json', '"size": "small"', '"size": "tiny"', 'no size'],
    ['offices.json', '"via-larga-12"],', '"via-larga"],', 'no office via-larga'],
    ['offices.json', '"agendas": ["identity"]', '"agendas": ["weddings"]', 'no agenda weddings'],
    ['offices.json', '"from": "15:30", "to": "19:00"', '"from": "15:00", "to": "19:00"', 'open then anyway'],
    [
      'offices.json',
      '"office": "viale-ungheria-29"',
      '"office": "viale-ungheria"',
      'no office viale-ungheria',
    ],
    ['accounts.json', '"taxes"', '"taxis"', 'no topic belongs'],
    ['accounts.json', '"2002"', '"2oo2"', 'accounts.1.extension'],
  ])('%s with %s made %s is named with its line', async (name, from, to, problem) => {
    const line = await replace(name, from, to)
    await expect(loadCity(folder)).rejects.toMatchObject({
      code: 'configuration-invalid',
      file: name,
      line,
      problem: expect.stringContaining(problem),
    })
  })

  it('an office may have a zone of its own', async () => {
    await replace(
      'offices.json',
      '"id": "via-padova-118",',
      '"id": "via-padova-118", "zone": "Atlantic/Azores",',
    )
    const { offices } = await loadCity(folder)
    const zones = offices.map(({ id, zone }) => [id, zone])
    expect(zones.filter(([, zone]) => zone !== 'Europe/Rome')).toEqual([
      ['via-padova-118', 'Atlantic/Azores'],
    ])
    const at = '"id": "via-padova-118", "zone": "Atlantic/Azores"'
    const line = await replace('offices.json', at, '"id": "via-padova-118", "zone": "Atlantic/Azzorre"')
    await expect(loadCity(folder)).rejects.toMatchObject({ file: 'offices.json', line })
  })

  it('two topics of one name are refused', async () => {
    await replace('topics.json', '"id": "certificates"', '"id": "identity-card"')
    await expect(loadCity(folder)).rejects.toThrow(/identity-card is there twice/)
  })
})
