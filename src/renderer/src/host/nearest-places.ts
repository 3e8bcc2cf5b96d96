import { useQuery } from '@tanstack/react-query'
import type { VisitOffer } from '#contract/desk.ts'
import { useDesk } from './desk.tsx'

/** What a visit is for; `recoveryOf`: the appointment cancelled by the office that it makes up for. */
export type Wish = { serviceIds: string[]; recoveryOf: string | null }

type Wanted = { officeId: string; startsAt: string; slotId: string }

/** Enough to find the nearest ones among. */
const looked = 40

/** Free places nearest in time to the lost one, those of its own office first; no place twice. */
export function nearestFree(
  offers: readonly VisitOffer[],
  wanted: Wanted,
  now: number,
  count: number,
): VisitOffer[] {
  const away = (offer: VisitOffer) => Math.abs(Date.parse(offer.startsAt) - Date.parse(wanted.startsAt))
  const elsewhere = (offer: VisitOffer) => Number(offer.officeId !== wanted.officeId)
  const places = new Map(offers.map((offer) => [offer.slotId, offer]))
  return [...places.values()]
    .filter((offer) => offer.slotId !== wanted.slotId && offer.free > 0 && Date.parse(offer.startsAt) > now)
    .sort((a, b) => elsewhere(a) - elsewhere(b) || away(a) - away(b))
    .slice(0, count)
}

/** What can be offered instead of a place that somebody else has now; null while it is asked. Asked anew each time it is shown. */
export function useNearestPlaces(wish: Wish, lost: Wanted, now: number, count: number): VisitOffer[] | null {
  const { queries } = useDesk()
  const after = Date.parse(lost.startsAt) > now ? lost.startsAt : null
  const inOffice = { ...wish, officeIds: [lost.officeId], after: null, limit: looked }
  const anywhere = { ...wish, officeIds: null, after, limit: looked }
  const own = useQuery({ ...queries.nextFree(inOffice), staleTime: 0 }).data
  const all = useQuery({ ...queries.nextFree(anywhere), staleTime: 0 }).data
  return own && all ? nearestFree([...own.offers, ...all.offers], lost, now, count) : null
}
