import type { CallerView, ShownStory, Work } from '#contract/desk.ts'
import { cityDayOf } from '#contract/domain/calendar.ts'
import type { Citizen } from '#contract/domain/citizen.ts'
import { type ShownCitizen, showCitizen, showContact } from '#contract/domain/citizen-shown.ts'
import { identifies } from '#contract/domain/contact.ts'
import type { Id } from '#contract/domain/ids.ts'
import type { CitizenStory } from '../cache/cache.ts'
import type { KnownCaller } from './stories.ts'

/** Whom the operator has identified in this contact. A caller's number identifies nobody, and while it rings nobody has been asked. */
export const identifiedIn = (work: Work | null): Id | null =>
  work && work.answeredAt !== null && identifies(work.draft.identification) ? work.draft.citizenId : null

export const shownCitizen = (citizen: Citizen, isWhole: boolean, now: Date): ShownCitizen =>
  showCitizen(citizen, isWhole, cityDayOf(now.toISOString()))

export const shownStory = (story: CitizenStory, isWhole: boolean, now: Date): ShownStory => ({
  ...story,
  citizen: shownCitizen(story.citizen, isWhole, now),
  contacts: isWhole ? story.contacts : story.contacts.map(showContact),
})

/** What a window is told of a caller: whole only the one who has been identified. */
export const shownCaller = (known: KnownCaller, identified: Id | null, now: Date): CallerView => ({
  ...known,
  stories: known.stories.map((story) => shownStory(story, story.citizen.id === identified, now)),
  continued: known.continued && showContact(known.continued),
})
