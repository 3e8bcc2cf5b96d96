import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import pino from 'pino'
import { expect, it } from 'vitest'
import type { CommandAuthor } from '#contract/commands/command.ts'
import {
  type CommandEnvelope,
  CommandRequest,
  type CommandResult,
  localEffect,
} from '#contract/commands/registry.ts'
import type { FeedLine } from '#contract/crm.ts'
import type { Entity, EntityRows } from '#contract/domain/entities.ts'
import { newId } from '#contract/domain/ids.ts'
import { sample } from '../../../tests/support/sample-rows.ts'
import { type Cache, openCache } from './cache.ts'

/** What may happen to a desk, in any order. Numbers pick among what there is at that moment. */
type Step =
  | { do: 'issue'; what: number; user: number; pick: number }
  | { do: 'push'; user: number; count: number; lost: boolean }
  | { do: 'page'; limit: number }
  | { do: 'elsewhere'; pick: number }
  | { do: 'restart' }
  | { do: 'replace'; user: number }

const number = fc.nat(1000)
const user = fc.nat(1)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('issue'), what: number, user, pick: number }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('push'),
      user,
      count: fc.integer({ min: 1, max: 2 }),
      lost: fc.boolean(),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('page'), limit: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('elsewhere'), pick: number }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('restart') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('replace'), user }) },
) as fc.Arbitrary<Step>

type Rows = Map<string, { entity: Entity; row: EntityRows[Entity] }>
const at = (entity: Entity, id: string) => `${entity} ${id}`
const reader = (rows: Rows) => ({
  get: <E extends Entity>(entity: E, id: string) =>
    rows.get(at(entity, id))?.row as EntityRows[E] | undefined,
})

/** A CRM that keeps the contract's rules: once each, refusals recorded, rows as they are now. */
class ModelCrm {
  rows: Rows = new Map()
  log: string[] = []
  lastN = new Map<string, number>()
  results = new Map<string, CommandResult>()
  effects = 0

  put(entity: Entity, row: EntityRows[Entity]) {
    const key = at(entity, row.id)
    this.rows.set(key, { entity, row: { ...row, version: row.version + 1 } })
    this.log.push(key)
  }

  push(streamId: string, commands: CommandEnvelope[], author: CommandAuthor): CommandResult[] {
    return commands.map((command) => {
      const last = this.lastN.get(streamId) ?? 0
      if (command.n > last + 1) throw new Error('a gap')
      const result = { ...(this.results.get(command.id) ?? this.perform(command, author)), n: command.n }
      this.results.set(command.id, result)
      this.lastN.set(streamId, Math.max(last, command.n))
      return result
    })
  }

  perform({ n, id, name, args }: CommandEnvelope, author: CommandAuthor): CommandResult {
    const request = CommandRequest.parse({ name, args })
    const slot =
      request.name === 'appointment.book' ? reader(this.rows).get('slot', request.args.slotId) : undefined
    if (slot && slot.booked >= slot.capacity)
      return { n, id, status: 'refused', fault: { kind: 'conflict', code: 'slot-taken', params: {} } }
    this.effects += 1
    for (const { entity, row } of localEffect(reader(this.rows), request, author)) this.put(entity, row)
    return { n, id, status: 'applied', fault: null }
  }

  page(cursor: number, limit: number): { lines: FeedLine[]; cursor: number } {
    const keys = new Set<string>()
    let next = cursor
    for (; next < this.log.length && keys.size < limit; next += 1) keys.add(this.log[next] ?? '')
    const lines: FeedLine[] = [...keys].flatMap((key) => {
      const found = this.rows.get(key)
      return found ? [{ type: 'row' as const, entity: found.entity, id: found.row.id, row: found.row }] : []
    })
    for (const [streamId, n] of this.lastN) lines.push({ type: 'applied', streamId, n })
    lines.push({ type: 'end', cursor: String(next), more: next < this.log.length, restart: false })
    return { lines, cursor: next }
  }
}

type Issued = { id: string; request: CommandRequest; author: CommandAuthor }

class Trial {
  dir = mkdtempSync(join(tmpdir(), 'ascolto-trial-'))
  crm = new ModelCrm()
  cache = this.open()
  users = [newId(), newId()]
  slots = [sample.slot({ capacity: 9 }), sample.slot({ capacity: 2, booked: 1 })]
  topic = sample.topic()
  issued: Issued[] = []
  /** What the pages brought, and which commands need no more showing: the plain way to know what the desk must show. */
  known: Rows = new Map()
  over = new Set<string>()

  constructor() {
    for (const slot of this.slots) this.crm.put('slot', slot)
    this.crm.put('topic', this.topic)
  }

