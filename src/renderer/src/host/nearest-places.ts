import { useQuery } from '@tanstack/react-query'
import type { VisitOffer } from '#contract/desk.ts'
import { useDesk } from './desk.tsx'

/** What a visit is for; `recoveryOf`: the appointment cancelled by the office that it makes up for. */
export type Wish = { serviceIds: string[]; recoveryOf: string | null }

type Wanted = { officeId: string; startsAt: string; slotId: string }

/** Enough to find those among that have not begun, are free still and are not the lost one. */
const looked = 20
/** Whoever chose an office would wait so long for another place there before they go elsewhere. */
const worthWaitingMs = 86_400_000

/** Free places nearest in time to the lost one, before and after it; another office is as far as a day. No place twice. */
export function nearestFree(
  offers: readonly VisitOffer[],
  wanted: Wanted,
  now: number,
  count: number,
): VisitOffer[] {
  const away = (offer: VisitOffer) =>
    Math.abs(Date.parse(offer.startsAt) - Date.parse(wanted.startsAt)) +
    (offer.officeId === wanted.officeId ? 0 : worthWaitingMs)
  const places = new Map(offers.map((offer) => [offer.slotId, offer]))
  return [...places.values()]
    .filter((offer) => offer.slotId !== wanted.slotId && offer.free > 0 && Date.parse(offer.startsAt) > now)
    .sort((a, b) => away(a) - away(b))
    .slice(0, count)
}

/** What can be offered instead of a place that somebody else has now; null while it is asked. Asked anew each time it is shown. */
export function useNearestPlaces(wish: Wish, lost: Wanted, now: number, count: number): VisitOffer[] | null {
  const { queries } = useDesk()
  const around = { ...wish, after: null, near: lost.startsAt, limit: looked }
  const inOffice = { ...around, officeIds: [lost.officeId] }
  const anywhere = { ...around, officeIds: null }
  const own = useQuery({ ...queries.nextFree(inOffice), staleTime: 0 }).data
  const all = useQuery({ ...queries.nextFree(anywhere), staleTime: 0 }).data
  return own && all ? nearestFree([...own.offers, ...all.offers], lost, now, count) : null
}
