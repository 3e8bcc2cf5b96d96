import type { Migration } from 'kysely/migration'
import { peopleAndStreams } from './0010-people-and-streams.ts'
import { directory } from './0020-directory.ts'
import { agenda } from './0030-agenda.ts'
import { deactivation } from './0040-deactivation.ts'
import { visits } from './0050-visits.ts'
import { takingSeats } from './0051-taking-seats.ts'
import { opening } from './0060-opening.ts'
import { messages } from './0080-messages.ts'
import { requests } from './0100-requests.ts'
import { requestRules } from './0101-request-rules.ts'
import { contactsOfEveryChannel } from './0102-contacts.ts'
import { requestDesk } from './0103-request-desk.ts'
import { audit } from './0110-audit.ts'
import { retention } from './0111-retention.ts'
import { unknownCallers } from './0120-unknown-callers.ts'
import { lentSeats } from './0122-lent-seats.ts'
import { people } from './0123-people.ts'
import { requestMessages } from './0130-request-messages.ts'
import { oneCounter } from './0140-one-counter.ts'
import { oneRecovery } from './0141-one-recovery.ts'
import { overtakenVisits } from './0152-overtaken-visits.ts'
import { daysOfOffices } from './0153-days-of-offices.ts'
import { calendarInOutbox } from './0154-calendar-in-outbox.ts'
import { countersReopen } from './0160-counters-reopen.ts'
import { saidInTime } from './0170-said-in-time.ts'
import { resentMessages } from './0171-resent-messages.ts'
import { closuresTakenBack } from './0172-closures-taken-back.ts'
import { answersGoneOut } from './0180-answers-gone-out.ts'
import { closedByItself } from './0181-closed-by-itself.ts'
import { signIns } from './0185-sign-ins.ts'
import { stepsOfAgendas } from './0190-steps-of-agendas.ts'
import { closedForAReason } from './0200-closed-for-a-reason.ts'
import { overTheirTerms } from './0205-over-their-terms.ts'
import { clients } from './0206-clients.ts'
import { laterWishes } from './0207-later-wishes.ts'
import { channelsThatLeave } from './0208-channels-that-leave.ts'
import { origin } from './0210-origin.ts'
import { messagesAskedFor } from './0211-messages-asked-for.ts'
import { stopsOfWaits } from './0212-stops-of-waits.ts'
import { enteredAtDesks } from './0213-entered-at-desks.ts'
import { toldBeside } from './0214-told-beside.ts'
import { enteredByCitizen } from './0215-entered-by-citizen.ts'
import { versionsOfAccounts } from './0216-versions-of-accounts.ts'
import { leftTeams } from './0218-left-teams.ts'
import { mergesOverTheirTerm } from './0220-merges-over-their-term.ts'
import { openContacts } from './0222-open-contacts.ts'
import { earlierRights } from './0223-earlier-rights.ts'
import { joiningsOutliveRecords } from './0225-joinings-outlive-records.ts'
import { whoseRequests } from './0226-whose-requests.ts'

/** Applied in the order of their names, each once. A migration that has been released is never changed: the next one corrects it. */
export const migrations: Record<string, Migration> = {
  '0010-people-and-streams': peopleAndStreams,
  '0020-directory': directory,
  '0030-agenda': agenda,
  '0040-deactivation': deactivation,
  '0050-visits': visits,
  '0051-taking-seats': takingSeats,
  '0060-opening': opening,
  '0080-messages': messages,
  '0100-requests': requests,
  '0101-request-rules': requestRules,
  '0102-contacts': contactsOfEveryChannel,
  '0103-request-desk': requestDesk,
  '0110-audit': audit,
  '0111-retention': retention,
  '0120-unknown-callers': unknownCallers,
  '0122-lent-seats': lentSeats,
  '0123-people': people,
  '0130-request-messages': requestMessages,
  '0140-one-counter': oneCounter,
  '0141-one-recovery': oneRecovery,
  '0152-overtaken-visits': overtakenVisits,
  '0153-days-of-offices': daysOfOffices,
  '0154-calendar-in-outbox': calendarInOutbox,
  '0160-counters-reopen': countersReopen,
  '0170-said-in-time': saidInTime,
  '0171-resent-messages': resentMessages,
  '0172-closures-taken-back': closuresTakenBack,
  '0180-answers-gone-out': answersGoneOut,
  '0181-closed-by-itself': closedByItself,
  '0185-sign-ins': signIns,
  '0190-steps-of-agendas': stepsOfAgendas,
  '0200-closed-for-a-reason': closedForAReason,
  '0205-over-their-terms': overTheirTerms,
  '0206-clients': clients,
  '0207-later-wishes': laterWishes,
  '0208-channels-that-leave': channelsThatLeave,
  '0210-origin': origin,
  '0211-messages-asked-for': messagesAskedFor,
  '0212-stops-of-waits': stopsOfWaits,
  '0213-entered-at-desks': enteredAtDesks,
  '0214-told-beside': toldBeside,
  '0215-entered-by-citizen': enteredByCitizen,
  '0216-versions-of-accounts': versionsOfAccounts,
  '0218-left-teams': leftTeams,
  '0220-merges-over-their-term': mergesOverTheirTerm,
  '0222-open-contacts': openContacts,
  '0223-earlier-rights': earlierRights,
  '0225-joinings-outlive-records': joiningsOutliveRecords,
  '0226-whose-requests': whoseRequests,
}
