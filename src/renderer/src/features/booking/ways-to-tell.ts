import type { Appointment } from '#contract/domain/appointment.ts'
import type { ShownCitizen } from '#contract/domain/citizen-shown.ts'
import type { MessageChannel } from '#contract/domain/message.ts'
import { channelsOf } from '../../ui/channels.ts'

/**
 * By which channels the CRM reaches whoever a visit is for. One that is moved stays whose it is, whoever speaks: nobody's is told on the mobile of
 * the contact that made it, which the desk knows when it is this one.
 */
export function waysToTell({
  citizen,
  isNobodys,
  number,
  moves,
  made,
  theirs,
}: {
  citizen: Pick<ShownCitizen, 'phones' | 'email'> | null
  /** What is booked now would hang on nobody. */
  isNobodys: boolean
  /** Of this contact, as E.164. */
  number: string | null
  moves: string | null
  /** In this contact. */
  made: readonly Appointment[]
  /** Of the person in sight; undefined until they are known. */
  theirs: readonly Appointment[] | undefined
}): MessageChannel[] {
  if (moves === null) return channelsOf(citizen, isNobodys ? number : null)
  const isIt = ({ id }: Appointment) => id === moves
  const own = made.find(isIt)
  if (own?.citizenId === null) return channelsOf(null, number)
  const isAnothers = !own && theirs !== undefined && !theirs.some(isIt)
  return channelsOf(isAnothers ? null : citizen, null)
}
