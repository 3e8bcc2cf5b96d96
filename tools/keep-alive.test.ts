import { setImmediate as turn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { keepAlive } from './keep-alive.ts'

/** Lives of this many milliseconds, one after the other; null: it does not even start. The last lives on until the test has seen what was told. */
async function told(lives: readonly (number | null)[]): Promise<{ told: string[]; pauses: number[] }> {
  let at = 0
  const [tells, pauses]: [string[], number[]] = [[], []]
  const left = [...lives]
  const alive = (ms: number) => ({
    // A turn later: it is waited for first.
    ended: turn().then(() => {
      at += ms
      return 1
    }),
  })
  await keepAlive(
    alive(left.shift() ?? 0),
    {
      start: async () => {
        const life = left.shift()
        if (typeof life !== 'number') throw new Error('not started')
        return alive(life)
      },
      isStopping: () => left.length === 0 && tells.at(-1) === 'runs',
      runs: () => tells.push('runs'),
      died: (_, __, again) => tells.push(again ? 'died' : 'died for good'),
      failed: (_, again) => tells.push(again ? 'failed' : 'failed for good'),
    },
    { pause: async (ms) => void pauses.push(ms), now: () => at },
  )
  return { told: tells, pauses }
}

it('starts anew one that dies five times within moments, watches the fifth too, and says when it gives up', async () => {
  const once = ['died', 'runs']
  expect(await told([1, 1, 1, 1, 1, 1, 1])).toEqual({
    told: [...once, ...once, ...once, ...once, ...once, 'died for good'],
    pauses: [200, 400, 800, 1_600, 3_200],
  })
})

it('forgives deaths once one has lived for long, also after the longest pause', async () => {
  const { told: tells, pauses } = await told([1, 1, 1, 1, 1, 31_000, 1])
  expect(tells.at(-1)).toBe('runs')
  expect(pauses).toEqual([200, 400, 800, 1_600, 3_200, 200])
})

it('counts one that does not start as a death', async () => {
  expect((await told([1, null, null, null, null, null])).told).toEqual([
    ...['died', 'failed', 'failed', 'failed', 'failed', 'failed for good'],
  ])
})
