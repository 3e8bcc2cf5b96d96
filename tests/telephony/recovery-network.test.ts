import { describe, expect, it } from 'vitest'
import { noNetworkHere, runMovingDesk } from '../support/network/run-moving-desk.ts'

const why = noNetworkHere()

describe('the network', () => {
  it.skipIf(why !== null)(
    `goes, comes back, and is another one, all in one call${why === null ? '' : ` (skipped: ${why})`}`,
    { timeout: 150_000 },
    async () => {
      const moves = await runMovingDesk()
      console.log(JSON.stringify(moves))
      expect(moves.noticed).toBeLessThan(5000)
      expect(moves.silent).toBeLessThan(5000)
      expect(moves.registered).toBeLessThan(2000)
      expect(moves.heard).toBeLessThan(9000)
      expect(moves.sameCall).toBe(true)
      expect(moves.offered).toBeLessThan(5000)
      expect(moves.moveHeard).toBeLessThan(9000)
      expect(moves.calls).toBe(1)
      expect(moves.wish).toBe('ready')
    },
  )
})
