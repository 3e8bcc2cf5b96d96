import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Draft, Work } from '#contract/desk.ts'
import { emptyDraft } from '#contract/desk.ts'
import type { ShownCitizen } from '#contract/domain/citizen-shown.ts'
import { offered } from '#contract/domain/reference.ts'
import { useDesk, useDraft } from '../../host/desk.tsx'
import { toFault } from '../../host/fault.ts'
import { takeUp } from '../../host/places-again.ts'
import { cx } from '../../ui/cx.ts'
import { useFaultText } from '../../ui/fault-text.tsx'
import { Finder } from '../../ui/finder.tsx'
import { Waiting } from '../../ui/notice.tsx'
import { useWords } from '../../ui/use-format.ts'
import { Booked } from './booked.tsx'
import s from './booking.module.css'
import { Places } from './places.tsx'

/** An appointment for whoever speaks: services, office, a free place. What is chosen is part of the draft. */
export function Booking({ work, citizen }: { work: Work; citizen: ShownCitizen | null }) {
  const { t } = useTranslation()
  const { queries } = useDesk()
  const words = useWords()
  const say = useFaultText()
  const { draft, keeper } = useDraft(work)
  const reference = useQuery(queries.reference)
  const [booked, setBooked] = useState<{ id: string; by: string; since: number } | null>(null)
  if (reference.error) return <p className={cx(s.plain)}>{say(toFault(reference.error))}</p>
  if (!reference.data) {
    return (
      <div className={cx(s.plain)}>
        <Waiting label={t('common.loading')} />
      </div>
    )
  }
  const set = (booking: Partial<Draft['booking']>) =>
    keeper.edit((before) => ({ ...before, booking: { ...before.booking, ...booking } }))
  const begun = wishOf(draft.booking)
  // What was begun since, from the story or from a card, takes the sheet.
  if (booked && begun !== booked.by && draft.booking.serviceIds.length > 0) setBooked(null)
  else if (booked) {
    return (
      <Booked
        work={work}
        citizen={citizen}
        appointmentId={booked.id}
        since={booked.since}
        onAnother={() => setBooked(null)}
        onAgain={(again) => keeper.edit(takeUp(again))}
      />
    )
  }
  const { services, offices } = reference.data
  const chosen = draft.booking.serviceIds.flatMap((id) => services.find((one) => one.id === id) ?? [])
  const [main] = chosen
  if (!main) {
    return (
      <div className={cx(s.plain)}>
        <Finder
          label={t('work.booking.service')}
          placeholder={t('work.booking.servicePlaceholder')}
          none={t('work.booking.serviceNone')}
          items={offered(services).map((one) => ({
            id: one.id,
            name: words(one.name),
            detail: t('work.booking.minutes', { count: one.durationMinutes }),
            keywords: one.keywords,
          }))}
          onChoose={(id) => set({ ...emptyDraft.booking, serviceIds: [id] })}
        />
      </div>
    )
  }
  return (
    <Places
      key={`${draft.booking.serviceIds.join()} ${draft.booking.recoveryOf}`}
      work={work}
      citizen={citizen}
      services={[main, ...chosen.slice(1)]}
      all={services}
      offices={offices}
      onBooked={(id, since) => setBooked({ id, by: begun, since })}
    />
  )
}

const wishOf = ({ serviceIds, moves, recoveryOf, visit }: Draft['booking']): string =>
  [serviceIds.join(), moves, recoveryOf, visit?.slotId].join(' ')
