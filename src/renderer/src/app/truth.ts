import type { SystemTruth } from '#contract/desk.ts'

/** The system in one mark: what most hinders a call comes first. */
export type Mark =
  | 'phone-refused'
  | 'phone-away'
  | 'phone-off'
  | 'phone-elsewhere'
  | 'phone-connecting'
  | 'microphone'
  | 'crm-away'
  | 'cache-blocked'
  | 'conflict'
  | 'crm-connecting'
  | 'well'

export function markOf(truth: SystemTruth): Mark {
  const { phone, crm, outbox, cache, microphone } = truth
  if (phone.state === 'refused') return 'phone-refused'
  if (phone.state === 'away') return 'phone-away'
  if (phone.state === 'off') return 'phone-off'
  if (phone.state === 'elsewhere') return 'phone-elsewhere'
  if (microphone === 'denied' || microphone === 'missing') return 'microphone'
  if (cache.state === 'blocked') return 'cache-blocked'
  if (crm.state === 'away') return 'crm-away'
  if (outbox.refused > 0) return 'conflict'
  if (phone.state === 'connecting') return 'phone-connecting'
  if (crm.state === 'connecting') return 'crm-connecting'
  return 'well'
}

/** Amber on the truth's side of the ribbon: something is away. Connecting is not yet a trouble. */
export const isAmber = (mark: Mark): boolean =>
  mark !== 'well' && mark !== 'phone-connecting' && mark !== 'crm-connecting'
