import { type TicketRefusal, ticketRefusals } from '#contract/domain/ticket-act.ts'
import type { FaultData } from '#contract/errors.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useFaultText } from '../../ui/fault-text.tsx'

/** Why a request does not allow something, in its own words. */
export function useTicketFault(): (fault: FaultData) => string {
  const { t } = useTranslation()
  const say = useFaultText()
  return (fault) => {
    const { why } = fault.params
    const refusal = ticketRefusals.find((one): one is TicketRefusal => one === why)
    if (fault.code === 'ticket-refused' && refusal) return t(`work.tickets.act.refused.${refusal}`)
    return say(fault)
  }
}
