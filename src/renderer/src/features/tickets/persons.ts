import type { ReactNode } from 'react'
import type { ActionDraft } from '#contract/desk-tickets.ts'

/** Who is found by what is typed, to choose one of them; `without` is whom it cannot be. */
export type Persons = (asked: {
  text: string
  without: string | null
  onFound: (citizen: NonNullable<ActionDraft['citizen']>) => void
}) => ReactNode