  open(): Cache {
    return openCache({
      dir: this.dir,
      key: 'd4'.repeat(32),
      log: pino({ level: 'silent' }),
      now: () => new Date('2026-11-24T10:00:00Z'),
    })
  }

  author(index: number): CommandAuthor {
    return {
      user: { id: this.users[index] ?? '', name: `Utente ${index}`, roles: ['operator'] },
      at: '2026-11-24T09:00:00.000Z',
    }
  }

  made(name: CommandRequest['name']): string[] {
    return this.issued.flatMap(({ request }) =>
      request.name === name && 'id' in request.args ? [request.args.id] : [],
    )
  }

  request(what: number, pick: number): CommandRequest {
    const some = <T>(list: readonly T[]): T | undefined => list[pick % Math.max(1, list.length)]
    const contactId = some(this.made('contact.open')) ?? null
    const citizenId = some(this.made('citizen.create')) ?? null
    const slot = this.slots[pick % 4 === 0 ? 1 : 0] ?? sample.slot()
    const appointmentId = some(this.made('appointment.book'))
    const { version, ...citizen } = sample.citizen({ familyName: `Nome${pick}` })
    const { id, channel, direction, queue, callerNumber, startedAt, answeredAt, practice } = sample.contact()
    const open: CommandRequest = {
      name: 'contact.open',
      args: { id, channel, direction, queue, callerNumber, startedAt, answeredAt, practice, citizenId },
    }
    switch (what % 9) {
      case 0:
        return { name: 'citizen.create', args: citizen }
      case 1:
        return contactId
          ? { name: 'contact.identify', args: { contactId, citizenId, identification: 'birth-date' } }
          : open
      case 2: {
        const { kind, topicId, text, receivedAt } = sample.ticket()
        return {
          name: 'ticket.open',
          args: { id: newId(), kind, topicId, text, receivedAt, citizenId, contactId },
        }
      }
      case 3:
      case 4:
      case 5:
      case 6:
        return {
          name: 'appointment.book',
          args: {
            id: newId(),
            slotId: slot.id,
            slotIds: [slot.id],
            serviceIds: ['identity-card'],
            endsAt: slot.startsAt,
            recoveryOf: null,
            holdId: null,
            leaseId: null,
            channel: 'phone',
            notify: [],
            officeId: slot.officeId,
            startsAt: slot.startsAt,
            citizenId,
            contactId,
          },
        }
      case 7:
        return appointmentId
          ? { name: 'appointment.cancel', args: { appointmentId, by: 'citizen', reason: null, notify: [] } }
          : open
      default:
        return open
    }
  }

  run(step: Step): void {
    const { cache, crm } = this
    switch (step.do) {
      case 'issue': {
        const [author, request] = [this.author(step.user), this.request(step.what, step.pick)]
        for (const { id } of cache.accept(author, [request])) this.issued.push({ id, request, author })
        return
      }
      case 'push': {
        const { streamId } = cache.sync.stream(this.users[step.user] ?? '')
        const results = crm.push(streamId, cache.sync.unsent(streamId, step.count), this.author(step.user))
        if (!step.lost) this.settle(streamId, results)
        return
      }
      case 'page':
        this.pull(step.limit)
        return
      case 'elsewhere': {
        const slot = this.slots[step.pick % 2]
        const row = slot && reader(crm.rows).get('slot', slot.id)
        if (row) crm.put('slot', { ...row, booked: Math.min(row.capacity, row.booked + 1) })
        return
      }
      case 'restart':
        cache.close()
        this.cache = this.open()
        return
      case 'replace':
        cache.sync.replaceStream(cache.sync.stream(this.users[step.user] ?? '').streamId)
    }
  }

  settle(streamId: string, results: CommandResult[]): void {
    this.cache.sync.settle(streamId, results)
    for (const result of results) if (result.status === 'refused') this.over.add(result.id)
  }

  pull(limit: number): boolean {
    const page = this.crm.page(Number(this.cache.sync.cursor() ?? 0), limit)
    const before = new Map(
      this.cache.sync.streams().map(({ streamId }) => [streamId, this.cache.sync.unsent(streamId, 1000)]),
    )
    const numbers = new Map(this.issued.map(({ id }) => [id, this.crm.results.get(id)?.n] as const))
    this.cache.sync.applyPage(page.lines)
    for (const line of page.lines) {
      if (line.type === 'row')
        this.known.set(at(line.entity, line.id), { entity: line.entity, row: line.row as never })
      if (line.type !== 'applied') continue
      const current = before.get(line.streamId)
      if (!current) continue
      const user = this.cache.sync.streams().find(({ streamId }) => streamId === line.streamId)?.userId
      const waiting = new Map(current.map(({ id, n }) => [id, n]))
      for (const { id, author } of this.issued) {
        if (author.user.id !== user) continue
        const n = waiting.get(id) ?? numbers.get(id)
        if (n !== undefined && n <= line.n) this.over.add(id)
      }
    }
    return page.lines.some((line) => line.type === 'end' && line.more)
  }

