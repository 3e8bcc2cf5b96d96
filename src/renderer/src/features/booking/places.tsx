import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Notify } from '#contract/commands/appointment.ts'
import type { Draft, VisitOffer, VisitPlace, Work } from '#contract/desk.ts'
import { emptyDraft } from '#contract/desk.ts'
import type { Appointment } from '#contract/domain/appointment.ts'
import { fullName } from '#contract/domain/citizen.ts'
import type { ShownCitizen } from '#contract/domain/citizen-shown.ts'
import type { DocumentCheck } from '#contract/domain/eligibility.ts'
import { type Office, offered, type Service } from '#contract/domain/reference.ts'
import type { FaultData } from '#contract/errors.ts'
import { actingFor } from '../../host/acting-for.ts'
import { useDesk, useDraft } from '../../host/desk.tsx'
import { toFault } from '../../host/fault.ts'
import { useLive } from '../../host/live-store.ts'
import { rememberMoved } from '../../host/moved-codes.ts'
import { moveOf } from '../../host/places-again.ts'
import { useGiveBack } from '../../host/use-give-back.ts'
import { useOfficeFormat } from '../../host/use-office-format.ts'
import { useRecovery } from '../../host/use-recovery.ts'
import { announce } from '../../ui/announce.tsx'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { useFaultText } from '../../ui/fault-text.tsx'
import { Notice } from '../../ui/notice.tsx'
import { useMinute } from '../../ui/now.ts'
import { Already } from './already.tsx'
import { Alternatives } from './alternatives.tsx'
import { bookedAlready } from './booked-already.ts'
import s from './booking.module.css'
import { Chosen } from './chosen.tsx'
import { isUnread, readDay } from './day.ts'
import { municipiOf, nearOffices } from './near.ts'
import { Offices } from './offices.tsx'
import { RecoveryWords } from './recovery.tsx'
import { ChosenServices } from './services.tsx'
import { useHold } from './use-hold.ts'
import { useWeek } from './use-week.ts'
import { waysToTell } from './ways-to-tell.ts'
import { WeekPane } from './week-pane.tsx'

const soonest = 3

