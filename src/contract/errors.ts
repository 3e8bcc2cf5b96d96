import { z } from 'zod'

/**
 * The closed list of what can go wrong at a seam. `kind` decides what a program does (retry, sign in, ask the operator);
 * `code` chooses the words a person reads, in their language; `params` fill those words and never hold personal data.
 */
export const errorKinds = [
  'unauthenticated',
  'forbidden',
  'not-found',
  'invalid',
  'conflict',
  'busy',
  'unavailable',
  'unsupported',
  'too-large',
  'too-many',
  'internal',
] as const

export const ErrorKind = z.enum(errorKinds)
export type ErrorKind = z.infer<typeof ErrorKind>

/** Every sentence a person may be shown when something fails; each has words in `renderer/src/i18n`. */
export const errorCodes = [
  'unexpected',
  'input-invalid',
  'signed-out',
  'sign-in-failed',
  'wrong-password',
  'role-missing',
  'crm-away',
  'crm-refused',
  'phone-away',
  'phone-refused',
  'call-gone',
  'call-illegal-move',
  'call-replaced',
  'call-live',
  'calls-too-many',
  'number-invalid',
  'redial-empty',
  'transfer-refused',
  'media-elsewhere',
  'microphone-denied',
  'microphone-missing',
  'no-media-end',
  'slot-taken',
  'slot-gone',
  'hold-expired',
  'hold-longest',
  'lease-expired',
  'proposal-expired',
  'appointment-settled',
  'appointment-changed',
  'renewal-too-early',
  'appointment-begun',
  'appointment-to-come',
  'appointment-of-another',
  'office-was-closed',
  'office-closed-then',
  'closure-too-old',
  'service-booked',
  'recovery-too-far',
  'recovery-too-brief',
  'citizen-gone',
  'citizen-exists',
  'citizen-stale',
  'citizen-merged',
  'merge-final',
  'citizen-unidentified',
  'identity-taken',
  'contact-gone',
  'contact-closed',
  'ticket-gone',
  'files-full',
  'ticket-exists',
  'ticket-refused',
  'team-unknown',
  'account-stale',
  'account-own',
  'account-outside',
  'login-taken',
  'extension-taken',
  'attachment-refused',
  'attachments-too-many',
  'stream-reset',
  'draft-stale',
  'draft-full',
  'draft-unconfirmed',
  'cache-newer',
  'cache-corrupt',
  'cache-ready',
  'other-crm',
  'device-wiped',
  'outbox-corrupt',
  'key-missing',
  'data-locked',
  'record-not-found',
  'request-too-large',
  'rate-limited',
  'capability-missing',
  'configuration-invalid',
  'unavailable-now',
] as const

export const ErrorCode = z.enum(errorCodes)
export type ErrorCode = z.infer<typeof ErrorCode>

export const FaultData = z.object({
  kind: ErrorKind,
  code: ErrorCode,
  params: z.record(z.string(), z.union([z.string(), z.number()])).default({}),
})
export type FaultData = z.infer<typeof FaultData>

/** A failure that somebody planned for. Anything else that is thrown is a defect: logged with its cause, crossing a seam as `internal`. */
export class Fault extends Error {
  readonly kind: ErrorKind
  readonly code: ErrorCode
  readonly params: Record<string, string | number>

  constructor(
    kind: ErrorKind,
    code: ErrorCode,
    options: { params?: Record<string, string | number>; cause?: unknown } = {},
  ) {
    super(`${kind}: ${code}`, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'Fault'
    this.kind = kind
    this.code = code
    this.params = options.params ?? {}
  }

  toData(): FaultData {
    return { kind: this.kind, code: this.code, params: this.params }
  }
}

/** HTTP status of each kind, for REST and for the loopback host. */
export const httpStatus: Record<ErrorKind, number> = {
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  invalid: 400,
  conflict: 409,
  busy: 409,
  unavailable: 503,
  unsupported: 501,
  'too-large': 413,
  'too-many': 429,
  internal: 500,
}

/** The oRPC error map that every contract of this project carries: one entry, whose data is a `FaultData`. */
export const faultErrors = {
  FAULT: { data: FaultData },
} as const
