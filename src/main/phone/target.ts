import type { CallRemote } from '#contract/domain/call.ts'
import type { LineConfiguration } from '#contract/domain/line.ts'
import { isShortNumber, toE164 } from '#contract/domain/phone-number.ts'

/**
 * What to put before the `@` of the Request-URI, and whom the desk shows; null when the text is no number and no extension. What the line's
 * configuration names is dialled as it stands there: whoever wrote it knows the exchange.
 */
export function dialTarget(
  text: string,
  { teams, echo }: Pick<LineConfiguration, 'teams' | 'echo'>,
): { user: string; remote: CallRemote } | null {
  const typed = text.trim()
  if (typed === echo || teams.some(({ address }) => address === typed))
    return target(typed, toE164(typed) === typed ? typed : null)
  const digits = typed.replace(/[/.\-()\s]/g, '')
  if (isShortNumber(digits) && /^\d+$/.test(digits)) return target(digits, null)
  if (/^\d{2,5}$/.test(digits)) return target(digits, null)
  // Feature codes of an exchange, such as its echo.
  if (/^[*#][\d*#]{1,15}$/.test(typed)) return target(typed, null)
  const e164 = toE164(typed)
  if (e164 !== null) return target(e164, e164)
  if (/^[a-z][a-z0-9._-]{0,31}$/i.test(typed)) return target(typed, null)
  return null
}

const target = (user: string, e164: string | null) => ({
  user,
  remote: { number: user, e164, displayName: null },
})