/** Where and when: what comes next over all offices, one office's week, and the place that was chosen. */
export function Places({
  work,
  citizen,
  services,
  all: allServices,
  offices,
  onBooked,
}: {
  work: Work
  citizen: ShownCitizen | null
  services: readonly [Service, ...Service[]]
  all: readonly Service[]
  offices: readonly Office[]
  onBooked: (appointmentId: string, since: number) => void
}) {
  const { t } = useTranslation()
  const say = useFaultText()
  const client = useQueryClient()
  const giveBack = useGiveBack()
  const { desk, queries } = useDesk()
  const { draft, keeper } = useDraft(work)
  const { visit, moves, recoveryOf } = draft.booking
  const now = useMinute()
  const [fault, setFault] = useState<FaultData | null>(null)
  const [sending, setSending] = useState(false)
  const [municipio, setMunicipio] = useState<number | null>(null)
  const wish = { serviceIds: services.map(({ id }) => id), recoveryOf }
  const { recovery, isAsked } = useRecovery(moves === null ? recoveryOf : null)
  const all = nearOffices(offered(offices), services[0].agenda, citizen?.address?.municipio ?? null)
  const near = all.filter(({ office }) => municipio === null || office.municipio === municipio)
  const officeId = draft.booking.officeId ?? near[0]?.office.id ?? null
  const after = recovery && recovery.officeId === officeId ? recovery.opensAt : null
  const shown = useWeek({
    wish,
    officeId: isAsked ? null : officeId,
    after,
    chosen: visit,
    now,
  })
  const next = useQuery({
    ...queries.nextFree({
      ...wish,
      ...(recovery
        ? { officeIds: [recovery.officeId], after: recovery.opensAt }
        : { officeIds: municipio === null ? null : near.map((one) => one.office.id), after: null }),
      limit: soonest,
    }),
    enabled: !isAsked,
  })
  const away = useLive(({ truth }) => truth?.crm.state === 'away')
  const story = useQuery({
    ...queries.story(citizen?.id ?? '', work.contactId),
    enabled: citizen !== null,
  })
  const already =
    citizen === null || moves !== null
      ? []
      : bookedAlready(story.data?.appointments ?? [], wish.serviceIds, now)
  const made = useQuery({ ...queries.made(work.contactId), enabled: moves !== null })
  const channels = waysToTell({
    ...{ citizen, moves, isNobodys: draft.citizenId === null, number: work.remote.e164 },
    ...{ made: made.data?.appointments ?? [], theirs: story.data?.appointments },
  })
  const hold = useHold(work.contactId, wish, visit)
  const lost = hold.state.kind === 'lost' ? hold.state.fault : fault
  const isGone = lost?.code === 'slot-taken' || lost?.code === 'slot-gone'

  const set = (booking: Partial<Draft['booking']>) =>
    keeper.edit((before) => ({ ...before, booking: { ...before.booking, ...booking } }))
  /** What was refused may have been for what is being changed. */
  const answer = (checked: Partial<Draft['booking']>) => {
    setFault(null)
    set(checked)
  }
  const choose = ({ free: _, kept: __, ...place }: VisitOffer) => {
    setFault(null)
    shown.show(place)
    set({ officeId: place.officeId, visit: place })
  }
  const leave = () => {
    set({ visit: null })
    giveBack(work.contactId)
  }
  /** For something else: a visit that is chosen is not that one's any more. */
  const begin = (booking: Partial<Draft['booking']>) => {
    set(booking)
    if (visit) giveBack(work.contactId)
  }
  const moveInstead = (appointment: Appointment) => {
    rememberMoved(appointment)
    keeper.edit(moveOf(appointment))
    if (visit) giveBack(work.contactId)
  }
  const confirm = async (place: VisitPlace, notify: Notify) => {
    if (sending) return
    if (isRuled(services) && isUnread(draft.booking.expiry)) {
      setFault({ kind: 'invalid', code: 'input-invalid', params: { field: 'expiry' } })
      return
    }
    setSending(true)
    setFault(null)
    const { contactId } = work
    const since = Date.now()
    try {
      keeper.edit(actingFor(citizen?.id ?? null))
      await keeper.flush()
      if (moves) {
        await desk.work.reschedule({ contactId, appointmentId: moves, visit: place, notify })
        announce(t('desk.done.moved'))
        onBooked(moves, since)
      } else {
        const { appointmentId } = await desk.work.book({
          ...{ contactId, ...wish, visit: place, notify },
          checked: checkedOf(services, draft.booking),
          besides: already.map(({ id }) => id),
        })
        announce(t('desk.done.booked'))
        onBooked(appointmentId, since)
      }
    } catch (error) {
      setFault(toFault(error))
      void client.invalidateQueries({ queryKey: ['slots'] })
    } finally {
      setSending(false)
    }
  }
  const inMunicipio = (one: number | null) => {
    setMunicipio(one)
    const first = all.find((candidate) => candidate.office.municipio === one)
    if (first) set({ officeId: first.office.id })
  }
  const office = (id: string) => offices.find((one) => one.id === id)?.name ?? id
  const again = () => {
    if (away) void desk.system.retry().catch(() => undefined)
    hold.again()
  }
  return (
    <>
      <div className={cx(s.scroll)}>
        <ChosenServices
          services={services}
          all={allServices}
          office={offices.find(({ id }) => id === officeId) ?? null}
          expiry={draft.booking.expiry}
          reason={draft.booking.reason}
          showDocuments={visit !== null}
          instead={moves !== null ? 'moves' : recoveryOf !== null ? 'recovers' : null}
          onExpiry={(expiry) => answer({ expiry })}
          onReason={(reason) => answer({ reason })}
          onServices={(ids) => {
            const { expiry, reason } = draft.booking
            begin({ ...emptyDraft.booking, serviceIds: ids, expiry, reason })
          }}
          onNotInstead={() =>
            begin(moves === null ? { recoveryOf: null, visit: null } : { ...emptyDraft.booking })
          }
        />
        <Already appointments={already} office={office} onMove={moveInstead} />
        {recovery ? (
          <RecoveryWords
            recovery={recovery}
            office={office(recovery.officeId)}
            now={now}
            short={visit !== null}
          />
        ) : null}
        <Soonest
          label={t(recovery ? 'work.booking.recovery.soonest' : 'work.booking.soonest')}
          offers={next.error ? [] : (next.data?.offers ?? null)}
          office={office}
          selected={visit}
          onChoose={choose}
        />
        <Offices near={near} selected={officeId} onSelect={(id) => set({ officeId: id })} />
        {away || next.data?.from === 'cache' ? <Notice>{t('work.booking.fromCache')}</Notice> : null}
        {isGone && visit ? (
          <Alternatives
            wish={wish}
            lost={visit}
            office={office}
            onChoose={choose}
            onNone={() => set({ visit: null })}
          />
        ) : lost && !isGone ? (
          <Notice
            tone="red"
            alert
            actions={
              hold.state.kind === 'lost' ? (
                <Button size="small" onPress={again}>
                  {t('work.booking.tryAgain')}
                </Button>
              ) : null
            }
          >
            {say(lost)}
          </Notice>
        ) : null}
        <WeekPane
          wish={wish}
          after={after}
          near={near}
          municipi={municipiOf(all)}
          municipio={municipio}
          onMunicipio={inMunicipio}
          officeId={officeId}
          shown={shown}
          now={now}
          own={hold.state.kind === 'held' ? (visit?.slotId ?? null) : null}
          selected={visit?.slotId ?? null}
          onOffice={(id) => set({ officeId: id })}
          onChoose={choose}
        />
      </div>
      {visit ? (
        <Chosen
          visit={visit}
          office={office(visit.officeId)}
          channels={channels}
          who={citizen ? fullName(citizen) : null}
          hold={hold.state}
          away={away}
          moves={moves !== null}
          ringing={work.answeredAt === null && work.endedAt === null}
          sending={sending}
          notify={draft.booking.notify}
          onNotify={(notify) => set({ notify })}
          onConfirm={(notify) => void confirm(visit, notify)}
          onRenew={() => void hold.renew().then(setFault)}
          onAgain={again}
          onLeave={leave}
        />
      ) : null}
    </>
  )
}

