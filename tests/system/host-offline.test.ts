import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Draft, emptyDraft } from '#contract/desk.ts'
import { newId } from '#contract/domain/ids.ts'
import { identify } from '../support/drafts.ts'
import { freePort } from '../support/free-port.ts'
import { startHost, type TestHost, until } from '../support/host.ts'
import { elena, type LeftWork, leaveDesk, practiceSip } from '../support/left-desk.ts'
import { openPractice } from '../support/practice.ts'
import type { SipDesk } from '../support/sip-desk.ts'

const program = fileURLToPath(new URL('../support/talking-desk.ts', import.meta.url))

let dataDir: string
let crmUrl: string
let host: TestHost | null = null

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'ascolto-offline-'))
  crmUrl = `http://127.0.0.1:${await freePort()}`
})
afterEach(async () => {
  await host?.stop({ keep: true })
  host = null
  await rm(dataDir, { recursive: true, force: true })
})

const leave = (...works: LeftWork[]) => leaveDesk({ dataDir, crmUrl, user: elena, works })

const answered = { answeredAt: new Date(Date.now() - 50_000).toISOString() }
const outbox = async ({ client }: TestHost) =>
  (await client.outbox.list()).entries.map((entry) => entry.request.name)

describe('a host that is started without its CRM', () => {
  it('is signed in for the rest of the shift, and says what is away', async () => {
    await leave()
    host = await startHost({ crmUrl, dataDir })
    const session = await until(await host.client.session.watch(), (now) => now.phase === 'signed-in')
    expect(session).toMatchObject({ offline: true, user: { id: elena.id } })
    const truth = await until(await host.client.system.watch(), (now) => now.crm.state === 'away')
    expect(truth.outbox).toEqual({ pending: 0, refused: 0, others: 0, othersRefused: 0 })
    expect(truth.microphone).toBeNull()
    await host.client.media.notify({ type: 'devices', microphone: 'denied' })
    await until(await host.client.system.watch(), (now) => now.microphone === 'denied')
    expect(await host.client.citizens.search({ text: 'rossi' })).toEqual({
      ...{ citizens: [], complete: false, more: false },
    })
  })

  it('shows each of two users on one desk their own commands, and of the other’s only how many wait', async () => {
    const bruno = { ...elena, id: newId(), name: 'Bruno Prova', givenName: 'Bruno' }
    const openings = (n: number) => Array.from({ length: n }, () => ({ facts: answered }))
    await leave(...openings(2))
    host = await startHost({ crmUrl, dataDir })
    const elenas = (await host.client.outbox.list()).entries
    expect(elenas).toHaveLength(2)
    await host.stop({ keep: true })

    await leaveDesk({ dataDir, crmUrl, user: bruno, works: openings(1) })
    host = await startHost({ crmUrl, dataDir })
    const { entries } = await host.client.outbox.list()
    expect(entries.map(({ authorName }) => authorName)).toEqual(['Bruno Prova'])
    const truth = await until(await host.client.system.watch(), (now) => now.outbox.pending === 1)
    expect(truth.outbox).toEqual({ pending: 1, refused: 0, others: 2, othersRefused: 0 })
    await expect(host.client.outbox.dismiss({ commandId: elenas[0]?.commandId ?? '' })).rejects.toMatchObject(
      { data: { kind: 'not-found', code: 'record-not-found' } },
    )
    await host.stop({ keep: true })

    await leave()
    host = await startHost({ crmUrl, dataDir })
    expect((await host.client.outbox.list()).entries).toEqual(elenas)
  })

  it('gives back the contacts that the one before left, ended, and drops those without a word', async () => {
    const [open, , typed] = await leave(
      { facts: answered, note: 'Chiede della carta' },
      { facts: {} },
      { facts: {}, note: 'Ha chiamato e riattaccato' },
    )
    host = await startHost({ crmUrl, dataDir })
    const { work } = await host.client.work.list()
    expect(work.map((one) => one.contactId).sort()).toEqual([open, typed].sort())
    expect(work.every((one) => one.endedAt !== null)).toBe(true)
    expect(work.find((one) => one.contactId === open)?.draft.note).toBe('Chiede della carta')
    expect(await outbox(host)).toEqual(['contact.open'])
    await host.stop({ keep: true })
    host = await startHost({ crmUrl, dataDir })
    expect((await host.client.work.list()).work.map((one) => one.endedAt)).toEqual(
      work.map((one) => one.endedAt),
    )
    expect(await outbox(host)).toEqual(['contact.open'])
  })

  it('ends a call that a killed host left when that was last alive, or when the call was last heard of', async () => {
    const answeredAt = new Date(Date.now() - 62 * 3_600_000)
    const long = { startedAt: answeredAt.toISOString(), answeredAt: answeredAt.toISOString() }
    await leaveDesk({ dataDir, crmUrl, user: elena, works: [{ facts: long }], savedAt: answeredAt })
    const diedAt = new Date(Math.floor(answeredAt.getTime() / 1000) * 1000 + 300_000)
    const lock = join(dataDir, 'host.lock')
    await mkdir(lock)
    await utimes(lock, diedAt, diedAt)
    host = await startHost({ crmUrl, dataDir })
    const [left] = (await host.client.work.list()).work
    expect(left?.endedAt).toBe(diedAt.toISOString())
    await host.stop({ keep: true })

    await leave({ facts: answered })
    host = await startHost({ crmUrl, dataDir })
    const { work } = await host.client.work.list()
    const later = work.find(({ contactId }) => contactId !== left?.contactId)
    expect(later?.endedAt).toBe(later?.savedAt)
    expect(work.find(({ contactId }) => contactId === left?.contactId)?.endedAt).toBe(left?.endedAt)
  })

  it('keeps drafts over a restart, and tells a window that its draft is stale', async () => {
    const [contactId = ''] = await leave({ facts: answered })
    host = await startHost({ crmUrl, dataDir })
    const draft = { ...emptyDraft, note: 'Vuole spostare la residenza' }
    const saved = await host.client.work.save({ contactId, revision: 0, draft })
    expect(saved.revision).toBe(1)
    const other = await host.connect()
    await expect(other.client.work.save({ contactId, revision: 0, draft: emptyDraft })).rejects.toMatchObject(
      {
        code: 'FAULT',
        data: { kind: 'conflict', code: 'draft-stale' },
      },
    )
    await host.stop({ keep: true })
    host = await startHost({ crmUrl, dataDir })
    expect((await host.client.work.list()).work[0]).toMatchObject({ draft, revision: 1 })
  })

  it('closes no contact with something in it that was not confirmed', async () => {
    const [contactId = ''] = await leave({ facts: answered })
    host = await startHost({ crmUrl, dataDir })
    const { client } = host
    const save = async (what: Partial<Draft>) => {
      const [mine] = (await client.work.list()).work
      const wrapUp = { ...emptyDraft.wrapUp, outcome: 'resolved' as const }
      const draft = { ...emptyDraft, wrapUp, ...what }
      await client.work.save({ contactId, revision: mine?.revision ?? 0, draft })
    }
    const close = () => client.work.close({ contactId, next: { kind: 'ready' } })
    const at = { startsAt: '2026-12-02T08:00:00Z', endsAt: '2026-12-02T08:30:00Z' }
    const slotId = newId()
    const visit = { slotId, slotIds: [slotId], officeId: 'via-larga-12', ...at }
    const ada = { givenName: 'Ada', familyName: '', birthDate: '', fiscalCode: '', language: 'it' as const }
    for (const unconfirmed of [
      { ticket: { kind: null, topicId: null, text: 'Buca in via Larga' } },
      { booking: { ...emptyDraft.booking, serviceIds: ['identity-card'], visit } },
      { newCitizen: ada },
    ]) {
      await save(unconfirmed)
      await expect(close()).rejects.toMatchObject({ data: { kind: 'conflict', code: 'draft-unconfirmed' } })
      expect((await client.work.list()).work).toMatchObject([{ contactId, draft: unconfirmed }])
    }
    // Opened and left, with nothing in them.
    await save({
      ticket: { kind: 'report', topicId: null, text: ' ' },
      newCitizen: { ...ada, givenName: '' },
    })
    await close()
    expect((await client.work.list()).work).toEqual([])
  })

  it('does the whole work of a contact, in order, on disk', async () => {
    const [contactId = ''] = await leave({ facts: answered })
    host = await startHost({ crmUrl, dataDir })
    const { client } = host
    const changes = await client.changes.watch()
    const citizen = {
      givenName: 'Ada',
      familyName: 'Neri',
      birthDate: '1980-02-03',
      fiscalCode: null,
      language: 'it' as const,
      phones: [{ number: '+390255510143', kind: 'landline' as const }],
      email: null,
      address: null,
    }
    const { citizenId } = await client.work.createCitizen({ contactId, citizen })
    await identify(client, { contactId, citizenId, identification: 'birth-date' })
    const ticket = { contactId, kind: 'report', topicId: 'road-damage', text: 'Buca in via Larga' } as const
    const { ticketId } = await client.work.openTicket(ticket)
    const made = await client.work.made({ contactId })
    expect(made.contact).toMatchObject({ id: contactId, citizenId, identification: 'birth-date' })
    expect(made.tickets).toMatchObject([{ id: ticketId, citizenId, status: 'new', protocol: null }])
    await until(changes, (notice) => notice.entities.includes('work') || notice.entities.includes('ticket'))

    const close = { contactId, next: { kind: 'ready' } } as const
    await expect(client.work.close(close)).rejects.toMatchObject({
      data: { kind: 'invalid', params: { field: 'outcome' } },
    })
    const { work } = await client.work.list()
    const [mine] = work
    if (!mine) throw new Error('the work is gone')
    expect(mine.draft).toMatchObject({ citizenId, identification: 'birth-date', newCitizen: null })
    await client.work.save({
      contactId,
      revision: mine.revision,
      draft: {
        ...mine.draft,
        note: 'Segnalata',
        wrapUp: { topicId: 'road-damage', outcome: 'request', triedBefore: ['website'], triedDetail: '' },
      },
    })
    await client.work.close(close)
    expect((await client.work.list()).work).toEqual([])
    expect(await outbox(host)).toEqual([
      'contact.open',
      'citizen.create',
      'contact.identify',
      'contact.identify',
      'ticket.open',
      'contact.close',
    ])
    expect((await client.work.made({ contactId })).contact).toMatchObject({
      outcome: 'request',
      note: 'Segnalata',
    })
    await until(await client.system.watch(), (truth) => truth.outbox.pending === 6)
    expect(host.log()).not.toMatch(/Neri|Buca|Segnalata|390255510143|a refresh token/)
  })

  it('knows the caller of an open contact from its cache, and journals the look once', async () => {
    const [contactId = ''] = await leave({ facts: answered })
    host = await startHost({ crmUrl, dataDir })
    const { client } = host
    const unknown = await until(
      await client.caller.watch({ callId: contactId }),
      (view) => view.crm === 'away',
    )
    expect(unknown).toMatchObject({ number: 'unknown', from: null, stories: [] })
    const citizen = {
      givenName: 'Ada',
      familyName: 'Neri',
      birthDate: null,
      fiscalCode: null,
      language: 'it' as const,
      phones: [{ number: '+390255510143', kind: 'landline' as const }],
      email: null,
      address: null,
    }
    const watching = await client.caller.watch({ callId: contactId })
    const { citizenId } = await client.work.createCitizen({ contactId, citizen })
    const known = await until(watching, (view) => view.number === 'known')
    expect(known).toMatchObject({ from: 'cache', crm: 'away', stories: [{ citizen: { id: citizenId } }] })
    const story = await client.citizens.story({ citizenId, callId: contactId })
    expect(story).toMatchObject({ from: 'cache', citizen: { needsDuplicateCheck: true } })
    await client.citizens.story({ citizenId, callId: contactId })
    const reads = (await client.outbox.list()).entries.filter(
      (entry) => entry.request.name === 'citizen.read',
    )
    expect(reads).toHaveLength(1)
    expect(reads[0]?.request.args).toMatchObject({
      citizenId,
      reason: { kind: 'call', id: contactId },
      from: 'cache',
    })
    for (const text of ['ner', 'neri'])
      expect(await client.citizens.search({ text })).toMatchObject({ citizens: [{ id: citizenId }] })
    const searched = (await client.outbox.list()).entries.filter(
      ({ request }) => request.name === 'citizen.read' && request.args.reason.kind === 'search',
    )
    expect(searched.map(({ request }) => request.args)).toMatchObject([{ citizenId, from: 'cache' }])
    await expect(client.citizens.story({ citizenId, callId: newId() })).rejects.toMatchObject({
      data: { kind: 'not-found', code: 'call-gone' },
    })
  })

  it('lets a new person speak for nobody for whom the one before spoke', async () => {
    const [contactId = ''] = await leave({ facts: answered })
    host = await startHost({ crmUrl, dataDir })
    const { client } = host
    const add = async (givenName: string) => {
      const citizen = {
        ...{ givenName, familyName: 'Neri', birthDate: null, fiscalCode: null, language: 'it' as const },
        ...{ phones: [], email: null, address: null },
      }
      return (await client.work.createCitizen({ contactId, citizen })).citizenId
    }
    const draft = async () => (await client.work.list()).work[0]
    const anna = await add('Anna')
    await add('Teresa')
    const before = await draft()
    if (!before) throw new Error('the work is gone')
    const { revision } = before
    await client.work.save({ contactId, revision, draft: { ...before.draft, onBehalfOf: anna } })
    const bruno = await add('Bruno')
    expect((await draft())?.draft).toMatchObject({ citizenId: bruno, onBehalfOf: null })
  })

  it('changes a person, proposes who is there already, and leaves joining to those who may', async () => {
    const [contactId = ''] = await leave({ facts: answered })
    host = await startHost({ crmUrl, dataDir })
    const { client } = host
    const person = {
      birthDate: '1961-02-03',
      fiscalCode: null,
      language: 'it' as const,
      email: null,
      address: null,
    }
    const add = async (givenName: string, familyName: string) => {
      const citizen = { ...person, givenName, familyName, phones: [] }
      return (await client.work.createCitizen({ contactId, citizen })).citizenId
    }
    const [ada, ugo] = [await add('Ada', 'Neri'), await add('Ugo', 'Neri')]
    const update = { citizenId: ada, seen: { email: null }, change: { email: 'ada@example.org' } }
    await expect(client.citizens.update(update)).rejects.toMatchObject({
      data: { code: 'citizen-unidentified' },
    })
    await identify(client, { contactId, citizenId: ada, identification: 'fiscal-code' })
    await client.citizens.update(update)
    const delegation = { citizenId: ugo, forId: ada, kind: 'relative', until: null } as const
    await expect(client.citizens.delegate(delegation)).rejects.toMatchObject({
      data: { code: 'citizen-unidentified' },
    })
    await identify(client, { contactId, citizenId: ugo, identification: 'delegate' })
    await client.citizens.delegate(delegation)
    const asked = { givenName: 'ada', familyName: 'nèri', birthDate: '1961-02-03' }
    expect(await client.citizens.alike(asked)).toMatchObject({
      ...{ complete: false, alike: [{ citizen: { id: ada, email: 'a▪▪▪@example.org' } }] },
    })
    expect((await client.citizens.search({ text: 'ugo' })).citizens).toMatchObject([
      { delegations: [{ citizenId: ada, name: 'Ada Neri', kind: 'relative' }] },
    ])
    const merge = { keptId: ada, mergedId: ugo, take: [], seen: { kept: {}, merged: {} } }
    await expect(client.citizens.merge(merge)).rejects.toMatchObject({ data: { code: 'role-missing' } })
    await expect(client.citizens.toCompare({ after: null })).rejects.toMatchObject({
      data: { code: 'crm-away' },
    })
    await identify(client, { contactId, citizenId: ada, identification: 'fiscal-code' })
    const wrong = { seen: { fiscalCode: null }, change: { fiscalCode: 'NREDAA61B43F205X' } }
    await expect(client.citizens.update({ citizenId: ada, ...wrong })).rejects.toMatchObject({
      data: { code: 'input-invalid' },
    })
  })

  it('refuses what is no contact of this operator, and what is not signed in', async () => {
    await leave()
    host = await startHost({ crmUrl, dataDir })
    const { client } = host
    const save = { contactId: newId(), revision: 0, draft: emptyDraft }
    await expect(client.work.save(save)).rejects.toMatchObject({ data: { code: 'contact-gone' } })
    await expect(client.work.save({ ...save, contactId: 'x' })).rejects.toMatchObject({
      data: { kind: 'invalid', code: 'input-invalid', params: { field: 'contactId' } },
    })
    await client.session.signOut()
    await expect(client.work.list()).rejects.toMatchObject({ data: { code: 'signed-out' } })
    await expect(client.calls.dial({ number: '020202' })).rejects.toMatchObject({
      data: { code: 'signed-out' },
    })
    expect(await client.settings.set({ theme: 'dark' })).toMatchObject({ theme: 'dark', language: 'it' })
  })

  it('is refused a folder that another host has open', async () => {
    await leave()
    host = await startHost({ crmUrl, dataDir })
    await expect(startHost({ crmUrl, dataDir })).rejects.toMatchObject({ code: 'data-locked' })
  })
})

