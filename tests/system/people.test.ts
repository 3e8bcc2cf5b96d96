import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CommandArgs, CommandName } from '#contract/commands/registry.ts'
import { type Citizen, fullName, mostOnNumber } from '#contract/domain/citizen.ts'
import { newId } from '#contract/domain/ids.ts'
import { toE164 } from '#contract/domain/phone-number.ts'
import { createCitizen } from '../../src/crm/citizens/commands.ts'
import { importCitizens } from '../../src/crm/citizens/import.ts'
import { mergeCitizens } from '../../src/crm/citizens/join.ts'
import { openCache } from '../../src/main/cache/cache.ts'
import { type CrmUnderTest, pullPage, startCrm } from '../support/crm.ts'
import {
  addDesk,
  addPerson,
  addSlot,
  addStream,
  bookingArgs,
  command,
  contactArgs,
  type Desk,
  fillSmallCity,
  inDays,
  type Person,
  smallCity,
  someCitizen,
  ticketArgs,
} from '../support/crm-city.ts'
import { lookUpPeople, mergedLookUps, numberLookUps, searchLookUps } from '../support/look-ups.ts'
import { startPostgres, type TestPostgres, waitingForLocks } from '../support/postgres.ts'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

describe.each(['pglite', 'postgres'] as const)('people on %s', (engine) => {
  let crm: CrmUnderTest
  let folder: string
  let cache: ReturnType<typeof openCache>
  let person: Person
  let desk: Desk
  let streamId: string
  let n = 0
  beforeAll(async () => {
    const databaseUrl = engine === 'postgres' ? { databaseUrl: await postgres.createDatabase() } : {}
    crm = await startCrm({ ...databaseUrl, directory: 'whole' })
    folder = await mkdtemp(join(tmpdir(), 'ascolto-people-'))
    cache = openCache({
      dir: folder,
      key: 'a'.repeat(64),
      log: pino({ level: 'silent' }),
      now: () => new Date(),
    })
    await fillSmallCity(crm.store.db)
    person = await addPerson(crm, { roles: ['operator', 'specialist'] })
    desk = await addDesk(crm, person)
    streamId = await addStream(person, desk)
  })
  afterAll(async () => {
    cache.close()
    await crm.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const push = async <N extends CommandName>(name: N, args: CommandArgs[N]) => {
    n += 1
    const { results } = await desk.api.sync.push({ streamId, commands: [command(n, name, args)] })
    return results[0]
  }
  const done = async <N extends CommandName>(name: N, args: CommandArgs[N]) =>
    expect([name, await push(name, args)]).toMatchObject([name, { status: 'applied', fault: null }])
  /** The desk hears all that there is to hear. */
  const pull = async () => {
    for (let more = true; more; ) {
      const cursor = cache.sync.cursor() ?? undefined
      const lines = await pullPage(
        crm.url,
        person.authorization,
        { device: desk.deviceId, cursor },
        desk.credential,
      )
      cache.sync.applyPage(lines)
      const end = lines.at(-1)
      more = end?.type === 'end' && end.more
    }
  }
  const get = (id: string) => person.api.citizens.get({ id, reasonKind: 'search' })
  const created = async (over: Partial<Citizen> = {}): Promise<Citizen> => {
    const citizen = someCitizen({ phones: [], ...over })
    await done('citizen.create', citizen)
    return get(citizen.id)
  }
  const refusal = async <N extends CommandName>(name: N, args: CommandArgs[N]) =>
    (await push(name, args))?.fault

  describe('look-ups, by the CRM and from the cache', () => {
    const keyOf = new Map(Object.entries(lookUpPeople).map(([key, { id }]) => [id, key]))
    const keys = (citizens: readonly { id: string }[]) => citizens.map(({ id }) => keyOf.get(id))
    const callers = async (number: string) => {
      const { citizens } = await person.api.citizens.context({ number, contactId: newId() })
      const e164 = toE164(number)
      return [keys(citizens), keys(e164 === null ? [] : cache.callers(e164).map(({ citizen }) => citizen))]
    }
    const found = async (text: string) => [
      keys(text.length < 2 ? [] : (await person.api.citizens.search({ text })).citizens),
      keys(cache.search(text, 20)),
    ]
    beforeAll(async () => {
      for (const citizen of Object.values(lookUpPeople)) await done('citizen.create', citizen)
      await pull()
    })

    test.each(numberLookUps)('who has %s', async (number, expected) => {
      expect(await callers(number)).toEqual([expected, expected])
    })

    test.each(searchLookUps)('who is %s', async (text, expected) => {
      expect(await found(text)).toEqual([expected, expected])
    })

    test('fifty of a school that has one number, the same by the CRM and from the cache', async () => {
      const phones = [{ number: '+390255517000', kind: 'work' as const }]
      for (let i = 0; i < mostOnNumber + 2; i++)
        await done(
          'citizen.create',
          someCitizen({
            phones,
            familyName: `Scuola${String.fromCharCode(65 + (i % 26))}`,
            givenName: `N${i}`,
          }),
        )
      await pull()
      const { citizens } = await person.api.citizens.context({ number: '+390255517000', contactId: newId() })
      expect(citizens).toHaveLength(mostOnNumber)
      expect(cache.callers('+390255517000').map(({ citizen }) => citizen.id)).toEqual(
        citizens.map(({ id }) => id),
      )
    })

    test('two who are joined are one, and two again when it is undone', async () => {
      const answers = async () => {
        const all = []
        for (const { ask, search } of mergedLookUps)
          all.push([ask, ...(await (search ? found(ask) : callers(ask)))])
        return all
      }
      const expected = (state: 'apart' | 'joined') =>
        mergedLookUps.map((row) => [row.ask, row[state], row[state]])
      const { gino, luigi } = lookUpPeople
      expect(await answers()).toEqual(expected('apart'))
      const merge = {
        id: newId(),
        keptId: gino.id,
        mergedId: luigi.id,
        take: [],
        seen: { kept: {}, merged: {} },
      }
      await done('citizen.merge', merge)
      await pull()
      expect(await answers()).toEqual(expected('joined'))
      await done('citizen.unmerge', { mergedId: luigi.id })
      await pull()
      expect(await answers()).toEqual(expected('apart'))
    })
  })

  test('a person has several of all, and what a command changes is what the desk shows of it', async () => {
    const citizen = await created()
    const change = {
      ...{
        email: 'nicolo@example.org',
        otherEmails: ['n.dagostino@example.org'],
        otherLanguages: ['en' as const],
      },
      otherAddresses: [{ street: 'Via Larga 12', municipality: 'Milano', municipio: 1 }],
      identities: [{ scheme: 'whatsapp' as const, value: `IT.${newId().replaceAll('-', '')}` }],
      phones: [
        { number: '+393471230001', kind: 'mobile' as const },
        { number: '+390255510001', kind: 'landline' as const },
      ],
      fiscalCode: 'DGSNCL80E17F205T',
    }
    const seen = Object.fromEntries(Object.keys(change).map((key) => [key, citizen[key as keyof Citizen]]))
    await done('citizen.update', { citizenId: citizen.id, seen, change })
    expect(await get(citizen.id)).toEqual({
      ...{ ...citizen, ...change, version: citizen.version + 1 },
      // lookUpPeople has somebody with this code.
      needsDuplicateCheck: true,
    })
  })

  test('who changes what somebody else has changed since is told so; other fields do not meet', async () => {
    const citizen = await created()
    const update = (seen: object, change: object) =>
      push('citizen.update', { citizenId: citizen.id, seen, change })
    expect(await update({ email: null }, { email: 'a@example.org' })).toMatchObject({ status: 'applied' })
    expect(await update({ birthDate: citizen.birthDate }, { birthDate: '1981-05-17' })).toMatchObject({
      status: 'applied',
    })
    expect(await update({ email: null }, { email: 'b@example.org' })).toMatchObject({
      ...{
        status: 'refused',
        fault: { kind: 'conflict', code: 'citizen-stale', params: { field: 'email' } },
      },
    })
    expect(await get(citizen.id)).toMatchObject({ email: 'a@example.org', birthDate: '1981-05-17' })
  })

  test.each([
    ['a wrong check sign', { fiscalCode: 'DGSNCL80E17F205X' }],
    ['112 as a number', { phones: [{ number: '112', kind: 'mobile' }] }],
    ['112 of Italy as a number', { phones: [{ number: '+39112', kind: 'mobile' }] }],
    ['a WhatsApp id that is none', { identities: [{ scheme: 'whatsapp', value: '+393471234567' }] }],
    ['a field that is not there', { mergedInto: newId() }],
  ])('%s is refused', async (_, change) => {
    const citizen = await created()
    const seen = Object.fromEntries(Object.keys(change).map((key) => [key, citizen[key as keyof Citizen]]))
    expect(
      await refusal('citizen.update', { citizenId: citizen.id, seen, change: change as never }),
    ).toMatchObject({
      kind: 'invalid',
    })
  })

  test('an identity is one person’s', async () => {
    const identities = [{ scheme: 'whatsapp' as const, value: `IT.${newId().replaceAll('-', '')}` }]
    await created({ identities })
    expect(await refusal('citizen.create', someCitizen({ identities }))).toMatchObject({
      ...{ kind: 'conflict', code: 'identity-taken' },
    })
  })

  test('who may call for another says so, with the other’s name of today, until it is taken back', async () => {
    const [son, mother] = [
      await created({ givenName: 'Ivo' }),
      await created({ givenName: 'Ada', familyName: 'Riva' }),
    ]
    const pair = { citizenId: son.id, forId: mother.id }
    await done('citizen.delegate', { ...pair, kind: 'proxy', until: null })
    await done('citizen.delegate', { ...pair, kind: 'support-administrator', until: '2027-06-30' })
    await done('citizen.update', {
      ...{ citizenId: mother.id, seen: { familyName: 'Riva' }, change: { familyName: 'Rivà' } },
    })
    await pull()
    const delegation = {
      citizenId: mother.id,
      name: 'Ada Rivà',
      kind: 'support-administrator',
      until: '2027-06-30',
    }
    expect((await get(son.id)).delegations).toEqual([delegation])
    expect(cache.story(son.id)?.citizen.delegations).toEqual([delegation])
    expect(
      await refusal('citizen.delegate', { ...pair, forId: son.id, kind: 'proxy', until: null }),
    ).toMatchObject({
      kind: 'invalid',
    })
    await done('citizen.end-delegation', pair)
    expect((await get(son.id)).delegations).toEqual([])
  })

  test('what hangs on one of two moves when they are joined, and goes back when it is undone', async () => {
    const name = { familyName: 'Cattaneo', birthDate: '1962-09-01' }
    const kept = await created({
      ...name,
      givenName: 'Pietro',
      phones: [{ number: '+393471239001', kind: 'mobile' }],
    })
    const merged = await created({
      ...{ ...name, givenName: 'Piero', email: 'piero@example.org', language: 'en' },
      phones: [{ number: '+393471239002', kind: 'mobile' }],
    })
    const ward = await created({ givenName: 'Ugo' })
    const contact = contactArgs({ citizenId: merged.id })
    const ticket = ticketArgs({ citizenId: merged.id, contactId: contact.id })
    const startsAt = inDays(2 + n / 1000)
    const slot = { id: await addSlot(crm.store.db, { startsAt, capacity: 1 }), startsAt }
    const visit = bookingArgs(slot, { citizenId: merged.id })
    await done('contact.open', contact)
    await done('ticket.open', ticket)
    await done('appointment.book', visit)
    await done('citizen.delegate', { citizenId: merged.id, forId: ward.id, kind: 'guardian', until: null })
    await person.api.messages.setOptOuts({ id: merged.id, channels: ['sms'] })

    const story = async (id: string) => {
      const { citizens, contacts, tickets, appointments } = await person.api.citizens.story({
        id,
        reasonKind: 'search',
      })
      return { id: citizens[0]?.id, hang: [...contacts, ...tickets, ...appointments].map((row) => row.id) }
    }
    const all = [contact.id, ticket.id, visit.id]
    const seen = { kept: { email: null }, merged: { email: 'piero@example.org' } }
    await done('citizen.merge', {
      id: newId(),
      keptId: kept.id,
      mergedId: merged.id,
      take: ['givenName'],
      seen,
    })
    expect(await get(kept.id)).toMatchObject({
      ...{ givenName: 'Piero', email: 'piero@example.org', language: 'it', otherLanguages: ['en'] },
      phones: [{ number: '+393471239001' }, { number: '+393471239002' }],
      delegations: [{ citizenId: ward.id }],
    })
    expect(await get(merged.id)).toMatchObject({ mergedInto: kept.id })
    expect(await story(kept.id)).toEqual({ id: kept.id, hang: all })
    expect(await story(merged.id)).toEqual({ id: kept.id, hang: all })
    // By either id it is the same person.
    expect((await person.api.messages.optOuts({ id: merged.id })).channels).toEqual(['sms'])
    expect(await person.api.messages.setOptOuts({ id: merged.id, channels: ['sms', 'email'] })).toEqual({
      channels: ['email', 'sms'],
    })
    expect((await person.api.messages.optOuts({ id: kept.id })).channels).toEqual(['email', 'sms'])
    await person.api.messages.setOptOuts({ id: kept.id, channels: ['sms'] })
    expect(await person.api.tickets.open(ticket)).toMatchObject({ id: ticket.id, citizenId: kept.id })
    await pull()
    expect(cache.story(merged.id)?.contacts.map(({ id }) => id)).toEqual([contact.id])
    expect(
      await refusal('citizen.merge', { id: newId(), keptId: kept.id, mergedId: merged.id, take: [], seen }),
    ).toMatchObject({ code: 'citizen-merged' })

    // Another desk has not heard of it: what it does with the one is done with the other.
    const late = contactArgs({ citizenId: merged.id })
    await done('contact.open', late)
    expect((await person.api.contacts.get({ id: late.id })).citizenId).toBe(kept.id)
    await done('citizen.update', {
      ...{ citizenId: kept.id, seen: { birthDate: name.birthDate }, change: { birthDate: '1962-09-11' } },
    })

    const merges = () => person.api.citizens.merges({ id: kept.id })
    expect(await merges()).toMatchObject({
      merges: [{ mergedId: merged.id, name: 'Piero Cattaneo', undoneAt: null }],
    })
    await done('citizen.unmerge', { mergedId: merged.id })
    expect((await merges()).merges[0]?.undoneAt).not.toBeNull()
    const { version: _, ...asItWas } = merged
    expect(await get(merged.id)).toMatchObject({
      ...{ ...asItWas, delegations: [{ citizenId: ward.id }], needsDuplicateCheck: false },
    })
    expect(await get(kept.id)).toMatchObject({
      ...{ givenName: 'Pietro', email: null, otherLanguages: [], birthDate: '1962-09-11', delegations: [] },
      phones: [{ number: '+393471239001' }],
    })
    expect(await story(merged.id)).toEqual({ id: merged.id, hang: all })
    expect(await story(kept.id)).toEqual({ id: kept.id, hang: [late.id] })
    expect((await person.api.messages.optOuts({ id: kept.id })).channels).toEqual([])
    expect(await refusal('citizen.unmerge', { mergedId: merged.id })).toMatchObject({ kind: 'not-found' })
  })

  test('who is called for finds it in their story, by the CRM and from the cache', async () => {
    const [caller, represented] = [
      await created({ givenName: 'Dario', phones: [{ number: '+393471239111', kind: 'mobile' }] }),
      await created({ givenName: 'Olga', phones: [{ number: '+393471239112', kind: 'mobile' }] }),
    ]
    const contact = contactArgs({ callerNumber: '+393471239111' })
    await done('contact.open', contact)
    await done('contact.close', {
      ...{ contactId: contact.id, endedAt: new Date().toISOString(), topicId: smallCity.topic },
      ...{ outcome: 'resolved', citizenId: caller.id, identification: 'delegate', triedBefore: [] },
      ...{ triedDetail: '', onBehalfOf: represented.id, lineScore: null, note: 'Per la madre.' },
    })
    await pull()
    const said = [{ id: contact.id, onBehalfOf: represented.id, note: 'Per la madre.' }]
    const parties = [caller, represented].map((one) => ({ citizenId: one.id, name: fullName(one) }))
    const spoke = { contacts: said, parties: expect.arrayContaining(parties) }
    for (const { id, phones } of [caller, represented]) {
      const number = phones[0]?.number ?? ''
      expect(await person.api.citizens.story({ id, reasonKind: 'search' })).toMatchObject(spoke)
      expect(await person.api.citizens.context({ number, contactId: newId() })).toMatchObject(spoke)
      expect(cache.story(id)).toMatchObject(spoke)
      expect(cache.callers(number)).toMatchObject([spoke])
    }
  })

  test('who speaks for a person who was entered twice speaks for one, and who does no more does not after a separation', async () => {
    const [kept, merged, daughter, son, aunt] = [
      await created({ givenName: 'Pia' }),
      await created({ givenName: 'Pia M.' }),
      await created({ givenName: 'Dina' }),
      await created({ givenName: 'Sandro' }),
      await created({ givenName: 'Zita' }),
    ]
    const speaks = async (who: Citizen) =>
      (await get(who.id)).delegations.map(({ citizenId, kind }) => [citizenId, kind])
    for (const who of [daughter, son, aunt])
      await done('citizen.delegate', { citizenId: who.id, forId: merged.id, kind: 'proxy', until: null })
    await done('citizen.merge', {
      ...{ id: newId(), keptId: kept.id, mergedId: merged.id, take: [] },
      seen: { kept: {}, merged: {} },
    })
    for (const who of [daughter, son, aunt]) expect(await speaks(who)).toEqual([[kept.id, 'proxy']])
    await pull()
    expect(cache.story(daughter.id)?.citizen.delegations).toMatchObject([{ citizenId: kept.id }])

    await done('citizen.end-delegation', { citizenId: daughter.id, forId: merged.id })
    await done('citizen.delegate', { citizenId: son.id, forId: kept.id, kind: 'guardian', until: null })
    expect([await speaks(daughter), await speaks(son)]).toEqual([[], [[kept.id, 'guardian']]])
    await done('citizen.unmerge', { mergedId: merged.id })
    expect(await speaks(daughter)).toEqual([])
    expect(await speaks(son)).toEqual([[merged.id, 'guardian']])
    expect(await speaks(aunt)).toEqual([[merged.id, 'proxy']])
  })

  test('who looked at two while they were one has looked at both, also when they are two again', async () => {
    const [kept, merged, third] = [await created(), await created(), await created()]
    const asker = await addPerson(crm, { roles: ['administrator'] })
    const look = async ({ id }: Citizen) => {
      const contactId = newId()
      await person.api.citizens.story({ id, reasonKind: 'call', reasonId: contactId })
      return contactId
    }
    const lookedAt = async ({ id }: Citizen) =>
      (await asker.api.citizens.reads({ id })).reads
        .flatMap(({ reason }) => (reason.kind === 'call' ? [reason.id] : []))
        .toReversed()
    const join = (keptId: string, mergedId: string) =>
      done('citizen.merge', { id: newId(), keptId, mergedId, take: [], seen: { kept: {}, merged: {} } })
    const before = [await look(kept), await look(merged), await look(third)] as const
    await join(kept.id, merged.id)
    const two = [await look(kept), await look(merged)]
    expect(await lookedAt(kept)).toEqual([before[0], before[1], ...two])
    await join(third.id, kept.id)
    const three = [await look(third)]
    expect(await lookedAt(third)).toEqual([...before, ...two, ...three])
    await done('citizen.unmerge', { mergedId: kept.id })
    await done('citizen.unmerge', { mergedId: merged.id })
    const after = [await look(kept), await look(merged), await look(third)] as const
    expect(await lookedAt(kept)).toEqual([before[0], ...two, ...three, after[0]])
    expect(await lookedAt(merged)).toEqual([before[1], ...two, ...three, after[1]])
    expect(await lookedAt(third)).toEqual([before[2], ...three, after[2]])
  })

  test('what a person does not want while two are one counts for both when they are two again', async () => {
    const [kept, merged] = [await created(), await created()]
    const optOuts = async ({ id }: Citizen) => (await person.api.messages.optOuts({ id })).channels
    await person.api.messages.setOptOuts({ id: merged.id, channels: ['sms'] })
    await done('citizen.merge', {
      ...{ id: newId(), keptId: kept.id, mergedId: merged.id, take: [] },
      seen: { kept: {}, merged: {} },
    })
    await person.api.messages.setOptOuts({ id: kept.id, channels: ['sms', 'email'] })
    await done('citizen.unmerge', { mergedId: merged.id })
    expect([await optOuts(kept), await optOuts(merged)]).toEqual([['email'], ['email', 'sms']])
  })

  test('two who were to be compared are again after a separation, but not whom somebody has since kept apart', async () => {
    const name = { familyName: 'Bonardi', givenName: 'Tea', birthDate: '1958-02-11' }
    const [kept, merged] = [await created(name), await created(name)]
    const marked = async () => [
      (await get(kept.id)).needsDuplicateCheck,
      (await get(merged.id)).needsDuplicateCheck,
    ]
    const join = (keptId: string, mergedId: string) =>
      done('citizen.merge', { id: newId(), keptId, mergedId, take: [], seen: { kept: {}, merged: {} } })
    expect(await marked()).toEqual([false, true])
    await join(kept.id, merged.id)
    expect(await marked()).toEqual([false, false])
    await done('citizen.unmerge', { mergedId: merged.id })
    expect(await marked()).toEqual([false, true])
    // The other way round.
    await join(merged.id, kept.id)
    await done('citizen.unmerge', { mergedId: kept.id })
    expect(await marked()).toEqual([false, true])

    const third = await created(name)
    await done('citizen.keep-apart', { citizenId: third.id, otherIds: [kept.id, merged.id] })
    await join(kept.id, merged.id)
    await done('citizen.keep-apart', { citizenId: third.id, otherIds: [kept.id] })
    await done('citizen.unmerge', { mergedId: merged.id })
    await done('citizen.keep-apart', { citizenId: merged.id, otherIds: [kept.id] })
    await join(kept.id, merged.id)
    await done('citizen.unmerge', { mergedId: merged.id })
    expect(await marked()).toEqual([false, false])
  })

  test('who is a third by now is not taken apart before the third is', async () => {
    const [a, b, c] = [await created(), await created(), await created()]
    const merge = (keptId: string, mergedId: string) =>
      done('citizen.merge', { id: newId(), keptId, mergedId, take: [], seen: { kept: {}, merged: {} } })
    await merge(b.id, a.id)
    await merge(c.id, b.id)
    const contact = contactArgs({ citizenId: a.id })
    await done('contact.open', contact)
    expect((await person.api.contacts.get({ id: contact.id })).citizenId).toBe(c.id)
    expect(await refusal('citizen.unmerge', { mergedId: a.id })).toMatchObject({ code: 'citizen-merged' })
    await done('citizen.unmerge', { mergedId: b.id })
    await done('citizen.unmerge', { mergedId: a.id })
    expect((await get(a.id)).mergedInto).toBeNull()
  })

  test('who is alike is proposed while somebody is entered and in the list, until they are kept apart', async () => {
    const known = await created({ givenName: 'Renzo', familyName: 'Tramaglino', birthDate: '1969-11-07' })
    const typed = {
      givenName: 'renzo',
      familyName: 'Tramalino',
      birthDate: '1969-11-07',
      number: '347 000 1111',
    }
    await pull()
    const reasons = ['name-alike', 'birth-date']
    expect((await person.api.citizens.alike({ ...typed, familyName: 'Verdi' })).alike).toEqual([])
    expect((await person.api.citizens.alike({ ...typed, familyName: 'TRAMAGLINO' })).alike).toMatchObject([
      { citizen: { id: known.id }, likeness: { reasons: ['name', 'birth-date'] } },
    ])
    const again = await created({
      ...{
        givenName: 'Renzo',
        familyName: 'Tramagllino',
        birthDate: '1969-11-07',
        needsDuplicateCheck: true,
      },
      phones: [{ number: '+393470001111', kind: 'mobile' }],
    })
    await done('citizen.update', {
      ...{ citizenId: known.id, seen: { phones: [] } },
      change: { phones: [{ number: '+393470001111', kind: 'mobile' }] },
    })
    const mine = async () => {
      const { pairs } = await person.api.citizens.toCompare({ limit: 50 })
      return pairs.filter(({ citizen }) => citizen.id === again.id)
    }
    expect(await mine()).toMatchObject([
      { alike: [{ citizen: { id: known.id }, likeness: { reasons: [...reasons, 'number', 'address'] } }] },
    ])
    await done('citizen.keep-apart', { citizenId: again.id, otherIds: [known.id] })
    expect(await mine()).toEqual([])
    await done('citizen.compare-again', { citizenId: again.id, otherIds: [known.id] })
    expect(await mine()).toMatchObject([{ alike: [{ citizen: { id: known.id } }] }])
    await done('citizen.keep-apart', { citizenId: again.id, otherIds: [known.id] })
    expect(await mine()).toEqual([])
    await done('citizen.update', {
      ...{ citizenId: again.id, seen: { familyName: 'Tramagllino' }, change: { familyName: 'Tramaglino' } },
    })
    expect((await get(again.id)).needsDuplicateCheck).toBe(false)
  })
  test('who is alike to somebody is marked by the CRM, whatever the desk could see: entered and changed', async () => {
    const phones = [{ number: '+393470002222', kind: 'mobile' as const }]
    const elsewhere = { address: null, birthDate: '1971-04-03' }
    const known = await created({ ...elsewhere, givenName: 'Luigi', familyName: 'Brambilla', phones })
    const marked = async ({ id }: Citizen) => (await get(id)).needsDuplicateCheck
    expect(await marked(known)).toBe(false)
    const again = await created({ ...elsewhere, givenName: 'Luigi', familyName: 'Brambila', phones })
    expect(await marked(again)).toBe(true)
    const wife = await created({ ...elsewhere, givenName: 'Ada', familyName: 'Brambilla', phones })
    expect(await marked(wife)).toBe(false)

    const other = await created({ ...elsewhere, givenName: 'Luigi', familyName: 'Brambillla' })
    expect(await marked(other)).toBe(false)
    await done('citizen.update', {
      citizenId: other.id,
      seen: { language: 'it' },
      change: { language: 'en' },
    })
    expect(await marked(other)).toBe(false)
    await done('citizen.update', { citizenId: other.id, seen: { phones: [] }, change: { phones } })
    expect(await marked(other)).toBe(true)
    const { pairs } = await person.api.citizens.toCompare({ limit: 50 })
    const mine = pairs.find(({ citizen }) => citizen.id === again.id)
    expect(mine?.alike.map(({ citizen }) => citizen.id)).toContain(known.id)
  })
  test('a code that stands with two persons is seen: while it is typed, in the mark and in the list', async () => {
    const fiscalCode = 'FRRLRA62A70F205C'
    const wife = await created({
      ...{ givenName: 'Laura', familyName: 'Ferri' },
      birthDate: '1962-01-30',
      fiscalCode,
    })
    const him = { givenName: 'Ettore', familyName: 'Galbiati', birthDate: '1960-04-12' }
    const found = { citizen: { id: wife.id }, likeness: { reasons: ['fiscal-code'] } }
    expect((await person.api.citizens.alike({ ...him, fiscalCode })).alike).toMatchObject([found])
    const husband = await created({ ...him, phones: [], fiscalCode: null, address: null })
    await done('citizen.update', {
      citizenId: husband.id,
      seen: { fiscalCode: null },
      change: { fiscalCode },
    })
    expect((await get(husband.id)).needsDuplicateCheck).toBe(true)
    const { pairs } = await person.api.citizens.toCompare({ limit: 50 })
    expect(pairs.find(({ citizen }) => citizen.id === husband.id)?.alike).toMatchObject([found])
  })
  test('whom more than one may be stays in the list until each was kept apart or joined', async () => {
    const name = { familyName: 'Mondella', birthDate: '1970-03-02' }
    const [one, two, three] = [
      await created({ ...name, givenName: 'Lucia', phones: [] }),
      await created({ ...name, givenName: 'Lucia', phones: [] }),
      await created({ ...name, givenName: 'Lucia', phones: [] }),
    ]
    const marked = async (id: string) => (await get(id)).needsDuplicateCheck
    expect(await marked(three.id)).toBe(true)
    await done('citizen.keep-apart', { citizenId: three.id, otherIds: [one.id] })
    expect(await marked(three.id)).toBe(true)
    await done('citizen.keep-apart', { citizenId: three.id, otherIds: [two.id] })
    expect(await marked(three.id)).toBe(false)

    const four = await created({ ...name, givenName: 'Lucia', phones: [] })
    const join = (keptId: string, mergedId: string) =>
      done('citizen.merge', { id: newId(), keptId, mergedId, take: [], seen: { kept: {}, merged: {} } })
    await join(one.id, four.id)
    expect(await marked(one.id)).toBe(true)
    await join(one.id, two.id)
    expect(await marked(one.id)).toBe(false)
  })
  // One connection, as PGlite has, waits for nobody.
  if (engine === 'postgres')
    test('of two who enter one person at the same moment the second sees what the first entered', async () => {
      const { db } = crm.store
      const name = { familyName: 'Sforzini', givenName: 'Ada', birthDate: '1991-06-04', phones: [] }
      const [first, second] = [someCitizen(name), someCitizen(name)]
      const entering = await db.transaction().execute(async (trx) => {
        const at = new Date()
        const author = await person.api.me()
        await createCitizen(
          { trx, author, deviceId: desk.deviceId, now: at, at: at.toISOString(), tell() {} },
          { ...first, fiscalCode: null },
        )
        const other = push('citizen.create', { ...second, fiscalCode: null })
        await expect.poll(() => waitingForLocks(db), { timeout: 10_000 }).toBe(1)
        return { other }
      })
      expect(await entering.other).toMatchObject({ status: 'applied' })
      expect((await get(second.id)).needsDuplicateCheck).toBe(true)
    })
  if (engine === 'postgres')
    test('of a desk and an import that bring one person at the same moment the import sees whom the desk entered', async () => {
      const { db } = crm.store
      const file = join(folder, 'residents.jsonl')
      const name = { givenName: 'Ada', familyName: 'Lanzani' }
      // Two persons, by their codes.
      const resident = (nth: 1 | 2, birthDate: string) =>
        JSON.stringify({ key: `lanzani-${nth}`, ...name, birthDate, fiscalCode: `LNZDAA92H44F205${nth}` })
      const importing = async (...lines: string[]) => {
        await writeFile(file, lines.join('\n'))
        return importCitizens(db, { file, dryRun: false, onProblem() {} })
      }
      expect(await importing(resident(1, '1950-11-30'))).toMatchObject({ created: 1 })
      const birthDate = '1992-06-04'
      const entered = someCitizen({ ...name, birthDate, phones: [] })
      const entering = await db.transaction().execute(async (trx) => {
        const at = new Date()
        const author = await person.api.me()
        await createCitizen(
          { trx, author, deviceId: desk.deviceId, now: at, at: at.toISOString(), tell() {} },
          { ...entered, fiscalCode: null },
        )
        const other = importing(resident(1, birthDate), resident(2, birthDate))
        await expect.poll(() => waitingForLocks(db), { timeout: 10_000 }).toBe(1)
        return { other }
      })
      expect(await entering.other).toMatchObject({ created: 1, changed: 1 })
      const { citizens } = await person.api.citizens.search({ text: name.familyName })
      const marked = citizens.filter(({ needsDuplicateCheck }) => needsDuplicateCheck)
      expect(marked).toHaveLength(2)
      expect(marked.map(({ id }) => id)).not.toContain(entered.id)
    })
  if (engine === 'postgres')
    test('what names a person who is being joined waits, and is the other’s: a request, a new name, who may speak for them', async () => {
      const { db } = crm.store
      const [kept, merged, friend] = [await created(), await created(), await created()]
      const args = {
        id: newId(),
        keptId: kept.id,
        mergedId: merged.id,
        take: [],
        seen: { kept: {}, merged: {} },
      }
      const ticket = ticketArgs({ citizenId: merged.id })
      const naming = await db.transaction().execute(async (trx) => {
        const at = new Date()
        const author = await person.api.me()
        const context = { trx, author, deviceId: desk.deviceId, now: at, at: at.toISOString(), tell() {} }
        await mergeCitizens(context, args)
        const alone = async <N extends CommandName>(name: N, args: CommandArgs[N]) => {
          const { results } = await desk.api.sync.push({
            streamId: await addStream(person, desk),
            commands: [command(1, name, args)],
          })
          return results[0]?.status
        }
        const all = Promise.all([
          alone('ticket.open', ticket),
          alone('citizen.update', {
            citizenId: merged.id,
            seen: { email: null },
            change: { email: 'x@example.org' },
          }),
          alone('citizen.delegate', { citizenId: friend.id, forId: merged.id, kind: 'proxy', until: null }),
        ])
        await expect.poll(() => waitingForLocks(db), { timeout: 10_000 }).toBe(3)
        return { all }
      })
      expect(await naming.all).toEqual(['applied', 'applied', 'applied'])
      const { ticket: opened } = await person.api.tickets.get({ id: ticket.id })
      expect(opened.citizenId).toBe(kept.id)
      expect(await get(kept.id)).toMatchObject({ email: 'x@example.org' })
      expect(await get(merged.id)).toMatchObject({ email: null, mergedInto: kept.id })
      expect((await get(friend.id)).delegations).toMatchObject([{ citizenId: kept.id }])
    })
})
