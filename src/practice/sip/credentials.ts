import { createHmac } from 'node:crypto'

/** What a user name entitles to: the extension it may register, and the password that goes with it. */
export type Credential = { extension: string; password: string }

export type CredentialCheck = Credential | { refused: 'unknown' | 'expired' }

/**
 * The time-limited scheme of Kamailio's auth_ephemeral: the user name is `<unix expiry>:<extension>`, the password
 * base64(HMAC-SHA1(secret, user name)). Nothing is stored, so the CRM can issue credentials that the line has never seen.
 */
export function ephemeralPassword(secret: string, username: string): string {
  return createHmac('sha1', secret).update(username).digest('base64')
}

/** `nowSeconds`: Unix time. */
export function credentialFor(
  username: string,
  options: { secret: string; nowSeconds: number; staticUsers: ReadonlyMap<string, string> },
): CredentialCheck {
  const password = options.staticUsers.get(username)
  if (password !== undefined) return { extension: username, password }
  const match = /^(\d{1,12}):([A-Za-z0-9._-]{1,64})$/.exec(username)
  if (!match?.[1] || !match[2]) return { refused: 'unknown' }
  if (Number(match[1]) <= options.nowSeconds) return { refused: 'expired' }
  return { extension: match[2], password: ephemeralPassword(options.secret, username) }
}
