import { type TicketRefusal, ticketRefusals } from '#contract/domain/ticket-act.ts'
import type { FaultData } from '#contract/errors.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useFaultText } from '../../ui/fault-text.tsx'

const fileReasons = ['empty', 'size', 'type', 'infected'] as const

/** Why a request does not allow something, or a file was not taken, in its own words. */
export function useTicketFault(): (fault: FaultData) => string {
  const { t } = useTranslation()
  const say = useFaultText()
  return (fault) => {
    const { why } = fault.params
    const refusal = ticketRefusals.find((one): one is TicketRefusal => one === why)
    if (fault.code === 'ticket-refused' && refusal) return t(`work.tickets.act.refused.${refusal}`)
    const file = fileReasons.find((one) => one === why)
    if (fault.code === 'attachment-refused' && file) return t(`work.tickets.files.why.${file}`)
    return say(fault)
  }
}
