import { isDeepStrictEqual } from 'node:util'
import type { SystemTruth } from '#contract/desk.ts'
import type { FaultData } from '#contract/errors.ts'

export type CrmTruth = SystemTruth['crm']

export interface Truth {
  get(): CrmTruth
  /** `fault`: why the CRM that answers is none for this desk. */
  become(state: CrmTruth['state'], retryAt?: Date, fault?: FaultData): void
  watch(listener: (state: CrmTruth) => void): () => void
}

/** `since` stays while the state does; listeners hear only what differs. */
export function openTruth(now: () => Date): Truth {
  let truth: CrmTruth = { state: 'connecting', since: now().toISOString(), retryAt: null, fault: null }
  const listeners = new Set<(state: CrmTruth) => void>()
  return {
    get: () => truth,
    become(state, retryAt, fault) {
      const next = {
        state,
        since: truth.state === state ? truth.since : now().toISOString(),
        retryAt: retryAt?.toISOString() ?? null,
        fault: fault ?? null,
      }
      if (isDeepStrictEqual(next, truth)) return
      truth = next
      for (const listener of listeners) listener(truth)
    },
    watch(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** Half a second, doubled with every failure in a row up to 15 s, and up to half of it taken off so that desks do not come back together. */
export const backOffMs = (failures: number): number =>
  Math.min(15_000, 500 * 2 ** Math.max(0, failures - 1)) * (1 - Math.random() / 2)
