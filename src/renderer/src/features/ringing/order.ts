import type { ShownStory } from '#contract/desk.ts'

/** Not when somebody else spoke on their behalf. */
function lastSpoken({ citizen, contacts }: ShownStory): number {
  const last = contacts.find(({ onBehalfOf }) => onBehalfOf !== citizen.id)
  return last ? Date.parse(last.startedAt) : 0
}

/** Who spoke last comes first. Those who are shown already keep their place and their key when the CRM adds others. */
export function householdOrder(stories: readonly ShownStory[], shown: readonly string[]): ShownStory[] {
  const place = ({ citizen }: ShownStory): number => shown.indexOf(citizen.id)
  return [
    ...stories.filter((story) => place(story) >= 0).sort((a, b) => place(a) - place(b)),
    ...stories.filter((story) => place(story) < 0).sort((a, b) => lastSpoken(b) - lastSpoken(a)),
  ]
}
