import { useQuery } from '@tanstack/react-query'
import { useEffect, useSyncExternalStore } from 'react'
import { isWriting } from '#contract/desk-tickets.ts'
import { useDesk } from '../../host/desk.tsx'
import { useTranslation } from '../../i18n/use-translation.ts'
import { Notice } from '../../ui/notice.tsx'
import type { TicketKeeper } from './use-ticket-draft.ts'

/** Said again well before the CRM takes it as gone. */
const againMs = 10_000
const still = () => () => undefined
const nobody = () => null

/** Tells that this request is open here, and who else has it open. */
export function Presence({ ticketId, keeper }: { ticketId: string; keeper: TicketKeeper | null }) {
  const { t } = useTranslation()
  const { desk } = useDesk()
  const state = useSyncExternalStore(keeper?.subscribe ?? still, keeper?.get ?? nobody)
  const writing = state !== null && isWriting(state.draft)
  const { data } = useQuery({
    queryKey: ['tickets', 'presence', ticketId, writing],
    queryFn: () => desk.tickets.present({ ticketId, writing }),
    refetchInterval: againMs,
    placeholderData: (before) => before,
    gcTime: 0,
  })
  useEffect(
    () => () => {
      void desk.tickets.leave({ ticketId }).catch(() => undefined)
    },
    [desk, ticketId],
  )
  if (data && !data.known) return <p role="status">{t('work.tickets.presence.unknown')}</p>
  const others = data?.others ?? []
  const names = others.map(({ name }) => name).join(', ')
  const writers = others.filter((one) => one.writing).map(({ name }) => name)
  return (
    <div role="status">
      {others.length > 0 ? (
        <Notice tone="blue">
          {t(others.length > 1 ? 'work.tickets.presence.hereMany' : 'work.tickets.presence.here', { names })}{' '}
          {writers.length > 0 ? t('work.tickets.presence.writing', { names: writers.join(', ') }) : null}
        </Notice>
      ) : null}
    </div>
  )
}
