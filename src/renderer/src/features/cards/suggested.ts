import type { ShownStory } from '#contract/desk.ts'
import type { Article } from '#contract/domain/reference.ts'
import { openTicketStatuses } from '#contract/domain/ticket.ts'
import { fold } from '../../ui/search.ts'

const most = 3

/**
 * Cards that this call may need: what the person asked for last, what is open with them, then what the key pressed in the menu speaks of.
 * A guess that saves a search; nothing is hidden by it.
 */
export function suggestedCards(
  articles: readonly Article[],
  story: ShownStory | null,
  reason: string | null,
): Article[] {
  const topics: string[] = []
  const last = story?.contacts.find(({ topicId }) => topicId !== null)
  if (last?.topicId) topics.push(last.topicId)
  for (const ticket of story?.tickets ?? [])
    if (openTicketStatuses.includes(ticket.status)) topics.push(ticket.topicId)

  const found = [...new Set(topics)].flatMap((topicId) => {
    const card = articles.find((article) => article.topicId === topicId)
    return card ? [card] : []
  })
  const words = fold(reason ?? '')
    .split(/[^\p{L}]+/u)
    .filter((word) => word.length > 4 && word !== 'tasto')
  for (const article of articles) {
    const own = fold(`${article.title.it} ${article.keywords}`)
    if (words.some((word) => own.includes(word)) && !found.includes(article)) found.push(article)
  }
  return found.slice(0, most)
}
