import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { lockData } from './lock.ts'

let dir = ''
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ascolto-lock-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const ignore = () => undefined

it('refuses a second holder by name and frees the folder', async () => {
  const release = await lockData(dir, ignore)
  await expect(lockData(dir, ignore)).rejects.toMatchObject({ kind: 'conflict', code: 'data-locked' })
  await release()
  await (await lockData(dir, ignore))()
})

it('takes over at once from a process that was killed, and only once', async () => {
  const module = new URL('./lock.ts', import.meta.url).href
  const holder = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `const { lockData } = await import(${JSON.stringify(module)})
       await lockData(${JSON.stringify(dir)}, () => {})
       console.log('held'); setInterval(() => {}, 1000)`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  await once(holder.stdout, 'data')
  await expect(lockData(dir, ignore)).rejects.toMatchObject({ code: 'data-locked' })
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  const before = performance.now()
  const results = await Promise.allSettled([lockData(dir, ignore), lockData(dir, ignore)])
  expect(performance.now() - before).toBeLessThan(2_000)
  expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1)
  for (const result of results) if (result.status === 'fulfilled') await result.value()
})
