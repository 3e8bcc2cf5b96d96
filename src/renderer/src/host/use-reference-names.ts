import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { useWords } from '../ui/use-format.ts'
import { useDesk } from './desk.tsx'

/** Names of topics, services and offices; the machine name where the city has no such row any more. */
export function useReferenceNames() {
  const { queries } = useDesk()
  const words = useWords()
  const { data } = useQuery(queries.reference)
  const maps = useMemo(
    () => ({
      topics: new Map(data?.topics.map((topic) => [topic.id, topic.name])),
      services: new Map(data?.services.map((service) => [service.id, service.name])),
      offices: new Map(data?.offices.map((office) => [office.id, office.name])),
    }),
    [data],
  )
  return {
    topic: (id: string): string => {
      const name = maps.topics.get(id)
      return name ? words(name) : id
    },
    service: (id: string): string => {
      const name = maps.services.get(id)
      return name ? words(name) : id
    },
    /** All that a visit is for, in its order. */
    services: (ids: readonly string[]): string =>
      ids
        .map((id) => {
          const name = maps.services.get(id)
          return name ? words(name) : id
        })
        .join(', '),
    office: (id: string): string => maps.offices.get(id) ?? id,
  }
}
