import type { Article } from '#contract/domain/reference.ts'

/** Shorter ones ("free of charge") say nothing alone. */
const worthReading = 60

/** A card to keep in mind: another one each day, the same all day on every desk. */
export function hintOfDay(
  articles: readonly Article[],
  day: string,
): { article: Article; section: Article['sections'][number] } | null {
  const ordered = [...articles].sort((a, b) => (a.id < b.id ? -1 : 1))
  const days = Math.floor(Date.parse(`${day}T00:00:00Z`) / 86_400_000)
  const article = ordered[days % ordered.length]
  const telling = article?.sections.filter(({ body }) => body.it.length >= worthReading) ?? []
  const section = telling[days % telling.length] ?? article?.sections[0]
  return article && section ? { article, section } : null
}
