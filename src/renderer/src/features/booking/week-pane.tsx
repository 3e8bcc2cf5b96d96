import { useQuery, useQueryClient } from '@tanstack/react-query'
import { ChevronLeft, ChevronRight } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { VisitOffer } from '#contract/desk.ts'
import { useDesk } from '../../host/desk.tsx'
import { toFault } from '../../host/fault.ts'
import type { Wish } from '../../host/nearest-places.ts'
import { useOfficeFormat } from '../../host/use-office-format.ts'
import { useReferenceNames } from '../../host/use-reference-names.ts'
import { announce } from '../../ui/announce.tsx'
import { Button, IconButton } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { useFaultText } from '../../ui/fault-text.tsx'
import { addDays } from '../../ui/format.ts'
import { Notice, Waiting } from '../../ui/notice.tsx'
import s from './booking.module.css'
import type { NearOffice } from './near.ts'
import { OfMunicipio, OtherOffices } from './offices.tsx'
import { SlotGrid } from './slot-grid.tsx'
import type { ShownWeek } from './use-week.ts'
import { weekOf } from './week.ts'

/** One office's week, and the ways to another week, to another office and to its first free place. */
export function WeekPane({
  wish,
  after,
  near,
  municipi,
  municipio,
  onMunicipio,
  officeId,
  shown,
  now,
  own,
  selected,
  onOffice,
  onChoose,
}: {
  wish: Wish
  /** No place before this one is of interest. */
  after: string | null
  near: readonly NearOffice[]
  municipi: readonly number[]
  municipio: number | null
  onMunicipio: (municipio: number | null) => void
  officeId: string | null
  shown: ShownWeek
  now: number
  /** The slot that is kept for this visit. */
  own: string | null
  selected: string | null
  onOffice: (officeId: string) => void
  onChoose: (offer: VisitOffer) => void
}) {
  const { t } = useTranslation()
  const format = useOfficeFormat()(officeId ?? '')
  const zone = useReferenceNames().zone(officeId ?? '')
  const say = useFaultText()
  const client = useQueryClient()
  const { queries } = useDesk()
  const [found, setFound] = useState<string | null>(null)
  const { monday } = shown
  const offers = useQuery({
    ...queries.week({ ...wish, officeId: officeId ?? '', monday: monday ?? '' }),
    enabled: officeId !== null && monday !== null,
    placeholderData: (before) => before,
  })
  const fromCache = offers.data?.from === 'cache'
  const week = offers.data && monday !== null ? weekOf(offers.data.offers, monday, now, zone, own) : null
  const choose = (offer: VisitOffer) => {
    setFound(null)
    onChoose(offer)
  }
  const firstFree = async () => {
    setFound(null)
    const query = { ...wish, officeIds: officeId ? [officeId] : null, after, limit: 1 }
    try {
      const { offers, from } = await client.fetchQuery(queries.nextFree(query))
      if (offers[0]) return choose(offers[0])
      const none = t(from === 'cache' ? 'work.booking.firstFreeNoneKnown' : 'work.booking.firstFreeNone')
      announce(none)
      setFound(none)
    } catch (error) {
      setFound(say(toFault(error)))
    }
  }
  return (
    <>
      <div className={cx(s.weekRow)}>
        <h3 aria-live="polite">
          {monday === null
            ? null
            : t('work.booking.week', {
                from: format.dateBrief(monday),
                to: format.dateBrief(addDays(monday, 4)),
              })}
          {format.zoneName === null ? null : <small>{format.zoneName}</small>}
        </h3>
        <div>
          <OfMunicipio municipi={municipi} selected={municipio} onSelect={onMunicipio} />
          <OtherOffices near={near} selected={officeId} onSelect={onOffice} />
          <Button look="link" size="small" onPress={() => void firstFree()}>
            {t('work.booking.firstFree')}
          </Button>
          <IconButton
            label={t('work.booking.previousWeek')}
            icon={<ChevronLeft size={18} aria-hidden="true" />}
            isDisabled={monday === null || monday <= shown.first}
            onPress={() => shown.turn(-1)}
          />
          <IconButton
            label={t('work.booking.nextWeek')}
            icon={<ChevronRight size={18} aria-hidden="true" />}
            isDisabled={monday === null}
            onPress={() => shown.turn(1)}
          />
        </div>
      </div>
      {found ? <Notice>{found}</Notice> : null}
      {offers.error ? (
        <Notice
          tone="red"
          alert
          actions={
            <Button size="small" onPress={() => void offers.refetch()}>
              {t('work.booking.tryAgain')}
            </Button>
          }
        >
          {say(toFault(offers.error))}
        </Notice>
      ) : !week || (week.rows.length === 0 && offers.isPlaceholderData) ? (
        <Waiting label={t('work.booking.loading')} rows={6} />
      ) : week.rows.length === 0 ? (
        <p className={cx(s.none)}>
          {t(fromCache ? 'work.booking.noneKnownThisWeek' : 'work.booking.noneThisWeek')}
        </p>
      ) : (
        <>
          {week.rows.some((cells) => cells.some((cell) => cell?.kept)) ? (
            <p className={cx(s.legend)}>
              <span className={cx(s.swatch)} aria-hidden="true" />
              <span>{t('work.booking.recovery.legend')}</span>
            </p>
          ) : null}
          <SlotGrid week={week} format={format} selected={selected} onWeek={shown.turn} onSelect={choose} />
        </>
      )}
    </>
  )
}
