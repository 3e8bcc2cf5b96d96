import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Check, ChevronLeft, ChevronRight } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Work } from '#contract/desk.ts'
import type { Slot } from '#contract/domain/appointment.ts'
import { type Citizen, fullName } from '#contract/domain/citizen.ts'
import type { Service } from '#contract/domain/reference.ts'
import type { FaultData } from '#contract/errors.ts'
import { useDesk, useDraft } from '../../host/desk.tsx'
import { toFault } from '../../host/fault.ts'
import { announce } from '../../ui/announce.tsx'
import { Button, IconButton } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { useFaultText } from '../../ui/fault-text.tsx'
import { Finder } from '../../ui/finder.tsx'
import { addDays, cityDay, mondayOf } from '../../ui/format.ts'
import { Notice, Waiting } from '../../ui/notice.tsx'
import { useMinute } from '../../ui/now.ts'
import { useFormat, useWords } from '../../ui/use-format.ts'
import { Booked } from './booked.tsx'
import s from './booking.module.css'
import { Chosen } from './chosen.tsx'
import { Offices, OtherOffices } from './offices.tsx'
import { SlotGrid } from './slot-grid.tsx'
import { officeOffers, weekOf } from './week.ts'

/** An appointment for whoever speaks: service, office, a free slot. What is chosen is part of the draft. */
export function Booking({ work, citizen }: { work: Work; citizen: Citizen | null }) {
  const { t } = useTranslation()
  const { queries } = useDesk()
  const words = useWords()
  const say = useFaultText()
  const { draft, keeper } = useDraft(work)
  const reference = useQuery(queries.reference)
  const [bookedId, setBookedId] = useState<string | null>(null)
  if (reference.error) return <p className={cx(s.plain)}>{say(toFault(reference.error))}</p>
  if (!reference.data) {
    return (
      <div className={cx(s.plain)}>
        <Waiting label={t('common.loading')} />
      </div>
    )
  }
  if (bookedId) return <Booked work={work} appointmentId={bookedId} onAnother={() => setBookedId(null)} />
  const { services } = reference.data
  const service = services.find(({ id }) => id === draft.booking.serviceId)
  const choose = (serviceId: string | null) =>
    keeper.edit((before) => ({ ...before, booking: { serviceId, officeId: null, slotId: null } }))
  if (!service) {
    return (
      <div className={cx(s.plain)}>
        <Finder
          label={t('work.booking.service')}
          placeholder={t('work.booking.servicePlaceholder')}
          none={t('work.booking.serviceNone')}
          items={services.map((one) => ({
            id: one.id,
            name: words(one.name),
            detail: t('work.booking.minutes', { count: one.durationMinutes }),
            keywords: one.keywords,
          }))}
          onChoose={choose}
        />
      </div>
    )
  }
  return (
    <Slots
      key={service.id}
      work={work}
      citizen={citizen}
      service={service}
      onChange={() => choose(null)}
      onBooked={setBookedId}
    />
  )
}

