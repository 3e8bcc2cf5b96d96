import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { newId } from '#contract/domain/ids.ts'
import { operator } from '../../../tests/support/sample-rows.ts'
import { type Cache, openCache } from './cache.ts'
import { mostWaitingBytes } from './waiting-files.ts'

const mark = 'nobody reads this on the disk'
const day = 86_400_000

let dir: string
let cache: Cache
let at: number
const open = () =>
  openCache({ dir, key: 'ab'.repeat(32), log: pino({ level: 'silent' }), now: () => new Date(at) })
beforeEach(() => {
  at = Date.parse('2026-11-24T09:00:00.000Z')
  dir = mkdtempSync(join(tmpdir(), 'ascolto-files-'))
  cache = open()
})
afterEach(() => {
  cache.close()
  rmSync(dir, { recursive: true, force: true })
})

const me = operator.user.id
const fault = { kind: 'invalid', code: 'attachment-refused', params: { why: 'type' } } as const
const keep = async (content: Buffer, userId = me) => {
  const file = { id: newId(), ticketId: newId(), name: 'foto.png' }
  await cache.waitingFiles.keep(userId, file, content)
  return file
}

it('gives back after a restart what was kept, of its author only, and leaves nothing readable on the disk', async () => {
  const content = Buffer.from(mark.repeat(30_000))
  const file = await keep(content)
  cache.close()
  for (const name of readdirSync(dir)) expect(readFileSync(join(dir, name)).includes(mark)).toBe(false)
  cache = open()
  expect(cache.waitingFiles.of(me)).toEqual([
    { ...file, size: content.byteLength, at: new Date(at).toISOString(), fault: null },
  ])
  expect((await cache.waitingFiles.content(me, file.id))?.equals(content)).toBe(true)
  expect(cache.waitingFiles.of(newId())).toEqual([])
  expect(await cache.waitingFiles.content(newId(), file.id)).toBeNull()
  cache.waitingFiles.remove(newId(), file.id)
  expect(cache.waitingFiles.of(me)).toHaveLength(1)
  cache.waitingFiles.remove(me, file.id)
  expect(cache.waitingFiles.of(me)).toEqual([])
  expect(await cache.waitingFiles.content(me, file.id)).toBeNull()
})

it('forgets one whose author was not told that it waits, for the program ended while it was written', async () => {
  const writing = keep(Buffer.alloc(2_000_000, 1))
  expect(cache.waitingFiles.of(me)).toEqual([])
  cache.close()
  await expect(writing).rejects.toThrow()
  cache = open()
  expect(cache.waitingFiles.of(me)).toEqual([])
  // Nor does it take the room of others.
  await keep(Buffer.alloc(1, 1))
  expect(cache.waitingFiles.of(me)).toHaveLength(1)
})

it('keeps no more than there is room for, and the same file once', async () => {
  const most = 10 * 1024 * 1024
  const content = Buffer.alloc(most, 1)
  for (let kept = 0; kept + most <= mostWaitingBytes; kept += most) await keep(content)
  await expect(keep(Buffer.from('x'))).rejects.toMatchObject({ kind: 'conflict', code: 'files-full' })
  const [first] = cache.waitingFiles.of(me)
  await cache.waitingFiles.keep(me, { ...first, ticketId: newId(), name: 'x', id: first?.id ?? '' }, content)
  expect(cache.waitingFiles.of(me)).toHaveLength(mostWaitingBytes / most)
  cache.waitingFiles.remove(me, first?.id ?? '')
  await keep(content)
})

it('counts with the commands; what was refused waits for its author, for half a year', async () => {
  const notices: string[] = []
  cache.onChange(({ entities }) => notices.push(entities.join()))
  const [file] = [await keep(Buffer.from('x')), await keep(Buffer.from('y'), newId())]
  expect(cache.counts(me)).toEqual({ pending: 1, refused: 0, others: 1, othersRefused: 0 })
  cache.waitingFiles.refuse(me, file.id, fault)
  expect(cache.waitingFiles.of(me)).toMatchObject([{ id: file.id, fault }])
  expect(cache.counts(me)).toEqual({ pending: 0, refused: 1, others: 1, othersRefused: 0 })
  expect(cache.counts(null)).toEqual({ pending: 0, refused: 0, others: 1, othersRefused: 1 })
  expect(notices).toEqual(['outbox', 'outbox', 'outbox'])
  at += 190 * day
  cache.close()
  cache = open()
  expect(cache.counts(me)).toEqual({ pending: 0, refused: 0, others: 0, othersRefused: 0 })
})

it('goes with a wipe, which says how many', async () => {
  await keep(Buffer.from('x'))
  expect(cache.wipe()).toBe(1)
  expect(cache.waitingFiles.of(me)).toEqual([])
})
