/** `R-2026-000123` in its parts. */
export type TicketProtocol = { year: number; number: number }

const year = String.raw`(?<year>20\d\d)`
const number = String.raw`(?<number>\d{1,9})`
const forms = [
  // With its letter nothing else can be meant, and the figures say where the year ends.
  new RegExp(String.raw`^R[\s./-]*${year}[\s./-]*${number}$`, 'i'),
  new RegExp(String.raw`^${year}\s*[/-]\s*${number}$`),
  // As offices write one: the number, then the year.
  new RegExp(String.raw`^R?[\s./-]*${number}\s*[/-]\s*${year}$`, 'i'),
]

/** From the number of a request as it is read out or typed: in full, without its zeros or its letter, the year first or last. Null for what can be none. */
export function protocolIn(text: string): TicketProtocol | null {
  const typed = text
    .trim()
    .replaceAll(/[\u2010-\u2015\u2212]/g, '-')
    .replace(/^(protocollo|prot\.?|protocol|richiesta|request)[\s:]+/i, '')
    .replace(/^(n\.|nr\.?|n°|no\.?)\s*/i, '')
  for (const form of forms) {
    const found = form.exec(typed)?.groups
    if (found && Number(found.number) > 0) return { year: Number(found.year), number: Number(found.number) }
  }
  return null
}

export const protocolText = ({ year, number }: TicketProtocol): string =>
  `R-${year}-${String(number).padStart(6, '0')}`
