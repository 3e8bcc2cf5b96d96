import { ArrowLeft, PhoneCall } from 'lucide-react'
import { Activity } from 'react'
import { commands } from '#contract/commands/registry.ts'
import type { Draft, Work } from '#contract/desk.ts'
import { differs } from '#contract/domain/agent.ts'
import type { Appointment } from '#contract/domain/appointment.ts'
import type { Call } from '#contract/domain/call.ts'
import { type Citizen, fullName } from '#contract/domain/citizen.ts'
import { mayAsk } from '#contract/rights.ts'
import { Accounts } from '../features/accounts/accounts.tsx'
import { CallList } from '../features/calls/call-list.tsx'
import { Continued } from '../features/calls/continued.tsx'
import { useWho } from '../features/calls/use-who.ts'
import { Compare } from '../features/compare/compare.tsx'
import { Idle } from '../features/idle/idle.tsx'
import { LineRecords } from '../features/line/line-records.tsx'
import { Offices } from '../features/offices/offices.tsx'
import { Conflicts, Outbox, OutboxBelow } from '../features/outbox/outbox.tsx'
import { reopened } from '../features/outbox/remedy.ts'
import type { Reopen } from '../features/outbox/ways-out.tsx'
import { Oversight } from '../features/oversight/oversight.tsx'
import { EditPerson } from '../features/person/edit-person.tsx'
import { editedOf } from '../features/person/edited.ts'
import { JoinedWith } from '../features/person/joined-with.tsx'
import { OptOuts } from '../features/person/opt-outs.tsx'
import { PersonSearch, Results } from '../features/person/person-search.tsx'
import { SpeaksFor } from '../features/person/speaks-for.tsx'
import { Household } from '../features/ringing/household.tsx'
import { Nobody } from '../features/ringing/nobody.tsx'
import { Settings } from '../features/settings/settings.tsx'
import { LoneAppointment } from '../features/story/appointments.tsx'
import { Story } from '../features/story/story.tsx'
import { DueBelow } from '../features/tickets/due-below.tsx'
import { Tickets } from '../features/tickets/tickets.tsx'
import { attempt } from '../host/attempt.ts'
import { pickCaller } from '../host/call-store.ts'
import { useDesk, useDraft, useKeepers } from '../host/desk.tsx'
import { useLive } from '../host/live-store.ts'
import { rememberMoved } from '../host/moved-codes.ts'
import { moveOf, takeUp, visitOf } from '../host/places-again.ts'
import { useGiveBack } from '../host/use-give-back.ts'
import { useIdentify } from '../host/use-identify.ts'
import { useTranslation } from '../i18n/use-translation.ts'
import { Button } from '../ui/button.tsx'
import { cx } from '../ui/cx.ts'
import headings from '../ui/heading.module.css'
import { Notice, Waiting } from '../ui/notice.tsx'
import s from './frame.module.css'
import type { Scene } from './scene.ts'
import type { Subject } from './subject.ts'
import { useCallVerbs } from './use-call-verbs.ts'
import { endTypingStory, type Page, showPage, showTab, showTicket, useView } from './use-scene.ts'
import { useSetDesired } from './use-set-desired.ts'

/** The left side: one person and what was said, or whoever it may be, or the desk at rest. */
export function StoryPane({
  scene,
  subject,
  call,
  unfinished,
}: {
  scene: Scene
  subject: Subject
  /** That rings or is spoken on: the story may still be another's, in which somebody types. */
  call: Call | null
  unfinished: readonly Work[]
}) {
  const page = useView((state) => state.page)
  const ticketId = useView((state) => state.ticketId)
  const behind = useView((state) => state.behind)
  const pages: { page: Page; ticketId: string | null }[] = []
  if (page) pages.push({ page, ticketId })
  // Nothing that is typed there is lost.
  pages.push(...behind.filter((one) => one.page !== page))
  return (
    <>
      {pages.map((one) => (
        <Activity key={one.page} mode={one.page === page ? 'visible' : 'hidden'}>
          <OnePage {...one} scene={scene} call={call} />
        </Activity>
      ))}
      {page ? null : <Present scene={scene} subject={subject} unfinished={unfinished} />}
    </>
  )
}

