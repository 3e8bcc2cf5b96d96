import type { OutboxEntry } from '#contract/desk.ts'
import type { Appointment } from '#contract/domain/appointment.ts'
import type { FaultData } from '#contract/errors.ts'
import type { PlaceRequest } from '../../host/places-again.ts'

/** What became of what the sheet asked for. */
export type Outcome =
  | { kind: 'looking' }
  | { kind: 'known'; appointment: Appointment }
  /** By the CRM; `stands`: the appointment as it was before, if there is one. */
  | { kind: 'refused'; request: PlaceRequest; fault: FaultData | null; stands: Appointment | null }
  | { kind: 'gone' }

export type Known = {
  appointmentId: string
  /** When the sheet asked: what was refused before is another matter. */
  since: number
  appointment: Appointment | null
  entries: readonly Pick<OutboxEntry, 'request' | 'at' | 'state' | 'fault'>[]
  /** Rows and outbox are asked for one by one, and only together do they say whether an old time stands or was never left. */
  asking: boolean
}

/** A refusal that is dismissed stays told while the appointment is as it was. */
export function outcomeOf(before: Outcome, known: Known): Outcome {
  const { appointment } = known
  if (known.asking) return before
  if (appointment?.state !== 'requested') {
    const refused = refusalOf(known)
    if (refused) return { kind: 'refused', ...refused, stands: appointment }
    if (before.kind === 'refused' && before.stands?.sequence === appointment?.sequence)
      return { ...before, stands: appointment }
  }
  return appointment ? { kind: 'known', appointment } : { kind: 'gone' }
}

function refusalOf({ appointmentId, since, entries }: Known) {
  for (const { request, at, state, fault } of entries.toReversed()) {
    if (state !== 'refused' && state !== 'failed') continue
    if (request.name !== 'appointment.book' && request.name !== 'appointment.reschedule') continue
    const of = request.name === 'appointment.book' ? request.args.id : request.args.appointmentId
    if (of === appointmentId && Date.parse(at) >= since) return { request, fault }
  }
  return null
}
