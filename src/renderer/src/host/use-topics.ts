import { useQuery } from '@tanstack/react-query'
import type { Findable } from '../ui/finder.tsx'
import { useWords } from '../ui/use-format.ts'
import { useDesk } from './desk.tsx'

export type Topics = {
  /** Those that a contact or a request can be about, each with its family as detail, as a `Finder` takes them. */
  findable: readonly Findable[]
  /** The topic as it is found, undefined while the city's reference data is not here or has no such row. */
  topic(id: string | null): Findable | undefined
}

export function useTopics(): Topics {
  const words = useWords()
  const { queries } = useDesk()
  const topics = useQuery(queries.reference).data?.topics ?? []
  const families = new Map(topics.map((one) => [one.id, words(one.name)]))
  const all = topics.map(({ id, name, parentId, keywords }) => ({
    id,
    name: words(name),
    detail: parentId ? (families.get(parentId) ?? null) : null,
    keywords,
  }))
  const ended = new Set(topics.filter((one) => one.ended).map(({ id }) => id))
  const isFamily = new Set(topics.filter(({ parentId }) => parentId === null).map(({ id }) => id))
  return {
    findable: all.filter(({ id }) => !isFamily.has(id) && !ended.has(id)),
    topic: (id) => all.find((one) => one.id === id),
  }
}
