import type { ActionDraft } from '#contract/desk-tickets.ts'
import type { Ticket } from '#contract/domain/ticket.ts'
import { useTranslation } from '../../i18n/use-translation.ts'

type Named = ActionDraft['name'] | 'take' | 'release' | 'link' | 'start' | 'resolve' | 'resume'

/** What is done with a request, as its key and its form are called. */
export function useActionName({ citizenId }: Pick<Ticket, 'citizenId'>): (name: Named) => string {
  const { t } = useTranslation()
  return (name) =>
    t(`work.tickets.act.${name === 'identify' && citizenId !== null ? 'identify-other' : name}`)
}
