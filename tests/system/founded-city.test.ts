import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cityDayOf } from '#contract/domain/calendar.ts'
import { cityRetention } from '../../src/crm/retention/terms.ts'
import { cityRules } from '../../src/crm/tickets/rules.ts'
import { programFile } from '../../tools/programs.ts'
import { type CrmApi, type CrmProcess, crmApi, pullPage, startCrmProcess } from '../support/crm.ts'
import { ticketArgs } from '../support/crm-city.ts'
import { ownCity, writeCity } from '../support/own-city.ts'
import { signIn } from '../support/sign-in.ts'
import { copyBare } from '../support/store-templates.ts'

const password = 'quattro parole a caso'

let folder: string
let dataDir: string
let city: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ascolto-founded-'))
  dataDir = join(folder, 'data')
  await copyBare(dataDir)
  city = await writeCity(join(folder, 'city'), await ownCity())
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

async function run(args: string[], typed = '') {
  const program = spawn(process.execPath, [programFile('crm'), ...args, '--data', dataDir], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    env: { ...process.env, DATABASE_URL: '', ASCOLTO_SIP_SECRET: 'x'.repeat(40) },
  })
  program.stdin.end(typed)
  const closed = once(program, 'close')
  const [out, err] = await Promise.all([text(program.stdout), text(program.stderr)])
  return { code: (await closed)[0], out, err }
}
const serveOnce = (...args: string[]) => run(['serve', '--sip-url', 'ws://127.0.0.1:5066', ...args])

/** Served with these options for as long as `work` takes. */
async function served<T>(
  args: string[],
  work: (api: CrmApi, crm: CrmProcess & { authorization: string }) => Promise<T>,
): Promise<T> {
  const crm = await startCrmProcess({ dataDir, args })
  try {
    const { accessToken } = await signIn(crm.url, 'ada.rossi', password)
    const authorization = `Bearer ${accessToken}`
    return await work(crmApi(crm.url, authorization), { ...crm, authorization })
  } finally {
    await crm.end()
  }
}

test('the example’s rules found nobody’s city', async () => {
  const refused = await run(['found', '--city', city, '--rules', cityRules])
  expect(refused).toMatchObject({ code: 2, out: '' })
  expect(refused.err).toContain('calendar.json:2: an example')
}, 60_000)

test('a city is founded only of topics, teams and rules that know each other, and hears of all that is wrong at once', async () => {
  const wrong = await ownCity()
  wrong.topics.push(
    ...wrong.topics.slice(1, 2).map((topic) => ({ ...topic, id: 'fountains', team: 'waterwroks' })),
    ...wrong.topics.slice(1, 2).map((topic) => ({ ...topic, id: 'canals', team: 'navigli' })),
    ...wrong.topics.slice(1, 2).map((topic) => ({ ...topic, id: 'locks', team: 'navvies' })),
  )
  wrong.teams.push(...wrong.teams.slice(1, 2).map((team) => ({ ...team, id: 'navvies', ended: true })))
  wrong.routing[0]?.topics.push('welles')
  const refused = await run(['found', '--city', await writeCity(join(folder, 'wrong'), wrong)])
  expect(refused).toMatchObject({ code: 2, out: '' })
  expect(refused.err).toMatch(/^topics\.json:\d+: topics\.3\.team: no team waterwroks$/m)
  expect(refused.err).toMatch(/^topics\.json:\d+: topics\.4\.team: no team navigli$/m)
  expect(refused.err).toMatch(/^topics\.json:\d+: topics\.5\.team: the team navvies has ended$/m)
  expect(refused.err).toMatch(/^routing\.json:\d+: routing\.0\.topics\.1: no topic welles$/m)
}, 60_000)