/** What a document says decides who may book. */
const isRuled = (services: readonly Service[]): boolean =>
  services.some(({ rule }) => rule.kind === 'before-expiry')

/** What was asked of the document, where a service has a rule about it. */
function checkedOf(
  services: readonly Service[],
  { expiry, reason }: Draft['booking'],
): DocumentCheck | undefined {
  const day = readDay(expiry)
  return isRuled(services) && (day !== null || reason !== 'renewal') ? { expiry: day, reason } : undefined
}

/** The next places, to be offered in one breath. Their row is there before they are: what stands below must not move from under the mouse. */
function Soonest({
  label,
  offers,
  office,
  selected,
  onChoose,
}: {
  label: string
  /** Null while they are asked. */
  offers: readonly VisitOffer[] | null
  office: (id: string) => string
  selected: VisitPlace | null
  onChoose: (offer: VisitOffer) => void
}) {
  const formatOf = useOfficeFormat()
  if (offers === null) {
    return (
      <div className={cx(s.soonest)} aria-hidden="true">
        <span>{label}</span>
        <span className={cx(s.soonAsked)} />
      </div>
    )
  }
  if (offers.length === 0) return null
  return (
    // biome-ignore lint/a11y/useSemanticElements: buttons of one kind, not fields of a form
    <div className={cx(s.soonest)} role="group" aria-label={label}>
      <span aria-hidden="true">{label}</span>
      {offers.map((offer) => {
        const format = formatOf(offer.officeId)
        const when = `${format.shortDay(offer.startsAt)} ${format.time(offer.startsAt)}`
        const where = office(offer.officeId)
        return (
          <Button
            key={`${offer.officeId} ${offer.startsAt}`}
            size="small"
            className={cx(s.soon)}
            aria-label={`${when}, ${where}`}
            aria-pressed={offer.slotId === selected?.slotId}
            onPress={() => onChoose(offer)}
          >
            <b className={cx(s.soonLine, 'n')}>{when}</b>
            <span className={cx(s.soonLine, s.soonWhere)}>{where}</span>
          </Button>
        )
      })}
    </div>
  )
}
