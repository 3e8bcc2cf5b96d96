import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { VisitOffer, VisitPlace } from '#contract/desk.ts'
import { useDesk } from '../../host/desk.tsx'
import { Button } from '../../ui/button.tsx'
import { Notice } from '../../ui/notice.tsx'
import { useFormat } from '../../ui/use-format.ts'

const offered = 3

/** Somebody was quicker: the nearest places instead, to take with one press. The services and all that was typed stay. */
export function Alternatives({
  serviceIds,
  lost,
  office,
  onChoose,
  onNone,
}: {
  serviceIds: string[]
  lost: VisitPlace
  office: (id: string) => string
  onChoose: (offer: VisitOffer) => void
  onNone: () => void
}) {
  const { t } = useTranslation()
  const format = useFormat()
  const { queries } = useDesk()
  const here = { serviceIds, officeIds: [lost.officeId], after: lost.startsAt, limit: 2 }
  const anywhere = { serviceIds, officeIds: null, after: null, limit: offered + 1 }
  const sameOffice = useQuery({ ...queries.nextFree(here), staleTime: 0 }).data?.offers ?? []
  const first = useQuery({ ...queries.nextFree(anywhere), staleTime: 0 }).data?.offers ?? []
  const key = (place: VisitPlace) => `${place.officeId} ${place.startsAt}`
  const offers = [...new Map([...sameOffice, ...first].map((offer) => [key(offer), offer])).values()]
    .filter((offer) => key(offer) !== key(lost))
    .slice(0, offered)
  return (
    <Notice
      tone="red"
      alert
      title={t('work.booking.lost', { time: format.time(lost.startsAt), office: office(lost.officeId) })}
      actions={
        <>
          {offers.map((offer) => (
            <Button key={key(offer)} size="small" className="n" onPress={() => onChoose(offer)}>
              {format.shortDay(offer.startsAt)} {format.time(offer.startsAt)}, {office(offer.officeId)}
            </Button>
          ))}
          <Button size="small" look="quiet" onPress={onNone}>
            {t('work.booking.lookYourself')}
          </Button>
        </>
      }
    >
      {offers.length > 0 ? t('work.booking.lostInstead') : t('work.booking.lostNone')}
    </Notice>
  )
}