test('a city of its own is founded without accounts or persons, and served to other computers', async () => {
  expect(await run(['found', '--city', city])).toMatchObject({ code: 0 })
  const ada = ['--given-name', 'Ada', '--family-name', 'Rossi', '--extension', '201']
  const rights = ['--role', 'supervisor', '--role', 'operator', '--team', 'first-level']
  const added = await run(['account', 'add', 'ada.rossi', ...ada, ...rights], `${password}\n`)
  expect(added).toMatchObject({ code: 0, err: '' })
  const file = join(folder, 'residents.jsonl')
  const ines = { key: '4711', givenName: 'Ines', familyName: 'Riva', fiscalCode: null }
  await writeFile(file, `${JSON.stringify(ines)}\n{"key": "4712"}\n`)
  const imported = await run(['citizens', 'import', file])
  expect(imported).toMatchObject({ code: 1, out: '1 new, 0 changed, 0 as they were, 1 wrong\n' })
  expect(imported.err).toContain(`${file}:2: givenName: `)
  await served(['--host', '0.0.0.0'], async (api) => {
    expect((await api.citizens.search({ text: 'riva' })).citizens).toMatchObject([{ givenName: 'Ines' }])
    expect((await api.citizens.search({ text: 'colombo' })).citizens).toEqual([])
    expect((await api.agenda.nextFree({ serviceIds: ['meter'] })).offers.length).toBeGreaterThan(0)
  })
}, 300_000)

const inDaysOf = (at: string, days: number): string => {
  const day = new Date(`${cityDayOf(at)}T12:00:00Z`)
  day.setUTCDate(day.getUTCDate() + days)
  return day.toISOString().slice(0, 10)
}

test('a start leaves its rules, teams and contents as they are, and takes no example for them', async () => {
  const request = ticketArgs({ topicId: 'wells' })
  const opened = await served([], async (api) => api.tickets.open(request))
  expect(opened.team).toBe('wardens')
  const end = inDaysOf(request.receivedAt, 10)
  expect(opened.clock.steps).toContainEqual(expect.objectContaining({ step: 'term', days: 10, end }))

  const held = async (api: CrmApi, crm: { url: string; authorization: string }) => {
    const { deviceId: device } = await api.devices.register({ name: 'Desk' })
    const lines = await pullPage(crm.url, crm.authorization, { device, limit: 500 })
    const rows = lines.flatMap((line) => (line.type === 'row' ? [line] : []))
    return {
      teams: rows.filter(({ entity }) => entity === 'team').map(({ id }) => id),
      rulebooks: rows.flatMap(({ entity, row }) => (entity === 'rulebook' ? [row] : [])),
      ticket: (await api.tickets.get({ id: request.id })).ticket,
      terms: (await api.retention.schedule()).kinds,
    }
  }
  const after = await served([], held)
  expect(after.teams).toEqual(['first-level', 'wardens', 'waterworks'])
  expect(after.rulebooks).toMatchObject([{ version: 1, terms: { rules: [{ id: 'by-charter' }, {}] } }])
  expect(after.ticket).toMatchObject({ dueOn: opened.dueOn, version: opened.version })
  expect(after.terms).toContainEqual(expect.objectContaining({ kind: 'contacts', days: null }))
  expect(after.terms).toContainEqual(expect.objectContaining({ kind: 'citizens', days: null }))

  const rules = await serveOnce('--rules', cityRules)
  expect(rules).toMatchObject({ code: 2, out: '' })
  expect(rules.err).toContain('city apply')
  const retention = await serveOnce('--retention', cityRetention)
  expect(retention).toMatchObject({ code: 2, out: '' })
  expect(retention.err).toContain('retention.json:2: an example')
  const own = await served(['--retention', join(city, 'retention.json')], held)
  expect(own.terms).toContainEqual(expect.objectContaining({ kind: 'contacts', days: 365 }))
  expect(own.rulebooks).toEqual(after.rulebooks)

  const slower = await ownCity()
  for (const rule of slower.terms.rules) rule.days = 15
  const next = await writeCity(join(folder, 'next'), slower)
  const shown = { code: 0, out: 'rulebook\tcity\tchanged\tterms; 1 open requests are worked out anew\n' }
  expect(await run(['city', 'show', '--city', next])).toMatchObject(shown)
  expect(await run(['city', 'apply', '--city', next])).toMatchObject(shown)
  expect(await run(['city', 'apply', '--city', next])).toMatchObject({ code: 0, out: 'Nothing changes.\n' })
}, 300_000)
