import { useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { useDesk } from './desk.tsx'

/** Gives back the seats that are kept for a contact, and has what is free asked anew: those are. */
export function useGiveBack(): (contactId: string) => void {
  const { desk } = useDesk()
  const client = useQueryClient()
  return useCallback(
    (contactId) =>
      void desk.work
        .releaseHold({ contactId })
        .then(() => client.invalidateQueries({ queryKey: ['slots'] }))
        // The CRM frees them by itself after a while.
        .catch(() => undefined),
    [desk, client],
  )
}
