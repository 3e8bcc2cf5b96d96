import { createHmac } from 'node:crypto'
import type { SipCredentials } from '#contract/crm.ts'
import type { LineConfiguration } from '#contract/domain/line.ts'

export type PhoneOptions = {
  /** Shared with the exchange. */
  sipSecret: string
  realm: string
  sipUrl: string
  queueUrl: string | null
  line: LineConfiguration
}

/**
 * The scheme of Kamailio's `auth_ephemeral`: the user name says until when, the password is its base64 HMAC-SHA1. The exchange asks nobody, so one that
 * was issued holds until then: no longer than the sign-in that asked for it.
 */
export function issueCredentials(options: PhoneOptions, extension: string, until: Date): SipCredentials {
  const expiry = Math.floor(until.getTime() / 1000)
  const username = `${expiry}:${extension}`
  return {
    username,
    password: createHmac('sha1', options.sipSecret).update(username).digest('base64'),
    extension,
    realm: options.realm,
    expiresAt: new Date(expiry * 1000).toISOString(),
    sipUrl: options.sipUrl,
    queueUrl: options.queueUrl,
    line: options.line,
  }
}
