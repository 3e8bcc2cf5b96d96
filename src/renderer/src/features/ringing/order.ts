import type { ShownStory } from '#contract/desk.ts'

const lastSpoken = ({ contacts }: ShownStory): number => (contacts[0] ? Date.parse(contacts[0].startedAt) : 0)

/** Who spoke last comes first. Those who are shown already keep their place and their key when the CRM adds others. */
export function householdOrder(stories: readonly ShownStory[], shown: readonly string[]): ShownStory[] {
  const place = ({ citizen }: ShownStory): number => shown.indexOf(citizen.id)
  return [
    ...stories.filter((story) => place(story) >= 0).sort((a, b) => place(a) - place(b)),
    ...stories.filter((story) => place(story) < 0).sort((a, b) => lastSpoken(b) - lastSpoken(a)),
  ]
}
