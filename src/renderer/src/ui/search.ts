/** Lower case without accents, so that "citta" finds "Città". */
export const fold = (text: string): string => text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase()

/**
 * Things in which every word of the question begins a word, those whose title has them first. An empty question gives all, in their order.
 */
export function searchIn<T>(
  things: readonly T[],
  question: string,
  textOf: (thing: T) => [title: string, rest: string],
): T[] {
  const wanted = fold(question)
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean)
  if (wanted.length === 0) return [...things]
  const found: { thing: T; rank: number }[] = []
  for (const thing of things) {
    const [title, rest] = textOf(thing)
    const inTitle = fold(title).split(/[^\p{L}\p{N}]+/u)
    const inRest = fold(rest).split(/[^\p{L}\p{N}]+/u)
    let rank = 0
    const all = wanted.every((word) => {
      if (inTitle.some((own) => own.startsWith(word))) {
        rank += 2
        return true
      }
      if (inRest.some((own) => own.startsWith(word))) {
        rank += 1
        return true
      }
      return false
    })
    if (all) found.push({ thing, rank })
  }
  return found.sort((a, b) => b.rank - a.rank).map(({ thing }) => thing)
}
