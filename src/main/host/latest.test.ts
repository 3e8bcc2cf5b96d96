import { describe, expect, it } from 'vitest'
import { Latest, Signal } from './latest.ts'

describe('Latest', () => {
  it('gives the present value at once and then the newest only', async () => {
    const latest = new Latest(1)
    const reader = latest.watch(undefined)
    expect(await reader.next()).toEqual({ done: false, value: 1 })
    for (let n = 2; n <= 10_000; n += 1) latest.set(n)
    expect(await reader.next()).toEqual({ done: false, value: 10_000 })
    const coming = reader.next()
    latest.set(7)
    expect(await coming).toEqual({ done: false, value: 7 })
  })

  it('does not tell a value that is the same', async () => {
    const latest = new Latest({ n: 1 }, (one, other) => one.n === other.n)
    const reader = latest.watch(undefined)
    await reader.next()
    const coming = reader.next()
    latest.set({ n: 1 })
    latest.set({ n: 2 })
    expect(await coming).toEqual({ done: false, value: { n: 2 } })
  })

  it('ends a waiting reader on abort and forgets it', async () => {
    const latest = new Latest('a')
    const stop = new AbortController()
    const reader = latest.watch(stop.signal)
    await reader.next()
    const coming = reader.next()
    expect(latest.readers).toBe(1)
    stop.abort()
    expect(await coming).toEqual({ done: true, value: undefined })
    expect(latest.readers).toBe(0)
    latest.set('b')
    expect(await reader.next()).toEqual({ done: true, value: undefined })
  })

  it('is over before it began when the signal was aborted already', async () => {
    const latest = new Latest('a')
    const reader = latest.watch(AbortSignal.abort())
    expect(await reader.next()).toEqual({ done: true, value: undefined })
    expect(latest.readers).toBe(0)
  })

  it('forgets a reader that returns, and all at close', async () => {
    const latest = new Latest('a')
    const one = latest.watch(undefined)
    const other = latest.watch(undefined)
    await one.return?.()
    expect(latest.readers).toBe(1)
    await other.next()
    const coming = other.next()
    latest.close()
    expect(await coming).toEqual({ done: true, value: undefined })
  })
})

describe('Signal', () => {
  it('merges what a slow reader has not fetched', async () => {
    const signal = new Signal<ReadonlySet<string>>((waiting, next) => new Set([...waiting, ...next]))
    const reader = signal.watch(undefined)
    for (let n = 0; n < 1_000; n += 1) signal.emit(new Set(['ticket', n % 2 ? 'contact' : 'slot']))
    const { value } = await reader.next()
    expect([...(value ?? [])].sort()).toEqual(['contact', 'slot', 'ticket'])
  })
})
