import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { CommandArgs } from '#contract/commands/registry.ts'
import type { VisitOffer, Work } from '#contract/desk.ts'
import { attempt } from '../../host/attempt.ts'
import { useDesk, useKeepers } from '../../host/desk.tsx'
import { useNearestPlaces, type Wish } from '../../host/nearest-places.ts'
import { useOfficeFormat } from '../../host/use-office-format.ts'
import { useReferenceNames } from '../../host/use-reference-names.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { useMinute } from '../../ui/now.ts'
import s from './outbox.module.css'

const offered = 4

/** Free slots instead of the lost one: to take at once in its open contact, else to read out to whoever is called back. */
export function OtherSlots({
  wish,
  lost,
  citizenId,
  moves,
  work,
  commandId,
}: {
  wish: Wish
  lost: CommandArgs['appointment.book'] | CommandArgs['appointment.reschedule']
  /** Whose it was to be, whoever speaks by now; null: nobody's then. */
  citizenId: string | null
  /** The appointment that was to be moved there; null when it was to be booked. */
  moves: string | null
  /** The open contact that was answered; null when it is closed. */
  work: Work | null
  commandId: string
}) {
  const { t } = useTranslation()
  const formatOf = useOfficeFormat()
  const names = useReferenceNames()
  const { desk } = useDesk()
  const keeperOf = useKeepers()
  const now = useMinute()
  const [taking, setTaking] = useState<string | null>(null)
  const slots = useNearestPlaces(wish, lost, now, offered)
  if (!slots) return null
  if (slots.length === 0) return <p className={cx(s.more)}>{t('work.outbox.slotsNone')}</p>
  const words = ({ officeId, startsAt }: VisitOffer) => {
    const format = formatOf(officeId)
    return `${format.shortDay(startsAt)} ${format.time(startsAt)}, ${names.office(officeId)}`
  }
  if (!work) {
    return (
      <div className={cx(s.more)}>
        <p>{t('work.outbox.slotsToSay')}</p>
        <ul className={cx(s.slots, 'n')}>
          {slots.map((slot) => (
            <li key={slot.slotId}>{words(slot)}</li>
          ))}
        </ul>
      </div>
    )
  }
  const take = async ({ free: _, kept: __, ...visit }: VisitOffer) => {
    setTaking(visit.slotId)
    const { notify } = lost
    const theirs = { contactId: work.contactId, ...(citizenId === null ? {} : { citizenId }) }
    const taken = await attempt(moves ? 'reschedule' : 'book', async () => {
      await keeperOf(work).flush()
      if (moves) await desk.work.reschedule({ ...theirs, appointmentId: moves, visit, notify })
      else {
        const checked = 'checked' in lost ? lost.checked : undefined
        await desk.work.book({ ...theirs, ...wish, visit, notify, checked })
      }
    })
    setTaking(null)
    if (taken) void attempt('dismiss', () => desk.outbox.dismiss({ commandId }))
  }
  return (
    <div className={cx(s.more)}>
      <p id={`slots-${commandId}`}>{t('work.outbox.slotsToTake')}</p>
      {/* biome-ignore lint/a11y/useSemanticElements: buttons of one kind, not fields of a form */}
      <div className={cx(s.out)} role="group" aria-labelledby={`slots-${commandId}`}>
        {slots.map((slot) => (
          <Button
            key={slot.slotId}
            size="small"
            className="n"
            isPending={taking === slot.slotId}
            isDisabled={taking !== null && taking !== slot.slotId}
            onPress={() => void take(slot)}
          >
            {words(slot)}
          </Button>
        ))}
      </div>
    </div>
  )
}
