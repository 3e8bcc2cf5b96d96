import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

it('goes on after an exception and a rejection that nobody caught, and logs neither message', () => {
  const program = `
    import { surviveTheUnexpected } from './src/main/last-resort.ts'
    import { openLog } from './src/main/log.ts'
    surviveTheUnexpected(openLog('desk'))
    setImmediate(() => { throw new Error('what Teresa said') })
    setImmediate(() => { void Promise.reject(new Error('what Teresa said')) })
    setImmediate(() => setImmediate(() => console.log('still here')))`
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    encoding: 'utf8',
  })
  expect([status, stdout.trim()]).toEqual([0, 'still here'])
  expect(stderr.match(/nobody caught this/g)).toHaveLength(2)
  expect(stderr).not.toContain('Teresa')
})
