import { useQuery } from '@tanstack/react-query'
import { X } from 'lucide-react'
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components'
import { emptyDraft, type ShownStory } from '#contract/desk.ts'
import { type Delegation, fullName } from '#contract/domain/citizen.ts'
import type { ShownCitizen } from '#contract/domain/citizen-shown.ts'
import { offered } from '#contract/domain/reference.ts'
import { Booking } from '../features/booking/booking.tsx'
import { Cards } from '../features/cards/cards.tsx'
import { LineReport } from '../features/line/line-report.tsx'
import { Made } from '../features/note/made.tsx'
import { Note } from '../features/note/note.tsx'
import { Request } from '../features/request/request.tsx'
import { Outside } from '../features/tickets/outside.tsx'
import { WrapUp } from '../features/wrap-up/wrap-up.tsx'
import { useDesk, useKeeper } from '../host/desk.tsx'
import { useLive } from '../host/live-store.ts'
import { useTranslation } from '../i18n/use-translation.ts'
import { Button, IconButton } from '../ui/button.tsx'
import { cx } from '../ui/cx.ts'
import { cityDay } from '../ui/format.ts'
import { Kbd } from '../ui/kbd.tsx'
import type { KeyId } from '../ui/keys.ts'
import { Empty } from '../ui/notice.tsx'
import { toldKey } from '../ui/told-key.ts'
import type { Scene } from './scene.ts'
import s from './sheet.module.css'
import type { Subject } from './subject.ts'
import { resumePerson, showPage, showTab, type Tab as TabId, useView } from './use-scene.ts'

/** The work of the contact, beside its story. The note stands above every sheet, so that typing never has to stop. */
export function Sheet({
  scene,
  subject,
  story,
}: {
  scene: Scene
  /** Of the work in the sheet. */
  subject: Subject
  /** That stands beside it. */
  story: ShownStory | null
}) {
  const { t } = useTranslation()
  const tab = useView((state) => state.tab)
  const articleId = useView((state) => state.articleId)
  const { work } = scene
  const delegationName = ({ name, kind }: Delegation) => `${name} (${t(`person.delegation.${kind}`)})`
  const keeper = useKeeper(work)
  const { keepers, queries } = useDesk()
  const reference = useQuery(queries.reference).data
  const inSight = subject.story?.citizen ?? null
  const citizen = subject.linked ? inSight : null
  const others = citizen ? spokenFor(citizen, subject.caller?.stories ?? [], delegationName) : []
  const isBeside = work !== null && work.contactId === scene.callWork?.contactId
  const over = work !== null && (scene.kind === 'closing' || !isBeside)
  const reserved = useLive((state) => state.agent?.next ?? null)
  const book = (topicId: string) => {
    const service = offered(reference?.services ?? []).find((one) => one.topicId === topicId)
    if (!service || !keeper) return
    keeper.edit((draft) =>
      draft.booking.serviceIds[0] === service.id
        ? draft
        : { ...draft, booking: { ...emptyDraft.booking, serviceIds: [service.id] } },
    )
    showTab('booking')
  }
  const needsWork = (
    <div className={cx(s.empty)}>
      <Empty
        action={
          <Button size="small" onPress={() => showTab('cards')} shortcut="sheetCards">
            {t('desk.sheet.openCards')}
          </Button>
        }
      >
        {scene.kind === 'ringing' ? t('desk.sheet.noWorkRing') : t('desk.sheet.noWork')}
      </Empty>
    </div>
  )
  return (
    <Tabs
      className={cx(s.tabs)}
      selectedKey={tab}
      onSelectionChange={(key) => showTab(key as TabId)}
      keyboardActivation="manual"
    >
      <div className={cx(s.bar)}>
        <TabList aria-label={t('desk.sheet.tabs')} className={cx(s.list)}>
          <SheetTab
            id="note"
            shortcut="sheetNote"
            label={over ? t('desk.sheet.closing') : t('desk.sheet.note')}
          />
          <SheetTab id="booking" shortcut="sheetBooking" label={t('desk.sheet.booking')} />
          <SheetTab id="request" shortcut="sheetRequest" label={t('desk.sheet.request')} />
          <SheetTab id="cards" shortcut="sheetCards" label={t('desk.sheet.cards')} />
        </TabList>
        <IconButton
          className={cx(s.shut)}
          label={t('desk.sheet.shut')}
          icon={<X size={18} aria-hidden="true" />}
          onPress={() => useView.setState({ overlay: false })}
        />
      </div>
      {work && tab !== 'cards' ? (
        <Note key={work.contactId} work={work} large={tab === 'note' && !over} takesCursor={takeCursor} />
      ) : null}
      <TabPanel id="note" className={cx(s.panel)}>
        {work && over ? (
          <>
            <LineReport
              key={`line ${work.contactId}`}
              callId={work.contactId}
              onOpen={() => showPage('line')}
            />
            <WrapUp
              key={work.contactId}
              work={work}
              person={citizen ? fullName(citizen) : null}
              others={others}
              reserved={reserved}
              onClosed={(contactId) => {
                keepers.delete(contactId)
                useView.setState({ opened: null })
              }}
              onResume={(what) => {
                if (what === 'request' || what === 'booking') showTab(what)
                else resumePerson(what === 'newPerson')
              }}
            />
          </>
        ) : work ? (
          <Made work={work} />
        ) : (
          needsWork
        )}
      </TabPanel>
      <TabPanel id="booking" className={cx(s.panel)}>
        {work ? <Booking key={work.contactId} work={work} citizen={inSight} /> : needsWork}
      </TabPanel>
      <TabPanel id="request" className={cx(s.panel)}>
        {work ? (
          <Request
            key={work.contactId}
            work={work}
            citizen={inSight}
            outside={(ticket) => <Outside key={ticket.id} ticket={ticket} />}
          />
        ) : (
          needsWork
        )}
      </TabPanel>
      <TabPanel id="cards" className={cx(s.panel)}>
        <Cards
          articleId={articleId}
          suggestedFor={scene.kind === 'idle' ? null : { story, reason: scene.call?.queue?.reason ?? null }}
          onOpen={(id) => useView.setState({ articleId: id })}
          onBook={keeper ? book : null}
        />
      </TabPanel>
    </Tabs>
  )
}

/** For whom else a person may be calling: by a delegation that counts today, or of the same number. */
function spokenFor(
  citizen: ShownCitizen,
  ofNumber: readonly ShownStory[],
  named: (delegation: Delegation) => string,
): { id: string; name: string }[] {
  const today = cityDay(Date.now())
  const delegations = citizen.delegations.filter(({ until }) => until === null || until >= today)
  const taken = new Set([citizen.id, ...delegations.map(({ citizenId }) => citizenId)])
  return [
    ...delegations.map((one) => ({ id: one.citizenId, name: named(one) })),
    ...ofNumber
      .filter((story) => !taken.has(story.citizen.id))
      .map((story) => ({ id: story.citizen.id, name: fullName(story.citizen) })),
  ]
}

/** Once: the operator answered while typing, and goes on typing in the note of the new call. */
function takeCursor(): boolean {
  const { cursorFollows } = useView.getState()
  if (cursorFollows) useView.setState({ cursorFollows: false })
  return cursorFollows
}

function SheetTab({ id, shortcut, label }: { id: TabId; shortcut: KeyId; label: string }) {
  return (
    <Tab id={id} className={cx(s.tab)} ref={toldKey(shortcut)}>
      {label}
      <Kbd id={shortcut} />
    </Tab>
  )
}
