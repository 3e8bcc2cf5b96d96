import { type Id, isId } from '#contract/domain/ids.ts'

/** ITU-T Q.931: what follows is text (IA5). Exchanges that bridge to ISDN look at it. */
const discriminator = '04'
const scheme = 'ascolto:'
/** RFC 7433 4.1: no more than 128 octets pass the older networks; a longer one is not ours. */
const maxLength = 300

/** The value of a User-to-User header (RFC 7433) that names a contact. */
export const userToUser = (contactId: Id): string =>
  `${discriminator}${Buffer.from(`${scheme}${contactId}`).toString('hex')};encoding=hex`

/** The contact that a User-to-User header names; null for anything else that may stand there. */
export function contactOf(headers: readonly string[]): Id | null {
  for (const header of headers) {
    if (header.length > maxLength) continue
    const [data = '', ...parameters] = header.split(';').map((part) => part.trim())
    const hex = parameters.some((parameter) => /^encoding\s*=\s*"?hex"?$/i.test(parameter))
    if (!hex || !/^(?:[0-9a-f]{2})+$/i.test(data)) continue
    const text = Buffer.from(data.startsWith(discriminator) ? data.slice(2) : data, 'hex').toString('latin1')
    const id = text.startsWith(scheme) ? text.slice(scheme.length).toLowerCase() : ''
    if (isId(id)) return id
  }
  return null
}
