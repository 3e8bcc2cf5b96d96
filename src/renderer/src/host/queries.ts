import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { DeskClient } from './connection.ts'

/** The first part of a key is the root that `invalidation.ts` speaks of. */
export type QueryRoot =
  | 'capabilities'
  | 'work'
  | 'made'
  | 'story'
  | 'search'
  | 'outbox'
  | 'reference'
  | 'slots'
  | 'calls'
  | 'settings'
  | 'line'
  | 'directory'
  | 'tickets'
  | 'protocol'
  | 'oversight'
  | 'offices'

const callsAtOnce = 50
const comparedAtOnce = 20
const actsAtOnce = 50

/** What the page asks its host once and keeps until the host says that it changed. */
export function queriesOf(desk: DeskClient) {
  return {
    capabilities: queryOptions({
      queryKey: ['capabilities'],
      queryFn: () => desk.host.capabilities(),
    }),
    work: queryOptions({
      queryKey: ['work'],
      queryFn: async () => (await desk.work.list()).work,
    }),
    made: (contactId: string) =>
      queryOptions({ queryKey: ['made', contactId], queryFn: () => desk.work.made({ contactId }) }),
    story: (citizenId: string, callId: string) =>
      queryOptions({
        queryKey: ['story', citizenId, callId],
        queryFn: () => desk.citizens.story({ citizenId, callId }),
      }),
    search: (text: string) =>
      queryOptions({ queryKey: ['search', text], queryFn: () => desk.citizens.search({ text }) }),
    alike: (entered: Parameters<DeskClient['citizens']['alike']>[0]) =>
      queryOptions({
        queryKey: ['search', 'alike', entered],
        queryFn: () => desk.citizens.alike(entered),
      }),
    toCompare: infiniteQueryOptions({
      queryKey: ['search', 'to-compare'],
      queryFn: async ({ pageParam }) => (await desk.citizens.toCompare({ after: pageParam })).pairs,
      initialPageParam: null as string | null,
      getNextPageParam: (last) => (last.length < comparedAtOnce ? undefined : last.at(-1)?.citizen.id),
      // Only the CRM knows it, and tells nobody when it changes.
      staleTime: 0,
    }),
    merges: (citizenId: string) =>
      queryOptions({
        queryKey: ['story', 'merges', citizenId],
        queryFn: async () => (await desk.citizens.merges({ citizenId })).merges,
        staleTime: 0,
      }),
    optOuts: (citizenId: string) =>
      queryOptions({
        queryKey: ['story', 'opt-outs', citizenId],
        queryFn: async () => (await desk.citizens.optOuts({ citizenId })).channels,
        staleTime: 0,
      }),
    outbox: queryOptions({
      queryKey: ['outbox'],
      queryFn: async () => (await desk.outbox.list()).entries,
    }),
    waitingFiles: queryOptions({
      queryKey: ['outbox', 'files'],
      queryFn: async () => (await desk.outbox.files()).files,
    }),
    reference: queryOptions({ queryKey: ['reference'], queryFn: () => desk.reference.all() }),
    nextFree: (query: Parameters<DeskClient['slots']['next']>[0]) =>
      queryOptions({ queryKey: ['slots', 'next', query], queryFn: () => desk.slots.next(query) }),
    week: (query: Parameters<DeskClient['slots']['week']>[0]) =>
      queryOptions({ queryKey: ['slots', 'week', query], queryFn: () => desk.slots.week(query) }),
    recovery: (appointmentId: string) =>
      queryOptions({
        queryKey: ['slots', 'recovery', appointmentId],
        queryFn: async () => (await desk.appointments.recovery({ appointmentId })).recovery,
      }),
    byCode: (code: string) =>
      queryOptions({
        queryKey: ['made', 'by-code', code],
        queryFn: () => desk.appointments.byCode({ code }),
        // The CRM tells nobody of those that no desk holds.
        staleTime: 0,
      }),
    messages: (appointmentId: string) =>
      queryOptions({
        queryKey: ['made', 'messages', appointmentId],
        queryFn: async () => (await desk.appointments.messages({ appointmentId })).messages,
      }),
    tickets: (query: Parameters<DeskClient['tickets']['list']>[0]) =>
      queryOptions({
        queryKey: ['tickets', 'list', query],
        queryFn: () => desk.tickets.list(query),
      }),
    byProtocol: (protocol: string) =>
      queryOptions({
        // Each asking may be a read of somebody in the CRM's journal, which a change of other requests is no reason for.
        queryKey: ['protocol', protocol],
        queryFn: () => desk.tickets.byProtocol({ protocol }),
        // The CRM tells nobody of those that no desk holds.
        staleTime: 0,
      }),
    ticket: (ticketId: string) =>
      queryOptions({ queryKey: ['tickets', 'one', ticketId], queryFn: () => desk.tickets.get({ ticketId }) }),
    ticketDraft: (ticketId: string) =>
      queryOptions({
        queryKey: ['tickets', 'draft', ticketId],
        queryFn: () => desk.tickets.draft({ ticketId }),
        // It is read where the request cannot be.
        staleTime: 0,
      }),
    leftDrafts: queryOptions({
      queryKey: ['tickets', 'left-drafts'],
      queryFn: async () => (await desk.tickets.leftDrafts()).drafts,
      staleTime: 0,
    }),
    members: (team: string) =>
      queryOptions({
        queryKey: ['tickets', 'members', team],
        queryFn: async () => (await desk.tickets.members({ team })).members,
      }),
    oversightPerson: (citizenId: string) =>
      queryOptions({
        queryKey: ['oversight', 'person', citizenId],
        queryFn: () => desk.oversight.person({ citizenId }),
        staleTime: 0,
      }),
    devices: queryOptions({
      queryKey: ['oversight', 'devices'],
      queryFn: async () => (await desk.oversight.devices()).devices,
      staleTime: 0,
    }),
    accounts: queryOptions({
      queryKey: ['oversight', 'accounts'],
      queryFn: () => desk.accounts.list(),
      staleTime: 0,
    }),
    openRequestsOf: (id: string) =>
      queryOptions({
        queryKey: ['oversight', 'accounts', id, 'requests'],
        queryFn: async () => (await desk.accounts.openRequests({ id })).teams,
        staleTime: 0,
      }),
    retention: queryOptions({
      queryKey: ['oversight', 'retention'],
      queryFn: () => desk.oversight.retention(),
      staleTime: 0,
    }),
    audit: (by: Parameters<DeskClient['oversight']['audit']>[0]['by']) =>
      infiniteQueryOptions({
        queryKey: ['oversight', 'audit', by],
        queryFn: async ({ pageParam }) => (await desk.oversight.audit({ by, before: pageParam })).acts,
        initialPageParam: null as number | null,
        getNextPageParam: (last) => (last.length < actsAtOnce ? undefined : last.at(-1)?.id),
        staleTime: 0,
      }),
    statistics: (period: Parameters<DeskClient['oversight']['statistics']>[0]) =>
      queryOptions({
        queryKey: ['oversight', 'statistics', period],
        queryFn: async () => (await desk.oversight.statistics(period)).counts,
        staleTime: 0,
      }),
    closures: (officeId: string) =>
      queryOptions({
        queryKey: ['offices', 'closures', officeId],
        queryFn: async () => (await desk.offices.closures({ officeId })).closures,
        staleTime: 0,
      }),
    concerned: (query: Parameters<DeskClient['offices']['concerned']>[0]) =>
      queryOptions({
        queryKey: ['offices', 'concerned', query],
        queryFn: async () => (await desk.offices.concerned(query)).count,
        staleTime: 0,
      }),
    affected: (closureId: string) =>
      queryOptions({
        queryKey: ['offices', 'affected', closureId],
        queryFn: () => desk.offices.affected({ closureId }),
        staleTime: 0,
      }),
    failedMessages: queryOptions({
      queryKey: ['offices', 'failed'],
      queryFn: async () => (await desk.offices.failed()).messages,
      staleTime: 0,
    }),
    lineRecords: queryOptions({
      queryKey: ['line'],
      queryFn: async () => (await desk.line.kept()).records,
    }),
    lineRecord: (recordId: string) =>
      queryOptions({ queryKey: ['line', recordId], queryFn: () => desk.line.read({ recordId }) }),
    callHistory: infiniteQueryOptions({
      queryKey: ['calls', 'history'],
      queryFn: async ({ pageParam }) =>
        (await desk.calls.history({ before: pageParam, limit: callsAtOnce })).calls,
      initialPageParam: null as string | null,
      getNextPageParam: (last) => (last.length < callsAtOnce ? undefined : last.at(-1)?.startedAt),
    }),
    directory: queryOptions({
      queryKey: ['directory'],
      queryFn: async () => (await desk.calls.directory()).teams,
      // It comes with the line's configuration, of whose changes nobody tells.
      staleTime: 60_000,
    }),
    settings: queryOptions({ queryKey: ['settings'], queryFn: () => desk.settings.get() }),
  }
}

export type Queries = ReturnType<typeof queriesOf>
