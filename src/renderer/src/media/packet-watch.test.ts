import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Arrivals, type Flow, PacketWatch } from './packet-watch.ts'

/** A far end that sends a packet every 20 ms, and what a browser counts of it. */
class FarEnd {
  readonly told: { flow: Flow; at: number }[] = []
  readonly arrivals: Arrivals = { packets: 0, lost: 0, reported: 0 }
  readonly watch = new PacketWatch(
    async () => ({ ...this.arrivals }),
    (flow) => this.told.push({ flow, at: performance.now() }),
  )

  async passes(ms: number, way: 'sends' | 'is lost' | 'is silent', reports = false): Promise<void> {
    for (let passed = 0; passed < ms; passed += 20) {
      if (way === 'sends') this.arrivals.packets++
      await vi.advanceTimersByTimeAsync(20)
      if (reports && passed % 5000 === 2500) this.arrivals.reported = performance.now()
    }
    // A gap is counted with what comes after it.
    if (way === 'is lost') this.arrivals.lost += ms / 20
  }

  flows(): Flow[] {
    return this.told.map(({ flow }) => flow)
  }
}

let far: FarEnd
beforeEach(() => {
  vi.useFakeTimers()
  far = new FarEnd()
  far.watch.restart({ expected: true })
})
afterEach(() => {
  far.watch.stop()
  vi.useRealTimers()
})

describe('packets', () => {
  it('are missed after two seconds, also where the far end reports on', async () => {
    await far.passes(10_000, 'sends', true)
    const since = performance.now()
    await far.passes(3000, 'is silent', true)
    expect(far.flows()).toEqual(['flowing', 'stalled'])
    expect((far.told.at(-1)?.at ?? 0) - since).toBeLessThan(3000)
    await far.passes(1000, 'sends')
    expect(far.flows()).toEqual(['flowing', 'stalled', 'flowing'])
  })

  it('are not missed while the far end holds us, and are again afterwards', async () => {
    await far.passes(5000, 'sends')
    far.watch.restart({ expected: false })
    await far.passes(30_000, 'is silent')
    expect(far.flows()).toEqual(['flowing', 'quiet'])
    far.watch.restart({ expected: true })
    await far.passes(3000, 'is silent')
    expect(far.flows()).toEqual(['flowing', 'quiet', 'stalled'])
  })

  it('are not missed of a far end that reports over a new connection and says nothing', async () => {
    await far.passes(5000, 'sends', true)
    await far.passes(3000, 'is silent', true)
    far.watch.restart({ expected: true })
    await far.passes(1500, 'is silent')
    expect(far.flows()).toEqual(['flowing', 'stalled'])
    await far.passes(20_000, 'is silent', true)
    expect(far.flows()).toEqual(['flowing', 'stalled', 'stalled', 'quiet'])
    await far.passes(1000, 'sends')
    expect(far.flows().at(-1)).toBe('flowing')
  })

  it('are not missed of who has paused before, as long as reports come', async () => {
    await far.passes(4000, 'sends')
    await far.passes(1500, 'is silent')
    await far.passes(1000, 'sends')
    await far.passes(40_000, 'is silent', true)
    await far.passes(3000, 'sends')
    expect(far.flows()).toEqual(['flowing'])
    await far.passes(16_000, 'is silent')
    expect(far.flows()).toEqual(['flowing', 'stalled'])
  })

  it('that were lost, or came late and all at once, are no pause', async () => {
    await far.passes(4000, 'sends')
    await far.passes(1500, 'is lost')
    await far.passes(4000, 'sends')
    await far.passes(1500, 'is silent')
    far.arrivals.packets += 75
    await far.passes(4000, 'sends')
    await far.passes(3000, 'is silent', true)
    expect(far.flows()).toEqual(['flowing', 'stalled'])
  })
})
