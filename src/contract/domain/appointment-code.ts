/** Without the letters and digits that are mistaken for others when they are read out or written down. */
export const codeSigns = 'ACDEFHJKLMNPQRTUVWXY34679'

const code = new RegExp(`^[${codeSigns}]{5}$`)

/**
 * `K7-4MQ`, from a code as it is read out or typed: in any case, with or without the dash, spaces and the word before it. Null for what can be
 * no code.
 */
export function appointmentCode(text: string): string | null {
  const signs = text
    .trim()
    .replace(/^(codice|code)(?=[\s:])/i, '')
    .toUpperCase()
    .replaceAll(/[\s:.\-‐‑–—]/g, '')
  return code.test(signs) ? `${signs.slice(0, 2)}-${signs.slice(2)}` : null
}