  expected(): Rows {
    const rows: Rows = new Map(this.known)
    for (const { id, request, author } of this.issued)
      if (!this.over.has(id))
        for (const change of localEffect(reader(rows), request, author))
          rows.set(at(change.entity, change.row.id), { entity: change.entity, row: change.row })
    return rows
  }

  shown(rows: Rows) {
    const { cache } = this
    const get = reader(rows)
    const day = {
      agenda: 'identity-card',
      officeId: null,
      from: new Date('2026-11-25T23:00Z'),
      until: new Date('2026-11-26T23:00Z'),
    }
    const pairs: [string, unknown, unknown][] = cache
      .slots(day)
      .map((slot) => ['slot', slot, get.get('slot', slot.id)])
    for (const id of this.made('appointment.book'))
      pairs.push(['appointment', cache.appointment(id), get.get('appointment', id) ?? null])
    for (const id of this.made('citizen.create'))
      pairs.push(['citizen', cache.story(id)?.citizen, get.get('citizen', id)])
    for (const id of this.made('contact.open')) {
      const made = cache.made(id)
      pairs.push(['contact', made.contact, get.get('contact', id) ?? null])
      const tickets = [...rows.values()].filter(
        ({ entity, row }) => entity === 'ticket' && 'contactId' in row && row.contactId === id,
      )
      pairs.push(['tickets', made.tickets.length, tickets.length])
    }
    return pairs
  }

  check(): void {
    for (const [what, shown, expected] of this.shown(this.expected())) expect(shown, what).toEqual(expected)
  }

  /** Everything arrives at last. */
  calm(): void {
    for (const [index] of this.users.entries())
      this.run({ do: 'push', user: index, count: 1000, lost: false })
    while (this.pull(50)) {}
    this.pull(50)
  }

  end(): void {
    this.cache.close()
    rmSync(this.dir, { recursive: true })
  }
}

const scenarios: [string, Step[]][] = [
  [
    'a row that two commands wrote, of which the CRM has carried one',
    [
      { do: 'page', limit: 9 },
      { do: 'issue', what: 3, user: 0, pick: 1 },
      { do: 'issue', what: 3, user: 0, pick: 1 },
      { do: 'push', user: 0, count: 1, lost: false },
      { do: 'page', limit: 1 },
      { do: 'page', limit: 1 },
    ],
  ],
  [
    'a start after the rows came and the answer did not',
    [
      { do: 'page', limit: 9 },
      { do: 'issue', what: 3, user: 0, pick: 1 },
      { do: 'push', user: 0, count: 1, lost: true },
      { do: 'page', limit: 9 },
      { do: 'restart' },
    ],
  ],
  [
    'a refusal that takes back one of two on the same row',
    [
      { do: 'page', limit: 9 },
      { do: 'issue', what: 3, user: 0, pick: 4 },
      { do: 'issue', what: 3, user: 1, pick: 4 },
      { do: 'push', user: 1, count: 1, lost: false },
      { do: 'push', user: 0, count: 1, lost: false },
      { do: 'restart' },
      { do: 'page', limit: 1 },
    ],
  ],
  [
    'a cancellation that comes to know its appointment, behind a booking that is waiting already',
    [
      { do: 'issue', what: 3, user: 0, pick: 0 },
      { do: 'issue', what: 7, user: 0, pick: 0 },
      { do: 'push', user: 0, count: 1, lost: false },
      { do: 'issue', what: 3, user: 0, pick: 0 },
      { do: 'page', limit: 3 },
      { do: 'page', limit: 1 },
    ],
  ],
]

it.each(scenarios)('%s', (_name, steps) => {
  const trial = new Trial()
  try {
    for (const one of steps) {
      trial.run(one)
      trial.check()
    }
  } finally {
    trial.end()
  }
})

it('shows every effect once at every moment, and the CRM has each once in the end', {
  timeout: 120_000,
}, () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 15, maxLength: 60 }), (steps) => {
      const trial = new Trial()
      try {
        for (const one of steps) {
          trial.run(one)
          trial.check()
        }
        trial.calm()
        trial.check()
        for (const [what, shown, row] of trial.shown(trial.crm.rows)) expect(shown, what).toEqual(row)
        const refused = [...trial.crm.results.values()].filter(({ status }) => status === 'refused').length
        expect(trial.crm.effects).toBe(trial.issued.length - refused)
        expect(trial.cache.counts(null).others).toBe(0)
        expect(trial.cache.entries(null)).toHaveLength(refused)
      } finally {
        trial.end()
      }
    }),
    { numRuns: 50 },
  )
})
