import type { Notify } from '#contract/commands/appointment.ts'
import type { ShownCitizen } from '#contract/domain/citizen-shown.ts'
import type { MessageChannel } from '#contract/domain/message.ts'
import { isItalianMobile } from '#contract/domain/phone-number.ts'

type Reachable = Pick<ShownCitizen, 'phones' | 'email'>

const onMobile = ['sms', 'whatsapp'] as const

/**
 * How somebody can be told at all: by what the directory has of them; who is not in it, on the mobile they call from, as E.164, by which the CRM goes
 * too.
 */
export function channelsOf(citizen: Reachable | null, callsFrom: string | null): MessageChannel[] {
  if (!citizen) return callsFrom !== null && isItalianMobile(callsFrom) ? [...onMobile] : []
  const mobile = citizen.phones.some(({ kind }) => kind === 'mobile')
  return [...(mobile ? onMobile : []), ...(citizen.email ? (['email'] as const) : [])]
}

/** What was chosen, by those that there are: it may have been for whoever spoke before. Null when none of it is left. */
export function stillChosen(notify: Notify | null, channels: readonly MessageChannel[]): Notify | null {
  if (notify === null || notify.length === 0) return notify
  const left = notify.filter((channel) => channel === 'none' || channels.includes(channel))
  return left.length > 0 ? left : null
}

/** Those whose messages leave the CRM; where none does, all: what lies in its outbox is at least there to be looked into. */
function worthwhile(channels: MessageChannel[], unsent: readonly MessageChannel[]): MessageChannel[] {
  const leaving = channels.filter((channel) => !unsent.includes(channel))
  return leaving.length > 0 ? leaving : channels
}

/** Until the operator has chosen: an SMS, which everybody with a mobile phone reads, else an e-mail; first what leaves the CRM. */
export const proposed = (channels: MessageChannel[], unsent: readonly MessageChannel[]): Notify =>
  worthwhile(channels, unsent).slice(0, 1)

/** Of a change to what was confirmed before: the desk does not know by which of them that went, so by both that everybody reads. */
export function proposedOfChange(channels: MessageChannel[], unsent: readonly MessageChannel[]): Notify {
  const worth = worthwhile(channels, unsent)
  const read = worth.filter((channel) => channel !== 'whatsapp')
  return read.length > 0 ? read : worth
}
