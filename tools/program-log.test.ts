import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { openProgramLog } from './program-log.ts'

const folder = mkdtempSync(join(tmpdir(), 'ascolto-program-log-'))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('goes on where the last start ended, and keeps one log before it, both small', () => {
  const path = join(folder, 'logs', 'crm.log')
  openProgramLog(path, 20)('of the first start\n')
  const log = openProgramLog(path, 20)
  log('of the second\n')
  expect(readFileSync(path, 'utf8')).toBe('of the first start\nof the second\n')
  for (let line = 0; line < 100; line++) log(`line ${line}\n`)
  expect(readdirSync(join(folder, 'logs')).sort()).toEqual(['crm.log', 'crm.log.1'])
  const kept = readFileSync(`${path}.1`, 'utf8') + readFileSync(path, 'utf8')
  expect(kept.endsWith('line 98\nline 99\n')).toBe(true)
  expect(kept.length).toBeLessThan(60)
})

it('lets a program go on whose log cannot be written', () => {
  const log = openProgramLog(join(folder, 'logs', 'crm.log'))
  rmSync(folder, { recursive: true })
  expect(() => log('line\n')).not.toThrow()
})
