import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** 256 random bits in URL-safe text. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** Compares in a time that tells nothing of where two texts differ. */
export function sameSecret(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}

/** Proves that one holds `secret` without sending it. */
export function proofOf(secret: string, message: string): string {
  return createHmac('sha256', secret).update(message).digest('base64url')
}

/** Secrets that open one thing once, within a time. */
export class OneTimeSecrets {
  readonly #expiries = new Map<string, number>()
  readonly #lifetimeMs: number
  readonly #now: () => number

  constructor(lifetimeMs: number, now: () => number) {
    this.#lifetimeMs = lifetimeMs
    this.#now = now
  }

  issue(): string {
    const now = this.#now()
    for (const [secret, expiry] of this.#expiries) if (expiry <= now) this.#expiries.delete(secret)
    const secret = newSecret()
    this.#expiries.set(secret, now + this.#lifetimeMs)
    return secret
  }

  redeem(secret: string): boolean {
    const expiry = this.#expiries.get(secret)
    this.#expiries.delete(secret)
    return expiry !== undefined && expiry > this.#now()
  }
}
