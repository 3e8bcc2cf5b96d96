import { useQuery } from '@tanstack/react-query'
import type { MessageChannel } from '#contract/domain/message.ts'
import { useDesk } from './desk.tsx'

const none: readonly MessageChannel[] = []

/** Channels whose messages come no further than the CRM's outbox, as the desk last heard. */
export function useUnsentChannels(): readonly MessageChannel[] {
  const { queries } = useDesk()
  return useQuery(queries.reference).data?.unsentChannels ?? none
}
