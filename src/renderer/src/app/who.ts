import type { CallerView, Draft } from '#contract/desk.ts'

export type Who = {
  /** Who it is, as far as somebody or the number says; null: nobody yet. */
  citizenId: string | null
  /** They are the contact's person, and not only taken for it. */
  linked: boolean
  /** How many more have the number, when the operator has chosen nobody. */
  others: number
}

type Said = Pick<Draft, 'citizenId' | 'choice'>

export type WhoSigns = {
  /** Null while the host has none for this call. */
  draft: Said | null
  /** By the operator in this window, until the draft has it; null: not the one on this number. */
  picked: string | null | undefined
  caller: Pick<CallerView, 'awaited' | 'stories'> | null
  /** Who was shown as the only one on the number. */
  assumed: string | undefined
}

export function whoOf({ draft, picked, caller, assumed }: WhoSigns): Who {
  const { citizenId: own, choice } = draft ?? { citizenId: null, choice: 'number' }
  const stories = caller?.stories ?? []
  const said = own !== null || choice !== 'number' ? own : picked
  // Who is shown as the only one stays when the CRM names others: nothing jumps under the hands.
  const taken = stories.find(({ citizen }) => stories.length === 1 || citizen.id === assumed)?.citizen.id
  const citizenId = said === undefined ? (taken ?? null) : said
  const isChosen = choice !== 'number' || (own === null && picked !== undefined)
  return {
    citizenId,
    linked: own !== null,
    others: citizenId === null || isChosen ? 0 : Math.max(0, stories.length - 1),
  }
}

/**
 * What becomes part of the contact by itself: whoever was picked while it rang, and the only one on the number, once the CRM has said that
 * there are no others, or cannot say it. Null: nothing.
 */
export function linkOf({ draft, picked, caller }: Omit<WhoSigns, 'assumed'>): Said | null {
  if (!draft || draft.citizenId !== null || draft.choice !== 'number') return null
  if (picked !== undefined) return { citizenId: picked, choice: picked === null ? 'another' : 'person' }
  const [only, ...others] = caller?.stories ?? []
  if (!only || others.length > 0 || caller?.awaited) return null
  return { citizenId: only.citizen.id, choice: 'number' }
}
