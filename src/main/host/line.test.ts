import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '#contract/domain/ids.ts'
import type { LineRecord } from '#contract/domain/line-record.ts'
import { noScore } from '#contract/domain/line-score.ts'
import { verdictOf } from '#contract/domain/line-verdict.ts'
import { samplesOf, times } from '../../../tests/support/line-samples.ts'
import { LineRecords, mergeLines } from './line.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ascolto-lines-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const record = (madeAt: string): LineRecord => {
  const samples = samplesOf(times(5))
  return {
    version: 1,
    id: newId(),
    madeAt,
    startedAt: madeAt,
    endedAt: null,
    direction: 'inbound',
    practice: true,
    score: noScore,
    verdict: verdictOf(samples),
    samples,
    events: [],
    left: { samples: 0, events: 0 },
  }
}

describe('records of bad lines', () => {
  it('are written for their owner only, read back, and listed newest first', async () => {
    const records = new LineRecords(join(folder, 'lines'), () => new Date('2026-11-25T10:00:00Z'))
    const [one, two] = [record('2026-11-25T08:00:00Z'), record('2026-11-25T09:00:00Z')]
    const path = await records.write(one)
    await records.write(two)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await records.read(one.id)).toEqual(one)
    expect((await records.list()).map(({ id }) => id)).toEqual([two.id, one.id])
  })

  it('leave nothing behind when they cannot be written', async () => {
    const records = new LineRecords(folder, () => new Date('2026-11-25T10:00:00Z'))
    const one = record('2026-11-25T08:00:00Z')
    await mkdir(join(folder, `${one.id}.json`))
    await expect(records.write(one)).rejects.toThrow()
    expect(await readdir(folder)).toEqual([`${one.id}.json`])
  })

  it('are few and not old', async () => {
    const records = new LineRecords(folder, () => new Date('2026-11-25T10:00:00Z'))
    await records.write(record('2026-10-01T08:00:00Z'))
    for (let n = 10; n < 35; n++) await records.write(record(`2026-11-24T08:${n}:00Z`))
    const left = await records.list()
    expect(left).toHaveLength(20)
    expect(left.at(-1)?.madeAt).toBe('2026-11-24T08:15:00Z')
    expect(await readdir(folder)).toHaveLength(20)
  })

  it('are not found when they are not there or not ours', async () => {
    const records = new LineRecords(folder, () => new Date())
    const id = newId()
    await expect(records.read(id)).rejects.toMatchObject({ code: 'record-not-found' })
    await writeFile(join(folder, `${id}.json`), '{"version":1}')
    await expect(records.read(id)).rejects.toMatchObject({ code: 'record-not-found' })
    expect(await records.list()).toEqual([])
  })
})

it('merges what waits for a slow window to the newest of each line', () => {
  const view = (callId: string, r: number) => ({
    callId,
    ended: false,
    r,
    mos: 4,
    verdict: { blame: null, findings: [] },
  })
  const merged = mergeLines({ lines: [view('a', 1), view('b', 2)] }, { lines: [view('a', 3)] })
  expect(merged.lines.map(({ callId, r }) => `${callId}${r}`)).toEqual(['b2', 'a3'])
})
