import { useTranslation } from 'react-i18next'
import type { VisitOffer, VisitPlace } from '#contract/desk.ts'
import { useNearestPlaces, type Wish } from '../../host/nearest-places.ts'
import { useOfficeFormat } from '../../host/use-office-format.ts'
import { Button } from '../../ui/button.tsx'
import { Notice } from '../../ui/notice.tsx'
import { useMinute } from '../../ui/now.ts'

const offered = 3

/** Somebody was quicker: the nearest places instead, to take with one press. The services and all that was typed stay. */
export function Alternatives({
  wish,
  lost,
  office,
  onChoose,
  onNone,
}: {
  wish: Wish
  lost: VisitPlace
  office: (id: string) => string
  onChoose: (offer: VisitOffer) => void
  onNone: () => void
}) {
  const { t } = useTranslation()
  const formatOf = useOfficeFormat()
  const offers = useNearestPlaces(wish, lost, useMinute(), offered)
  return (
    <Notice
      tone="red"
      alert
      title={t('work.booking.lost', {
        time: formatOf(lost.officeId).time(lost.startsAt),
        office: office(lost.officeId),
      })}
      actions={
        <>
          {offers?.map((offer) => (
            <Button key={offer.slotId} size="small" className="n" onPress={() => onChoose(offer)}>
              {formatOf(offer.officeId).shortDay(offer.startsAt)}{' '}
              {formatOf(offer.officeId).time(offer.startsAt)}, {office(offer.officeId)}
            </Button>
          ))}
          <Button size="small" look="quiet" onPress={onNone}>
            {t('work.booking.lookYourself')}
          </Button>
        </>
      }
    >
      {offers === null
        ? t('work.booking.loading')
        : offers.length > 0
          ? t('work.booking.lostInstead')
          : t('work.booking.lostNone')}
    </Notice>
  )
}
