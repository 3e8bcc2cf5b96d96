import type { Notify } from '#contract/commands/appointment.ts'
import type { ShownCitizen } from '#contract/domain/citizen-shown.ts'
import type { MessageChannel } from '#contract/domain/message.ts'

type Reachable = Pick<ShownCitizen, 'phones' | 'email'>

/** How somebody can be told at all: by what the directory has of them. */
export function channelsOf(citizen: Reachable | null): MessageChannel[] {
  if (!citizen) return []
  const mobile = citizen.phones.some(({ kind }) => kind === 'mobile')
  return [...(mobile ? (['sms', 'whatsapp'] as const) : []), ...(citizen.email ? (['email'] as const) : [])]
}

/** Until the operator has chosen: an SMS, which everybody with a mobile phone reads, else an e-mail. */
export const proposed = (citizen: Reachable | null): Notify => channelsOf(citizen).slice(0, 1)

/** Of a change to what was confirmed before: the desk does not know by which of them that went, so by both that everybody reads. */
export const proposedOfChange = (citizen: Reachable | null): Notify =>
  channelsOf(citizen).filter((channel) => channel !== 'whatsapp')