function Slots({
  work,
  citizen,
  service,
  onChange,
  onBooked,
}: {
  work: Work
  citizen: Citizen | null
  service: Service
  onChange: () => void
  onBooked: (appointmentId: string) => void
}) {
  const { t } = useTranslation()
  const words = useWords()
  const format = useFormat()
  const say = useFaultText()
  const client = useQueryClient()
  const { desk, queries } = useDesk()
  const { draft, keeper } = useDraft(work)
  const now = useMinute()
  const today = cityDay(now)
  const thisMonday = mondayOf(today)
  const [monday, setMonday] = useState(thisMonday)
  const [fault, setFault] = useState<FaultData | null>(null)
  const [sending, setSending] = useState(false)
  const [chosen, setChosen] = useState<Slot | null>(null)
  const reference = useQuery(queries.reference).data
  const found = useQuery({
    ...queries.slots(service.id, monday, addDays(monday, 6)),
    placeholderData: (before) => before,
  })
  const slots = found.data?.slots ?? []
  const offers = officeOffers(
    reference?.offices ?? [],
    service.agenda,
    slots,
    citizen?.address?.municipio ?? null,
    now,
  )
  const officeId =
    draft.booking.officeId ?? (offers.find(({ free }) => free > 0) ?? offers[0])?.office.id ?? null
  const week = officeId ? weekOf(slots, officeId, monday, now) : null
  const selected =
    slots.find(({ id }) => id === draft.booking.slotId) ?? (draft.booking.slotId ? chosen : null)
  const set = (booking: Partial<typeof draft.booking>) =>
    keeper.edit((before) => ({ ...before, booking: { ...before.booking, ...booking } }))
  const turn = (step: -1 | 1) => {
    const next = addDays(monday, 7 * step)
    if (next >= thisMonday) setMonday(next)
  }
  const firstFreeWeek = async () => {
    setFault(null)
    for (let ahead = 0; ahead < 8; ahead++) {
      const from = addDays(thisMonday, 7 * ahead)
      const { slots: offered } = await client.fetchQuery(queries.slots(service.id, from, addDays(from, 6)))
      const first = offered
        .filter(
          (slot) =>
            slot.officeId === officeId &&
            slot.booked < slot.capacity &&
            Date.parse(slot.startsAt) > Date.now(),
        )
        .sort((a, b) => Date.parse(a.startsAt) - Date.parse(b.startsAt))[0]
      if (first) {
        setMonday(from)
        setChosen(first)
        set({ officeId, slotId: first.id })
        return
      }
    }
    announce(t('work.booking.firstFreeNone'))
  }
  const confirm = async () => {
    if (!selected || sending) return
    setSending(true)
    setFault(null)
    try {
      await keeper.flush()
      const { appointmentId } = await desk.work.book({
        contactId: work.contactId,
        slotId: selected.id,
        serviceId: service.id,
      })
      announce(t('desk.done.booked'))
      onBooked(appointmentId)
    } catch (error) {
      const said = toFault(error)
      setFault(said)
      if (said.code === 'slot-taken' || said.code === 'slot-gone') {
        set({ slotId: null })
        void client.invalidateQueries({ queryKey: ['slots'] })
      }
    } finally {
      setSending(false)
    }
  }
  const fromCache = found.data?.from === 'cache'
  const lost = fault?.code === 'slot-taken' || fault?.code === 'slot-gone'
  return (
    <>
      <div className={cx(s.scroll)}>
        <div className={cx(s.service)}>
          <h2 className={cx(s.name)}>{words(service.name)}</h2>
          <Button look="link" size="small" onPress={onChange}>
            {t('work.booking.changeService')}
          </Button>
          <p className={cx(s.says)}>
            <Check size={16} aria-hidden="true" />
            <span>
              {selected ? (
                <>
                  <b>{t('work.booking.documents')}:</b> {words(service.documents)}
                </>
              ) : (
                words(service.eligibility)
              )}
            </span>
          </p>
        </div>
        <Offices offers={offers} selected={officeId} onSelect={(id) => set({ officeId: id, slotId: null })} />
        {fromCache ? <Notice>{t('work.booking.fromCache')}</Notice> : null}
        {fault ? (
          <Notice tone="red" alert>
            {lost ? t('work.booking.taken') : say(fault)}
          </Notice>
        ) : null}
        <div className={cx(s.weekRow)}>
          <h3 aria-live="polite">
            {t('work.booking.week', {
              from: format.dateDayMonth(monday),
              to: format.dateDayMonth(addDays(monday, 4)),
            })}
          </h3>
          <div>
            <OtherOffices
              offers={offers}
              selected={officeId}
              onSelect={(id) => set({ officeId: id, slotId: null })}
            />
            <Button look="link" size="small" onPress={() => void firstFreeWeek().catch(() => undefined)}>
              {t('work.booking.firstFree')}
            </Button>
            <IconButton
              label={t('work.booking.previousWeek')}
              icon={<ChevronLeft size={18} aria-hidden="true" />}
              isDisabled={monday <= thisMonday}
              onPress={() => turn(-1)}
            />
            <IconButton
              label={t('work.booking.nextWeek')}
              icon={<ChevronRight size={18} aria-hidden="true" />}
              onPress={() => turn(1)}
            />
          </div>
        </div>
        {found.error ? (
          <Notice tone="red" alert>
            {say(toFault(found.error))}
          </Notice>
        ) : !found.data || !week ? (
          <Waiting label={t('work.booking.loading')} rows={6} />
        ) : week.rows.length === 0 ? (
          <p className={cx(s.none)}>{t('work.booking.noneThisWeek')}</p>
        ) : (
          <SlotGrid
            week={week}
            selected={selected?.id ?? null}
            onWeek={turn}
            onSelect={(slot) => {
              setChosen(slot)
              setFault(null)
              set({ officeId: slot.officeId, slotId: slot.id })
            }}
          />
        )}
      </div>
      {selected ? (
        <Chosen
          slot={selected}
          office={reference?.offices.find(({ id }) => id === selected.officeId)?.name ?? selected.officeId}
          who={citizen ? fullName(citizen) : null}
          requestOnly={fromCache}
          ringing={work.answeredAt === null && work.endedAt === null}
          sending={sending}
          onConfirm={() => void confirm()}
          onLeave={() => set({ slotId: null })}
        />
      ) : null}
    </>
  )
}
