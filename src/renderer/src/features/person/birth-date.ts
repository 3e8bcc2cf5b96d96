/** A day as it is typed or read out ("2/3/1955", "2 3 1955", "1955-03-02") as an ISO date; null when it is none. */
function parseDay(text: string): string | null {
  const trimmed = text.trim()
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(trimmed)
  const local =
    /^(\d{1,2})[\s./-]+(\d{1,2})[\s./-]+(\d{4})$/.exec(trimmed) ?? /^(\d{2})(\d{2})(\d{4})$/.exec(trimmed)
  const parts = iso ? [iso[1], iso[2], iso[3]] : local ? [local[3], local[2], local[1]] : null
  if (!parts) return null
  const [y, m, d] = parts.map(Number) as [number, number, number]
  const date = new Date(Date.UTC(y, m - 1, d))
  if (date.getUTCFullYear() !== y || date.getUTCMonth() !== m - 1 || date.getUTCDate() !== d) return null
  return date.toISOString().slice(0, 10)
}

/** A date of birth ("02.03.55" is too short to be sure); null too when it lies in the future or more than 130 years back. */
export function parseBirthDate(text: string, today: string): string | null {
  const day = parseDay(text)
  return day !== null && day <= today && Number(today.slice(0, 4)) - Number(day.slice(0, 4)) <= 130
    ? day
    : null
}

/** The last day of something that counts today. */
export function parseUntil(text: string, today: string): string | null {
  const day = parseDay(text)
  return day !== null && day >= today ? day : null
}
