import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { watchSurroundings } from './surroundings.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function watched() {
  const told: string[] = []
  let present = ['10.0.0.4', 'fd00::4']
  const surroundings = watchSurroundings({
    onWake: (ms) => told.push(`woke after ${ms}`),
    onNetwork: ({ gone }) => told.push(gone ? 'moved' : 'joined'),
    addresses: () => new Set(present),
  })
  return {
    told,
    surroundings,
    addresses: (now: string[]) => {
      present = now
    },
  }
}

describe('the surroundings', () => {
  it('say nothing while seconds pass as they should', () => {
    const { told, surroundings } = watched()
    vi.advanceTimersByTime(60_000)
    surroundings.close()
    expect(told).toEqual([])
  })

  it('tell once that the wall clock jumped while the timers stood still', () => {
    const { told, surroundings } = watched()
    vi.advanceTimersByTime(5_000)
    vi.setSystemTime(Date.now() + 3_600_000)
    vi.advanceTimersByTime(5_000)
    surroundings.close()
    expect(told).toEqual(['woke after 3600000'])
  })

  it('take two late seconds for a busy moment, and a clock that was set back for nothing', () => {
    const { told, surroundings } = watched()
    vi.setSystemTime(Date.now() + 2_000)
    vi.advanceTimersByTime(1_000)
    vi.setSystemTime(Date.now() - 3_600_000)
    vi.advanceTimersByTime(3_000)
    surroundings.close()
    expect(told).toEqual([])
  })

  it('tell an address that went from one that came beside', () => {
    const { told, surroundings, addresses } = watched()
    addresses(['10.0.0.4', 'fd00::4', '192.168.1.9'])
    vi.advanceTimersByTime(2_000)
    addresses(['192.168.1.9'])
    vi.advanceTimersByTime(2_000)
    addresses([])
    vi.advanceTimersByTime(2_000)
    surroundings.close()
    expect(told).toEqual(['joined', 'moved', 'moved'])
  })
})