/** What the operator opened in the place of the story. */
function OnePage({
  page,
  ticketId,
  scene,
  call,
}: {
  page: Page
  ticketId: string | null
  scene: Scene
  call: Call | null
}) {
  const { t } = useTranslation()
  const answered = scene.work?.answeredAt ?? scene.work?.endedAt ?? null
  const contactId = answered === null ? null : (scene.work?.contactId ?? null)
  const reopen = useReopen()
  const move = useMove()
  const bookAgain = useBookAgain()
  const held = useView((state) => state.held)
  const who = useWho()
  const mayHold = useLive(
    ({ session }) => session?.phase === 'signed-in' && mayAsk(session.user, 'retention.hold'),
  )
  const mayAudit = useLive(
    ({ session }) => session?.phase === 'signed-in' && mayAsk(session.user, 'audit.list'),
  )
  const administrator = useLive(({ session }) =>
    session?.phase === 'signed-in' && mayAsk(session.user, 'users.list') ? session.user.id : null,
  )
  const mayJoin = useLive(
    ({ session }) =>
      session?.phase === 'signed-in' &&
      commands['citizen.merge'].roles.some((role) => session.user.roles.includes(role)),
  )
  return (
    <>
      {held && call ? (
        <Button
          look="link"
          size="small"
          icon={<PhoneCall size={15} aria-hidden="true" />}
          shortcut="nextPane"
          onPress={endTypingStory}
        >
          {t('desk.ring.toCall', { who: who(call) })}
        </Button>
      ) : (
        <Button
          look="link"
          size="small"
          icon={<ArrowLeft size={15} aria-hidden="true" />}
          onPress={() => (page === 'tickets' && ticketId ? showTicket(null) : showPage(null))}
        >
          {t('common.back')}
        </Button>
      )}
      {page === 'settings' ? (
        <Settings />
      ) : page === 'calls' ? (
        <Calls />
      ) : page === 'line' ? (
        <LineRecords />
      ) : page === 'oversight' ? (
        <Oversight
          mayHold={mayHold}
          mayAudit={mayAudit}
          offices={<OfficesPart work={contactId === null ? null : scene.work} />}
          accounts={administrator === null ? null : <Accounts self={administrator} />}
          search={(onFound) => (
            <PersonSearch
              work={null}
              number={null}
              onFound={onFound}
              onTicket={showTicket}
              alone={(appointment) => (
                <LoneAppointment
                  appointment={appointment}
                  work={null}
                  onMove={move}
                  onBookAgain={bookAgain}
                />
              )}
            />
          )}
        />
      ) : page === 'compare' ? (
        <Compare mayJoin={mayJoin} />
      ) : page === 'tickets' ? (
        <Tickets
          ticketId={ticketId}
          contactId={contactId}
          onOpen={showTicket}
          persons={({ text, without, onFound }) => (
            <Results
              text={text}
              {...(without === null ? {} : { without })}
              onFound={(id, citizen) => onFound({ id, name: fullName(citizen) })}
            />
          )}
        />
      ) : (
        <>
          <h1 className={cx(headings.page, s.pageTitle)}>{t('work.outbox.title')}</h1>
          <Outbox reopen={reopen} />
        </>
      )}
    </>
  )
}

/** The conversation, or the desk at rest. */
function Present({
  scene,
  subject,
  unfinished,
}: {
  scene: Scene
  subject: Subject
  unfinished: readonly Work[]
}) {
  const reopen = useReopen()
  const continues = scene.call?.continues ?? scene.callWork?.continues ?? null
  if (scene.kind === 'idle') return <AtRest unfinished={unfinished} />
  return (
    <>
      <Conflicts of={scene.kind === 'closing' ? null : subject.callId} reopen={reopen} />
      {continues ? <Continued contact={subject.caller?.continued ?? null} /> : null}
      <Conversation scene={scene} subject={subject} />
      {scene.kind === 'closing' ? <OutboxBelow /> : null}
    </>
  )
}

function Calls() {
  const verbs = useCallVerbs(null)
  return (
    <CallList
      canDial={!verbs.cannotDial}
      onDial={(number) => void verbs.dial(number)}
      onRedial={() => void verbs.redial()}
    />
  )
}

/** Who is called, or opened, from the list of the affected is who the conversation is with. */
function OfficesPart({ work }: { work: Work | null }) {
  const verbs = useCallVerbs(null)
  const identify = useIdentify(work)
  const turnTo = (callId: string, citizenId: string) => {
    pickCaller(callId, citizenId)
    showPage(null)
  }
  return (
    <Offices
      canDial={!verbs.cannotDial}
      onCall={(request, citizenId) =>
        void verbs.call(async () => {
          const { callId } = await request()
          if (citizenId !== null) turnTo(callId, citizenId)
        })
      }
      onShow={
        work &&
        ((citizenId) => {
          identify({ citizenId, identification: 'none', choice: 'person' })
          turnTo(work.contactId, citizenId)
        })
      }
    />
  )
}

/** Opens the sheet for a visit; what was chosen there before is given back. */
function useBegin(): (work: Work, change: (draft: Draft) => Draft) => void {
  const keeperOf = useKeepers()
  const giveBack = useGiveBack()
  return (work, change) => {
    keeperOf(work).edit(change)
    giveBack(work.contactId)
    useView.setState({ opened: work.contactId, page: null })
    showTab('booking')
  }
}

/** Takes up again what the CRM refused, in its own contact. */
function useReopen(): Reopen {
  const keeperOf = useKeepers()
  const begin = useBegin()
  const { desk } = useDesk()
  return {
    takeBack: (commandId) =>
      void attempt('dismiss', async () => {
        const { ticketId } = await desk.tickets.takeBack({ commandId })
        showTicket(ticketId)
      }),
    booking: (work, again) => begin(work, takeUp(again)),
    ticket(work, ticket) {
      keeperOf(work).edit((draft) => ({ ...draft, ticket: reopened(draft.ticket, ticket) }))
      useView.setState({ opened: work.contactId, page: null })
      showTab('request')
    },
  }
}

