import type { ChangeNotice } from '#contract/desk.ts'
import type { Cache } from '../cache/cache.ts'
import { Signal } from './latest.ts'
import { desk } from './rpc.ts'

/** What changed while a reader did not look is told once, however often it changed. */
export const mergeNotices = (waiting: ChangeNotice, next: ChangeNotice): ChangeNotice => {
  const entities = new Set([...waiting.entities, ...next.entities])
  return { entities: entities.has('*') ? ['*'] : [...entities] }
}

export function openChanges(cache: Cache): { signal: Signal<ChangeNotice>; close(): void } {
  const signal = new Signal<ChangeNotice>(mergeNotices)
  const stop = cache.onChange((notice) => signal.emit(notice))
  return {
    signal,
    close: () => {
      stop()
      signal.close()
    },
  }
}

export const changesService = (changes: Signal<ChangeNotice>) => ({
  watch: desk.changes.watch.handler(({ signal }) => changes.watch(signal)),
})
