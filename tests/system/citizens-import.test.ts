import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '#contract/domain/ids.ts'
import { asActor } from '../../src/crm/audit/actor.ts'
import { importCitizens } from '../../src/crm/citizens/import.ts'
import { purge } from '../../src/crm/retention/purge.ts'
import { loadRetention } from '../../src/crm/retention/terms.ts'
import { type CrmUnderTest, startCrm } from '../support/crm.ts'
import {
  addDesk,
  addPerson,
  addStream,
  command,
  type Desk,
  fillSmallCity,
  type Person,
  someCitizen,
} from '../support/crm-city.ts'

let folder: string
let crm: CrmUnderTest
let ada: Person
let desk: Desk
let streamId: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ascolto-import-'))
  crm = await startCrm()
  await fillSmallCity(crm.store.db)
  ada = await addPerson(crm, { roles: ['supervisor', 'operator', 'administrator'] })
  desk = await addDesk(crm, ada)
  streamId = await addStream(ada, desk)
})
afterAll(async () => {
  await crm.stop()
  await rm(folder, { recursive: true, force: true })
})

let n = 0
async function push(one: ReturnType<typeof command>): Promise<void> {
  n += 1
  const { results } = await desk.api.sync.push({ streamId, commands: [{ ...one, n }] })
  expect(results.map(({ status, fault }) => [status, fault])).toEqual([['applied', null]])
}

const family = (i: number) =>
  `Ressa${String(i).replace(/\d/g, (digit) => 'abcdefghij'.charAt(Number(digit)))}`
const resident = (i: number, over: object = {}) => ({
  ...{ key: `anagrafe-${i}`, givenName: 'Ines', familyName: family(i), birthDate: '1961-02-03' },
  ...{ address: { street: `Via Roma ${i}`, municipality: 'Milano', municipio: 3 } },
  ...over,
})

async function imported(lines: readonly (object | string)[], { dryRun = false } = {}) {
  const file = join(folder, 'residents.jsonl')
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)))
  await writeFile(file, `${text.join('\n')}\n`)
  const problems: string[] = []
  const actor = { operation: 'citizens.import' as const, user: null, device: null, request: null }
  const count = await asActor(actor, () =>
    importCitizens(crm.store.db, {
      ...{ file, dryRun },
      onProblem: (line, problem) => problems.push(`${line}: ${problem}`),
    }),
  )
  return { ...count, problems }
}
const named = async (familyName: string) =>
  (await ada.api.citizens.search({ text: familyName })).citizens.filter(
    (one) => one.familyName === familyName,
  )
const only = async (familyName: string) => {
  const [citizen, ...more] = await named(familyName)
  if (!citizen || more.length > 0) throw new Error(`${more.length + 1} of ${familyName}`)
  return citizen
}

test('residents come in by the registry’s key, once however often, and a line that is wrong is told and left out', async () => {
  const all = Array.from({ length: 1203 }, (_, i) => resident(i))
  const lines: (object | string)[] = [...all]
  lines[7] = { ...resident(7), givenName: '' }
  lines[600] = '{"key": "half'
  lines[601] = { ...resident(601), nickname: 'Nina' }
  lines[602] = { ...resident(602), key: 'anagrafe-599' }
  expect(await imported(lines, { dryRun: true })).toMatchObject({ created: 1199, unchanged: 0, wrong: 4 })
  expect(await named(family(0))).toEqual([])

  // It broke off.
  expect(await imported(lines.slice(0, 500))).toMatchObject({ created: 499, wrong: 1 })
  const whole = await imported(lines)
  expect(whole).toMatchObject({ created: 700, changed: 0, unchanged: 499, wrong: 4 })
  expect(whole.problems).toEqual([
    expect.stringMatching(/^8: givenName: /),
    '601: not valid JSON',
    expect.stringMatching(/^602: .*nickname/),
    '603: key: as in line 600',
  ])
  expect(JSON.stringify(whole.problems)).not.toContain(family(7))
  expect(await imported(all)).toMatchObject({ created: 4, changed: 0, unchanged: 1199, wrong: 0 })
  expect(await only(family(5))).toMatchObject({ birthDate: '1961-02-03', language: 'it', phones: [] })
  const [entry] = (await ada.api.audit.list({})).entries
  expect(entry?.operation).toBe('citizens.import')
}, 60_000)

test('what the registry says anew is changed, and nothing that a desk has said meanwhile', async () => {
  const before = await only(family(11))
  const phones = [{ number: '+393471234567', kind: 'mobile' as const }]
  await push(command(0, 'citizen.update', { citizenId: before.id, seen: { phones: [] }, change: { phones } }))
  const email = 'ines@example.org'
  await push(command(0, 'citizen.update', { citizenId: before.id, seen: { email: null }, change: { email } }))
  expect(await imported([resident(11)])).toMatchObject({ unchanged: 1, changed: 0 })
  const address = { street: 'Viale Monza 8', municipality: 'Milano', municipio: 2 }
  expect(await imported([resident(11, { address })])).toMatchObject({ unchanged: 0, changed: 1 })
  expect(await only(family(11))).toMatchObject({ phones, email, address })
})

