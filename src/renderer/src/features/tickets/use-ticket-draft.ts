import { useEffect } from 'react'
import type { KeptTicketDraft, TicketDraft } from '#contract/desk-tickets.ts'
import type { DeskClient } from '../../host/connection.ts'
import { useDesk } from '../../host/desk.tsx'
import { DraftKeeper, type Kept } from '../../host/draft-keeper.ts'
import { mergeTicketDraft } from '../../host/merge-draft.ts'

export type TicketKeeper = DraftKeeper<TicketDraft>

const asKept = ({ draft, revision, savedAt }: KeptTicketDraft): Kept<TicketDraft> => ({
  ...{ draft, revision, savedAt: savedAt ?? '' },
})

/** One for each request, for as long as the session lasts: leaving a request loses nothing that is typed, not even the last key. */
function keeperOf(
  desk: DeskClient,
  keepers: Map<string, TicketKeeper>,
  ticketId: string,
  kept: KeptTicketDraft,
): TicketKeeper {
  const known = keepers.get(ticketId)
  if (known) return known
  const storage = {
    save: async (revision: number, draft: TicketDraft) =>
      asKept(await desk.tickets.saveDraft({ ticketId, revision, draft })),
    reload: async () => asKept(await desk.tickets.draft({ ticketId })),
  }
  const keeper = new DraftKeeper<TicketDraft>(asKept(kept), storage, mergeTicketDraft)
  keepers.set(ticketId, keeper)
  return keeper
}

/** The draft of a request; null before the host has told what it keeps. */
export function useTicketDraft(ticketId: string, kept: KeptTicketDraft | null): TicketKeeper | null {
  const { desk, ticketKeepers } = useDesk()
  const keeper = kept ? keeperOf(desk, ticketKeepers, ticketId, kept) : null
  useEffect(() => {
    if (keeper && kept) keeper.adopt(asKept(kept))
  }, [keeper, kept])
  useEffect(() => () => keeper?.leave(), [keeper])
  return keeper
}
