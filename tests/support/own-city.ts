import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { exampleCity } from '../../src/crm/seed/city.ts'

const words = (it: string, en: string) => ({ it, en })
const always = { validFrom: null, validTo: null }
const team = (id: string, kind: string, contact: string | null = null) => ({
  ...{ id, name: words(id, id), kind, contact },
})
const topic = (id: string, parentId: string | null, team: string) => ({
  ...{ id, parentId, team, name: words(id, id), keywords: '' },
})

/** The files of a small city of its own, which shares neither teams nor topics nor terms with the example. */
export async function ownCity() {
  const calendar = JSON.parse(await readFile(join(exampleCity, 'calendar.json'), 'utf8')).calendar
  const opening = { weekdays: [1, 2, 3, 4, 5], from: '09:00', to: '12:00' }
  return {
    topics: [
      topic('water', null, 'first-level'),
      topic('water-bill', 'water', 'waterworks'),
      topic('wells', 'water', 'wardens'),
    ],
    offices: [
      {
        ...{ id: 'town-hall', name: 'Municipio', address: 'Piazza 1', municipio: 1, languages: ['it'] },
        ...{ coordinates: { lat: 45.1, lon: 9.1 }, size: 'only', counters: { desk: 2 } },
      },
    ],
    sizes: { only: { hours: words('9–12', '9–12'), open: [opening] } },
    services: [
      {
        ...{ id: 'meter', topicId: 'water-bill', agenda: 'desk', durationMinutes: 30 },
        ...{ name: words('Contatore', 'Meter'), documents: words('Bolletta', 'Bill') },
        ...{ eligibility: words('Tutti', 'Everybody'), rule: { kind: 'none' }, channels: ['phone'] },
        ...{ channelExceptions: null, walkIn: null, languages: ['it'], keywords: '' },
      },
    ],
    articles: [
      {
        ...{ id: 'meter', topicId: 'water-bill', title: words('Contatore', 'Meter'), keywords: '' },
        sections: [{ heading: 'how', body: words('Si telefona', 'By telephone') }],
      },
    ],
    teams: [
      ...[team('first-level', 'first-level'), team('wardens', 'specialist')],
      team('waterworks', 'external', 'acque@example.org'),
    ],
    routing: [{ id: 'wells', kinds: ['report'], topics: ['wells'], team: 'wardens', ...always }],
    terms: {
      warnDays: 5,
      rules: [
        {
          ...{ id: 'by-charter', kinds: ['information', 'verification', 'suggestion', 'complaint'] },
          ...{
            days: 20,
            suspension: { times: 1, days: 30 },
            extensionDays: 60,
            source: 'Statuto',
            ...always,
          },
        },
        {
          ...{
            id: 'reports',
            kinds: ['report', 'appreciation'],
            days: 10,
            suspension: { times: 1, days: 30 },
          },
          ...{ extensionDays: 60, source: 'Statuto', ...always },
        },
      ],
      closing: [{ id: 'sixty-days', days: 60, ...always }],
    },
    calendar,
    retention: {
      ...{ contacts: 365, tickets: 365, appointments: 365, citizens: 365, reads: 365, audit: 365 },
      changeLog: 30,
    },
  }
}
export type OwnCity = Awaited<ReturnType<typeof ownCity>>

/** Into a folder, as `--city` and `--rules` want it. */
export async function writeCity(folder: string, city: OwnCity): Promise<string> {
  await mkdir(folder, { recursive: true })
  const zone = 'Europe/Rome'
  const headings = { how: words('Come fare', 'How to') }
  const files = {
    topics: { topics: city.topics },
    offices: { zone, sizes: city.sizes, offices: city.offices, seasons: [], closures: [] },
    services: { services: city.services },
    articles: { updatedOn: '2026-11-01', headings, articles: city.articles },
    teams: { teams: city.teams },
    routing: { routing: city.routing },
    terms: { terms: city.terms },
    calendar: { calendar: city.calendar },
    retention: { retention: city.retention },
  }
  for (const [name, content] of Object.entries(files)) {
    const text = JSON.stringify({ example: false, note: 'Own', ...content }, null, 2)
    await writeFile(join(folder, `${name}.json`), text)
  }
  return folder
}
