import { Temporal } from 'temporal-polyfill'
import { z } from 'zod'
import { Fault } from '../errors.ts'
import { PlainDate } from './ids.ts'

/** `before-expiry`: who has a document that is still valid may renew it only in its last days. */
export const EligibilityRule = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('none') }),
  z.object({ kind: z.literal('before-expiry'), days: z.number().int().min(1).max(3650) }),
])
export type EligibilityRule = z.infer<typeof EligibilityRule>

/** Why somebody wants a document. Only a renewal has to wait. */
export const documentReasons = ['renewal', 'first-issue', 'theft', 'loss', 'damage'] as const
export type DocumentReason = (typeof documentReasons)[number]

/** What was asked of whoever books; the counter sees the document. */
export const DocumentCheck = z.object({ reason: z.enum(documentReasons), expiry: PlainDate.nullable() })
export type DocumentCheck = z.infer<typeof DocumentCheck>

/** The first day on which a renewal may be booked; null when the rule asks for no date, or the expiry is not known. */
export function eligibleFrom(rule: EligibilityRule, expiry: PlainDate | null): PlainDate | null {
  if (rule.kind === 'none' || expiry === null) return null
  return Temporal.PlainDate.from(expiry).subtract({ days: rule.days }).toString()
}

/** Whether somebody may book on the day `on`. A renewal whose expiry is not known may: the counter will see it. */
export function mayBook(rule: EligibilityRule, { reason, expiry }: DocumentCheck, on: PlainDate): boolean {
  if (reason !== 'renewal') return true
  const from = eligibleFrom(rule, expiry)
  return from === null || on >= from
}

/** Throws `renewal-too-early` when what was asked says so. What nobody asked keeps nobody from booking. */
export function requireEligible(
  rules: readonly EligibilityRule[],
  check: DocumentCheck | undefined,
  on: PlainDate,
): void {
  if (!check) return
  for (const rule of rules) {
    if (rule.kind === 'before-expiry' && !mayBook(rule, check, on)) {
      throw new Fault('conflict', 'renewal-too-early', { params: { days: rule.days } })
    }
  }
}
