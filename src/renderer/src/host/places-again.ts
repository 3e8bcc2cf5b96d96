import type { CommandRequest } from '#contract/commands/registry.ts'
import { type Draft, emptyDraft } from '#contract/desk.ts'
import { type Appointment, isActive } from '#contract/domain/appointment.ts'
import type { DocumentCheck } from '#contract/domain/eligibility.ts'
import type { FaultData } from '#contract/errors.ts'
import { actingFor } from './acting-for.ts'

export type PlaceRequest = Extract<CommandRequest, { name: 'appointment.book' | 'appointment.reschedule' }>

/** A visit that is taken up again: whose it is, null when nobody's, and the sheet for it. */
export type TakenUp = { citizenId: string | null; booking: Partial<Draft['booking']> }

/** The same visit at another place, with nothing to be chosen or asked again but the place; null when there is nothing to go on from. */
export function placesAgain(
  { name, args }: PlaceRequest,
  fault: FaultData | null,
  stands: Appointment | null,
): TakenUp | null {
  const { officeId, notify } = args
  if (name === 'appointment.book') {
    const { citizenId, serviceIds, recoveryOf, checked } = args
    if (fault?.code === 'citizen-gone') return null
    return { citizenId, booking: { serviceIds, recoveryOf, officeId, notify, ...typed(checked) } }
  }
  if (!stands || !isActive(stands.state)) return null
  const { id, citizenId, serviceIds, recoveryOf } = stands
  // One whose time is past moves no more.
  const moves = fault?.code === 'appointment-begun' ? null : id
  return { citizenId, booking: { serviceIds, recoveryOf, moves, officeId, notify } }
}

/** The draft with that sheet open, for whoever it is. */
export const takeUp =
  ({ citizenId, booking }: TakenUp) =>
  (draft: Draft): Draft => ({
    ...draft,
    ...(citizenId === null || citizenId === draft.citizenId
      ? {}
      : { citizenId, identification: 'none', choice: 'person' }),
    booking: { ...emptyDraft.booking, ...booking },
  })

/** The draft with the sheet open for a visit of the person in sight, and with nothing of what was begun there before. */
export const visitOf =
  (citizenId: string | null, booking: Partial<Draft['booking']>) =>
  (draft: Draft): Draft => ({
    ...actingFor(citizenId)(draft),
    booking: { ...emptyDraft.booking, ...booking },
  })

/** The draft with the sheet open that gives an appointment another place. */
export const moveOf = ({ id: moves, citizenId, serviceIds, officeId, recoveryOf }: Appointment) =>
  visitOf(citizenId, { serviceIds, officeId, recoveryOf, moves })

/** What was asked of the document, as it would be typed. */
function typed(checked: DocumentCheck | undefined): Partial<Draft['booking']> {
  if (!checked) return {}
  const [year, month, day] = checked.expiry?.split('-') ?? []
  return { reason: checked.reason, expiry: day && month ? `${Number(day)}/${Number(month)}/${year}` : '' }
}
