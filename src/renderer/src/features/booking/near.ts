import { distanceKm, municipioCentre } from '#contract/domain/place.ts'
import type { Office, Service } from '#contract/domain/reference.ts'

/** `km`: from the middle of the citizen's district, as the crow flies; null when nobody knows where they live. */
export type NearOffice = { office: Office; km: number | null }

/** Offices of an agenda, the nearest first; by district when the citizen's is not known. */
export function nearOffices(
  offices: readonly Office[],
  agenda: string,
  municipio: number | null,
): NearOffice[] {
  const home = municipioCentre(municipio)
  return offices
    .filter(({ agendas }) => agendas.includes(agenda))
    .map((office) => ({ office, km: home ? distanceKm(home, office.coordinates) : null }))
    .sort((a, b) => (a.km ?? 0) - (b.km ?? 0) || a.office.municipio - b.office.municipio)
}

/** What is spoken at the counters of a visit: where it takes place, and for all of its services. */
export const spokenAt = (
  [main, ...others]: readonly [Service, ...Service[]],
  office: Office | null,
): Office['languages'] =>
  main.languages.filter(
    (id) =>
      (office === null || office.languages.includes(id)) &&
      others.every(({ languages }) => languages.includes(id)),
  )

/** Districts that have one of the offices, in their order. */
export const municipiOf = (near: readonly NearOffice[]): number[] =>
  [...new Set(near.map(({ office }) => office.municipio))].sort((a, b) => a - b)
