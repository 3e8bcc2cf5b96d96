import { sessionStore } from '../../host/session-store.ts'

export const ticketLists = ['mine', 'team', 'watch', 'outside'] as const
export type TicketListName = (typeof ticketLists)[number]
export const everyTeam = '*'

/** Which requests are listed: stays while one of them is looked at, so that the way back leads where one was. */
export const useTicketList = sessionStore<{ which: TicketListName; team: string }>(() => ({
  which: 'watch',
  team: everyTeam,
}))
