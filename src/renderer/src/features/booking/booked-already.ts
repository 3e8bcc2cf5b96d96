import { type Appointment, isActive } from '#contract/domain/appointment.ts'

type Told = Pick<Appointment, 'state' | 'serviceIds' | 'startsAt' | 'confirmBy'>

/** What a person has to come for one of these services, the next first. */
export const bookedAlready = <One extends Told>(
  told: readonly One[],
  serviceIds: readonly string[],
  now: number,
): One[] =>
  told
    .filter(
      ({ state, confirmBy, startsAt, ...own }) =>
        isActive(state) &&
        own.serviceIds.some((one) => serviceIds.includes(one)) &&
        Date.parse(startsAt) > now &&
        (confirmBy === null || Date.parse(confirmBy) > now),
    )
    .sort((a, b) => Date.parse(a.startsAt) - Date.parse(b.startsAt))
