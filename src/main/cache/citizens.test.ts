import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { CommandRequest } from '#contract/commands/registry.ts'
import { newId } from '#contract/domain/ids.ts'
import { endLine, operator, rowLine, sample } from '../../../tests/support/sample-rows.ts'
import { type Cache, openCache } from './cache.ts'

let dir: string
let cache: Cache
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ascolto-people-'))
  const log = pino({ level: 'silent' })
  cache = openCache({ dir, key: 'ab'.repeat(32), log, now: () => new Date() })
})
afterEach(() => {
  cache.close()
  rmSync(dir, { recursive: true, force: true })
})

const gino = sample.citizen({
  ...{ givenName: 'Gino', familyName: 'Brambilla', email: 'gino@example.org' },
  phones: [{ number: '+393201112233', kind: 'mobile' }],
})
const luigi = sample.citizen({
  ...{ givenName: 'Luigi', familyName: 'Brambila', needsDuplicateCheck: true },
  phones: [{ number: '+393204445566', kind: 'mobile' }],
})
const contact = sample.contact({ citizenId: luigi.id })
const give = (...requests: CommandRequest[]) => cache.accept(operator, requests)
const fill = () =>
  cache.sync.applyPage([
    ...[rowLine('citizen', gino), rowLine('citizen', luigi), rowLine('contact', contact), endLine('1')],
  ])
const found = (text: string) => cache.search(text, 20).map(({ id }) => id)
const callers = (number: string) => cache.callers(number).map(({ citizen }) => citizen.id)
const merge: CommandRequest = {
  name: 'citizen.merge',
  args: {
    ...{ id: newId(), keptId: gino.id, mergedId: luigi.id, take: ['givenName'] },
    seen: { kept: {}, merged: {} },
  },
}

test('a change is shown and found at once, without the CRM, and what is not named stays', () => {
  fill()
  give({
    name: 'citizen.update',
    args: {
      ...{ citizenId: gino.id, seen: { familyName: 'Brambilla', phones: gino.phones } },
      change: { familyName: 'Brambilla Conti', phones: [{ number: '+393209998877', kind: 'mobile' }] },
    },
  })
  expect(cache.story(gino.id)?.citizen).toMatchObject({ givenName: 'Gino', email: 'gino@example.org' })
  expect(found('gino conti')).toEqual([gino.id])
  expect([callers('+393201112233'), callers('+393209998877')]).toEqual([[], [gino.id]])
})

test('two who are joined here are one here before the CRM has heard of it, with what hangs on both', () => {
  fill()
  give(merge)
  expect(found('brambila')).toEqual([])
  expect(callers('+393204445566')).toEqual([gino.id])
  for (const id of [gino.id, luigi.id])
    expect(cache.story(id)).toMatchObject({
      citizen: { id: gino.id, givenName: 'Luigi', email: 'gino@example.org', needsDuplicateCheck: false },
      contacts: [{ id: contact.id }],
    })
  give({ name: 'citizen.unmerge', args: { mergedId: luigi.id } })
  expect(cache.story(luigi.id)).toMatchObject({ citizen: { id: luigi.id }, contacts: [{ id: contact.id }] })
})

test('a merge that the CRM refuses leaves two', () => {
  fill()
  const [sent] = give(merge)
  const { streamId } = cache.sync.stream(operator.user.id)
  const fault = { kind: 'conflict', code: 'citizen-stale', params: { field: 'email' } } as const
  cache.sync.settle(streamId, [{ n: sent?.n ?? 0, id: sent?.id ?? '', status: 'refused', fault }])
  expect([found('brambila'), found('gino')]).toEqual([[luigi.id], [gino.id]])
  expect(callers('+393204445566')).toEqual([luigi.id])
})

test('who may be the person that is typed is proposed from what is here', () => {
  fill()
  const typed = { ...gino, id: newId(), givenName: 'GINO', familyName: 'Brambila' }
  expect(cache.alikeTo(typed).map(({ citizen }) => citizen.id)).toEqual([gino.id])
  give(merge)
  expect(cache.alikeTo({ ...luigi, birthDate: gino.birthDate }).map(({ citizen }) => citizen.id)).toEqual([
    gino.id,
  ])
})
