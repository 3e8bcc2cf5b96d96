import { useQuery } from '@tanstack/react-query'
import { cityZone, type Words } from '#contract/domain/ids.ts'
import { useLanguage } from '../ui/use-format.ts'
import { useDesk } from './desk.tsx'
import type { Queries } from './queries.ts'

type Reference = Awaited<ReturnType<NonNullable<Queries['reference']['queryFn']>>>
export type ReferenceNames = Record<'topic' | 'service' | 'office' | 'team', (id: string) => string> & {
  /** All that a visit is for, in its order. */
  services(ids: readonly string[]): string
  /** An office's. */
  zone(officeId: string): string
}

/** Made once for each language and each state of the city's reference data: every line of a story asks. */
const made = new WeakMap<Reference, Map<'it' | 'en', ReferenceNames>>()
const nothing: ReferenceNames = {
  topic: (id) => id,
  service: (id) => id,
  services: (ids) => ids.join(', '),
  office: (id) => id,
  team: (id) => id,
  zone: () => cityZone,
}

function namesOf(reference: Reference, language: 'it' | 'en'): ReferenceNames {
  const known = made.get(reference)?.get(language)
  if (known) return known
  const named = (rows: readonly { id: string; name: string | Words }[]) => {
    const names = new Map(
      rows.map(({ id, name }) => [id, typeof name === 'string' ? name : name[language]] as const),
    )
    return (id: string): string => names.get(id) ?? id
  }
  const service = named(reference.services)
  const zones = new Map(reference.offices.map(({ id, zone }) => [id, zone]))
  const names: ReferenceNames = {
    topic: named(reference.topics),
    service,
    services: (ids) => ids.map(service).join(', '),
    office: named(reference.offices),
    team: named(reference.teams),
    zone: (officeId) => zones.get(officeId) ?? cityZone,
  }
  made.set(reference, (made.get(reference) ?? new Map<'it' | 'en', ReferenceNames>()).set(language, names))
  return names
}

/** Names of topics, services and offices, and offices' zones; the machine name where the city has no such row any more. */
export function useReferenceNames(): ReferenceNames {
  const { queries } = useDesk()
  const language = useLanguage()
  const { data } = useQuery(queries.reference)
  return data ? namesOf(data, language) : nothing
}