test('of numbers, e-mails, addresses and languages the registry changes its own: what a desk has put in or taken out stays so', async () => {
  const phone = (digit: number, kind: 'mobile' | 'landline' = 'mobile') => ({
    ...{ number: `+39347200000${digit}`, kind },
  })
  const mail = (name: string) => `${name}@example.org`
  const street = (name: string) => ({ street: name, municipality: 'Milano', municipio: null })
  const said = {
    phones: [phone(1, 'landline'), phone(2), phone(3)],
    otherEmails: [mail('a')],
    otherAddresses: [street('Via Adda')],
    otherLanguages: ['fr'],
  }
  expect(await imported([resident(2001, said), resident(2002, said)])).toMatchObject({ created: 2 })
  const { id } = await only(family(2001))
  const change = {
    phones: [phone(1, 'landline'), phone(3), phone(4)],
    otherEmails: [mail('a'), mail('b')],
    otherAddresses: [street('Via Adda'), street('Via Brenta')],
    otherLanguages: ['fr' as const, 'de' as const],
  }
  const seen = { ...said, otherLanguages: ['fr' as const] }
  await push(command(0, 'citizen.update', { citizenId: id, seen, change }))

  const anew = {
    phones: [phone(5), phone(2), phone(1)],
    otherEmails: [mail('c')],
    otherAddresses: [street('Via Cellini')],
    otherLanguages: [],
  }
  expect(await imported([resident(2001, anew), resident(2002, anew)])).toMatchObject({ changed: 2 })
  expect(await only(family(2001))).toMatchObject({
    phones: [phone(1), phone(4), phone(5)],
    otherEmails: [mail('b'), mail('c')],
    otherAddresses: [street('Via Brenta'), street('Via Cellini')],
    otherLanguages: ['de'],
  })
  // Of whom no desk has said anything it is as the registry has it, in its order.
  expect(await only(family(2002))).toMatchObject(anew)
})

test('what a desk has said of what the registry did not know stays beside what it knows now', async () => {
  expect(await imported([resident(2003)])).toMatchObject({ created: 1 })
  const { id } = await only(family(2003))
  const phones = Array.from({ length: 32 }, (_, i) => ({
    ...{ number: `+3934730000${String(i).padStart(2, '0')}`, kind: 'mobile' as const },
  }))
  const [first] = phones
  if (!first) throw new Error('no number')
  await push(
    command(0, 'citizen.update', { citizenId: id, seen: { phones: [] }, change: { phones: [first] } }),
  )
  const theirs = phones.slice(1)
  expect(await imported([resident(2003, { phones: theirs })])).toMatchObject({ changed: 1 })
  expect(await only(family(2003))).toMatchObject({ phones })
  const another = { number: '+393473000099', kind: 'mobile' }
  expect(await imported([resident(2003, { phones: [...theirs, another] })])).toMatchObject({ changed: 1 })
  // More than a person has are not kept.
  expect(await only(family(2003))).toMatchObject({ phones })
})

test('of a resident who was joined with another the other hears what is new', async () => {
  const [kept, merged] = [await only(family(21)), await only(family(22))]
  const args = { id: newId(), keptId: kept.id, mergedId: merged.id, take: [], seen: { kept: {}, merged: {} } }
  await push(command(0, 'citizen.merge', args))
  const address = { street: 'Via Torino 1', municipality: 'Milano', municipio: 1 }
  expect(await imported([resident(22, { address })])).toMatchObject({ changed: 1 })
  expect(await only(family(21))).toMatchObject({ id: kept.id, address })
})

test('the registry has nobody twice: namesakes of one day are two, though a desk has entered somebody else', async () => {
  await push(command(0, 'citizen.create', someCitizen({ familyName: 'Zanarini' })))
  const namesake = { givenName: 'Ines', familyName: 'Gemelli', birthDate: '1970-01-02' }
  const both = ['anagrafe-g1', 'anagrafe-g2'].map((key) => ({ key, ...namesake }))
  expect(await imported(both)).toMatchObject({ created: 2 })
  expect((await named('Gemelli')).map(({ needsDuplicateCheck }) => needsDuplicateCheck)).toEqual([
    false,
    false,
  ])
})

test('whom a desk had entered is proposed as the same; retention takes whom a desk entered and no resident', async () => {
  const entered = someCitizen({ givenName: 'Ines', familyName: 'Cantarelli', birthDate: '1970-01-02' })
  await push(command(0, 'citizen.create', entered))
  const { givenName, familyName, birthDate } = entered
  expect(await imported([{ key: 'anagrafe-c', givenName, familyName, birthDate }])).toMatchObject({
    created: 1,
  })
  const both = await named('Cantarelli')
  expect(both).toHaveLength(2)
  const registered = both.find(({ id }) => id !== entered.id)
  const { pairs } = await ada.api.citizens.toCompare({})
  expect(pairs.map(({ citizen }) => citizen.id)).toContain(registered?.id)

  expect(await imported([resident(31, { left: true })])).toMatchObject({ changed: 1 })
  expect(await imported([resident(32, { left: true })])).toMatchObject({ changed: 1 })
  expect(await imported([resident(32, { left: false })])).toMatchObject({ changed: 1 })
  const terms = { ...(await loadRetention()), changeLog: 36_500 }
  await purge(crm.store.db, pino({ level: 'silent' }), terms, new Date(Date.now() + 12 * 366 * 86_400_000))
  expect((await named('Cantarelli')).map(({ id }) => id)).toEqual([registered?.id])
  expect(await named(family(5))).toHaveLength(1)
  // Who moved away is nobody's to keep; who came back is.
  expect([await named(family(31)), await named(family(32))].map(({ length }) => length)).toEqual([0, 1])
  // The same file again brings back nobody who was forgotten, until they are back themselves.
  const gone = [resident(31, { left: true }), resident(2004, { left: true })]
  expect(await imported(gone)).toMatchObject({ created: 0, changed: 0, unchanged: 2 })
  expect([await named(family(31)), await named(family(2004))]).toEqual([[], []])
  expect(await imported([resident(31, { left: false })])).toMatchObject({ created: 1 })
  expect(await named(family(31))).toHaveLength(1)
})