describe('a host that is killed in a call and a consultation while another rings', () => {
  it('has all three in its call list afterwards, and what ended them', async () => {
    const practice = await openPractice()
    await leaveDesk({ dataDir, crmUrl, user: elena, sip: practiceSip(practice, elena) })
    const desk = spawn(process.execPath, [program, dataDir, crmUrl], { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = once(desk, 'close')
    try {
      practice.line.place('stays-on-the-line')
      let caller: SipDesk | null = null
      for await (const line of createInterface({ input: desk.stdout })) {
        if (line === 'talks' && !caller) {
          caller = await practice.readyDesk('2002')
          caller.ringOut('2001')
        } else if (line === 'rings') desk.kill('SIGKILL')
      }
    } finally {
      desk.kill('SIGKILL')
      await ended
      await practice.close()
    }
    host = await startHost({ crmUrl, dataDir })
    const { calls } = await host.client.calls.history({})
    expect(calls.map(({ kind, endReason }) => [kind, endReason])).toEqual([
      ['missed', 'desk-stopped'],
      ['dialled', 'desk-stopped'],
      ['answered', 'desk-stopped'],
    ])
    expect(calls[0]?.remote.number).toBe('2002')
    // Each ended at the last sign that it lived: its own answer, or what the desk as a whole wrote last.
    const [, consultation] = calls
    expect(consultation?.answeredAt).toEqual(expect.any(String))
    expect(Date.parse(consultation?.endedAt ?? '')).toBeGreaterThanOrEqual(
      Date.parse(consultation?.answeredAt ?? ''),
    )
    expect(calls[1]?.remote.number).toBe('team-civil-services')
    const { work } = await host.client.work.list()
    expect(work.map(({ contactId, endedAt }) => [contactId, endedAt])).toEqual([
      [calls[2]?.callId, calls[2]?.endedAt],
    ])
    await host.stop({ keep: true })
    host = await startHost({ crmUrl, dataDir })
    expect((await host.client.calls.history({})).calls).toEqual(calls)
  })
})
