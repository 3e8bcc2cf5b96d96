import type { Team } from '#contract/domain/line.ts'
import { formatNumber, isShortNumber, toE164 } from '#contract/domain/phone-number.ts'
import { searchIn } from '../../ui/search.ts'

export type Typed = { kind: 'words' } | { kind: 'number'; to: string; shown: string } | { kind: 'invalid' }

/** What was typed, as far as it can be dialled: a subscriber's number, an extension, an emergency number or a code of the exchange. */
export function numberIn(text: string): Typed {
  const typed = text.trim()
  if (!/^[+*#\d][*#\d\s/.()-]*$/.test(typed)) return { kind: 'words' }
  const digits = typed.replace(/[/.\-()\s]/g, '')
  if (/^[*#]/.test(typed))
    return /^[*#][\d*#]{1,15}$/.test(digits)
      ? { kind: 'number', to: digits, shown: digits }
      : { kind: 'invalid' }
  if (/^\d+$/.test(digits) && (isShortNumber(digits) || (digits.length >= 2 && digits.length <= 5)))
    return { kind: 'number', to: digits, shown: digits }
  const e164 = toE164(typed)
  return e164 === null ? { kind: 'invalid' } : { kind: 'number', to: e164, shown: formatNumber(e164) }
}

/** Whom a call can be handed to; `to` is what the desk dials. */
export type Target = { id: string; to: string; name: string; number: boolean }

/** The number that was typed first, then the teams that are called so. */
export function targetsIn(text: string, teams: readonly Team[], language: 'it' | 'en'): Target[] {
  const number = numberIn(text)
  const found = searchIn(teams, number.kind === 'words' ? text : '', ({ id, name }) => [
    name[language],
    `${id} ${name.it} ${name.en}`,
  ]).map(({ id, name, address }) => ({ id: `team-${id}`, to: address, name: name[language], number: false }))
  if (number.kind === 'words') return found
  return number.kind === 'number' ? [{ id: 'number', to: number.to, name: number.shown, number: true }] : []
}

/** A team's own name where its address is known, else the number as people read it. */
export function nameOf(to: string, teams: readonly Team[], language: 'it' | 'en'): string {
  return teams.find(({ address }) => address === to)?.name[language] ?? formatNumber(to)
}
