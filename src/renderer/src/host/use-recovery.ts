import { useQuery } from '@tanstack/react-query'
import type { RecoveryAgenda } from '#contract/crm-agenda.ts'
import { useDesk } from './desk.tsx'

/** The recovery agenda that is open to a cancelled appointment. Only the CRM knows: `isUnknown` while it does not answer. */
export function useRecovery(appointmentId: string | null): {
  recovery: RecoveryAgenda | null
  isAsked: boolean
  isUnknown: boolean
} {
  const { queries } = useDesk()
  const { data, isLoading, error } = useQuery({
    ...queries.recovery(appointmentId ?? ''),
    enabled: appointmentId !== null,
    retry: false,
  })
  return {
    recovery: (appointmentId !== null && data) || null,
    isAsked: isLoading,
    isUnknown: error !== null && !data,
  }
}