/** Opens the sheet that gives an appointment another place. */
function useMove(): (work: Work, appointment: Appointment) => void {
  const begin = useBegin()
  return (work, appointment) => {
    rememberMoved(appointment)
    begin(work, moveOf(appointment))
  }
}

/** Opens the sheet for another appointment in the place of one that was lost. */
function useBookAgain(): (work: Work, appointment: Appointment) => void {
  const begin = useBegin()
  return (work, { id, citizenId, state, serviceIds, officeId }) => {
    const recoveryOf = state === 'cancelled-by-office' ? id : null
    begin(work, visitOf(citizenId, { serviceIds, officeId, recoveryOf }))
  }
}

/** Opens what is known of a person; what was begun before is gone on with. */
function useEdit(): (work: Work, citizen: Citizen) => void {
  const keeperOf = useKeepers()
  return (work, citizen) => keeperOf(work).edit((draft) => ({ ...draft, editedCitizen: editedOf(citizen) }))
}

function AtRest({ unfinished }: { unfinished: readonly Work[] }) {
  const { t } = useTranslation()
  const agent = useLive((state) => state.agent)
  const givenName = useLive((state) =>
    state.session?.phase === 'signed-in' ? state.session.user.givenName : '',
  )
  const setDesired = useSetDesired()
  const reopen = useReopen()
  if (!agent) return <Waiting label={t('common.loading')} rows={4} />
  return (
    <Idle
      agent={agent}
      givenName={givenName}
      differs={differs(agent)}
      unfinished={unfinished}
      onDesired={setDesired}
      onOpenWork={(contactId) => useView.setState({ opened: contactId, page: null, tab: 'note' })}
      onOpenSettings={() => showPage('settings')}
      onOpenArticle={(articleId) => {
        useView.setState({ articleId })
        showTab('cards')
      }}
      conflicts={<Conflicts of={null} reopen={reopen} />}
      outbox={
        <>
          <OutboxBelow />
          <DueBelow onOpen={() => showPage('tickets')} />
        </>
      }
    />
  )
}

function Conversation({ scene, subject }: { scene: Exclude<Scene, { kind: 'idle' }>; subject: Subject }) {
  const { t } = useTranslation()
  const move = useMove()
  const bookAgain = useBookAgain()
  const edit = useEdit()
  const { callWork, call } = scene
  const { callId, caller, story, citizenId, looking } = subject
  const searching = useView((state) => state.searching)
  const resumed = useView((state) => state.resumed)
  const identify = useIdentify(callWork)
  const draft = useDraft(callWork)
  const number = callWork?.remote.e164 ?? call?.remote.e164 ?? null
  const shownNumber = callWork?.remote.number ?? call?.remote.number ?? null

  const choose = (next: string) => {
    useView.setState({ searching: false })
    if (callId) pickCaller(callId, next)
    // Another person is known by nothing yet.
    const method = next === citizenId ? (draft?.draft.identification ?? 'none') : 'none'
    identify({ citizenId: next, identification: method, choice: 'person' })
  }
  const many = caller !== null && caller.stories.length > 1
  const nobody = (choice: 'another' | 'none') => {
    if (callId) pickCaller(callId, null)
    useView.setState({ searching: choice === 'none' })
    identify({ citizenId: null, identification: 'none', choice })
  }
  const somebodyElse = () => nobody(many && citizenId !== null ? 'another' : 'none')
  const search = (
    <PersonSearch
      key={resumed}
      work={callWork}
      number={number}
      onFound={choose}
      onTicket={showTicket}
      alone={(appointment) => (
        <LoneAppointment appointment={appointment} work={callWork} onMove={move} onBookAgain={bookAgain} />
      )}
      onBack={
        caller !== null && caller.stories.length > 0
          ? () => {
              const only = caller.stories[0]?.citizen.id
              if (!many && only) choose(only)
              else nobody('another')
            }
          : undefined
      }
    />
  )
  const isNone = searching || draft?.draft.choice === 'none'
  if (citizenId === null && (isNone || !many)) {
    return (
      <Nobody caller={caller} number={shownNumber} chosenOther={isNone}>
        {search}
      </Nobody>
    )
  }
  if (citizenId === null && caller)
    return (
      <Household
        caller={caller}
        talking={scene.kind !== 'ringing'}
        onChoose={choose}
        onOther={somebodyElse}
      />
    )
  const edited = draft?.draft.editedCitizen ?? null
  if (story && callWork && edited?.seen.id === story.citizen.id)
    return (
      <EditPerson work={callWork} edited={edited}>
        <SpeaksFor citizen={story.citizen} />
        <OptOuts citizenId={story.citizen.id} />
        <JoinedWith citizenId={story.citizen.id} />
      </EditPerson>
    )
  if (story)
    return (
      <Story
        story={story}
        work={callWork}
        call={call}
        others={subject.others}
        onOther={somebodyElse}
        onMove={move}
        onBookAgain={bookAgain}
        onTicket={showTicket}
        onEdit={edit}
      />
    )
  if (looking) return <Waiting label={t('person.story.loading')} rows={6} />
  return <Notice title={t('person.story.failed')}>{t('person.story.noStory')}</Notice>
}
