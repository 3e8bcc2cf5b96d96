import type { ErrorCode } from '#contract/errors.ts'

/** What the operator can do about a refusal; each has words. */
export type NextStep =
  | 'allowMicrophone'
  | 'connectMicrophone'
  | 'voiceWindow'
  | 'waitAndTry'
  | 'callForHelp'
  | 'lookAtCall'
  | 'finishCall'
  | 'conversationOver'
  | 'readAgain'
  | 'otherSlot'
  | 'signInAgain'
  | 'correct'
  | 'tryAgain'

const steps: Partial<Record<ErrorCode, NextStep>> = {
  'microphone-denied': 'allowMicrophone',
  'microphone-missing': 'connectMicrophone',
  'no-media-end': 'voiceWindow',
  'phone-away': 'waitAndTry',
  'crm-away': 'waitAndTry',
  'unavailable-now': 'waitAndTry',
  'rate-limited': 'waitAndTry',
  'phone-refused': 'callForHelp',
  'role-missing': 'callForHelp',
  'capability-missing': 'callForHelp',
  'configuration-invalid': 'callForHelp',
  'key-missing': 'callForHelp',
  'outbox-corrupt': 'callForHelp',
  'call-gone': 'lookAtCall',
  'call-illegal-move': 'lookAtCall',
  'call-replaced': 'lookAtCall',
  'call-live': 'finishCall',
  'contact-gone': 'conversationOver',
  'contact-closed': 'conversationOver',
  'citizen-gone': 'readAgain',
  'citizen-stale': 'readAgain',
  'citizen-merged': 'readAgain',
  'merge-final': 'readAgain',
  'record-not-found': 'readAgain',
  'slot-taken': 'otherSlot',
  'slot-gone': 'otherSlot',
  'hold-expired': 'otherSlot',
  'hold-longest': 'otherSlot',
  'lease-expired': 'otherSlot',
  'proposal-expired': 'otherSlot',
  'appointment-settled': 'readAgain',
  'appointment-changed': 'readAgain',
  'renewal-too-early': 'correct',
  'appointment-begun': 'otherSlot',
  'appointment-to-come': 'readAgain',
  'appointment-of-another': 'readAgain',
  'office-was-closed': 'readAgain',
  'office-closed-then': 'otherSlot',
  'closure-too-old': 'correct',
  'service-booked': 'readAgain',
  'recovery-too-far': 'correct',
  'recovery-too-brief': 'correct',
  'signed-out': 'signInAgain',
  'input-invalid': 'correct',
  'request-too-large': 'correct',
  'draft-unconfirmed': 'correct',
  'number-invalid': 'correct',
  'calls-too-many': 'lookAtCall',
  'transfer-refused': 'lookAtCall',
}

export const nextStepOf = (code: ErrorCode): NextStep => steps[code] ?? 'tryAgain'

export const isAboutVoice = (code: ErrorCode): boolean =>
  code === 'microphone-denied' || code === 'microphone-missing' || code === 'no-media-end'
