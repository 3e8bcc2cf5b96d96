import { isDeepStrictEqual } from 'node:util'
import type { Logger } from 'pino'
import { z } from 'zod'
import { anyDeskRole } from '#contract/commands/command.ts'
import { SipCredentials } from '#contract/crm.ts'
import type { Capabilities, Session } from '#contract/desk.ts'
import { User } from '#contract/domain/agent.ts'
import { Instant } from '#contract/domain/ids.ts'
import { Fault, type FaultData } from '#contract/errors.ts'
import type { CrmClient } from '../sync/sync.ts'
import { withoutContents } from './faults.ts'
import type { Begun, Issuer, Tokens } from './issuer.ts'
import { Latest } from './latest.ts'
import type { SealedFile } from './sealed-file.ts'

/** What a restart needs to take calls for the rest of the shift, also without the CRM. */
export const SealedSession = z.object({
  user: User,
  refreshToken: z.string().min(1),
  until: Instant,
  issuer: z.string(),
  sip: SipCredentials.nullable(),
})
export type SealedSession = z.infer<typeof SealedSession>

export const shiftHours = 12
/** An access token with less than this left is renewed before it is used. */
const renewBeforeMs = 30_000
/** How long the phone waits for a new credential while a valid sealed one is at hand. */
const credentialPatienceMs = 2_000
const revokePatienceMs = 3_000
const maxBegun = 8
/** Looked at often: a timer for twelve hours would not count the time in which the machine slept. */
const shiftCheckMs = 30_000
/** The end of a shift waits so long for a wrap-up, from what came last: the end, or the beginning of the wrap-up. A site may set it no limit. */
const wrapUpMs = 15 * 60_000

export type SessionOptions = {
  file: SealedFile<typeof SealedSession>
  issuer: Issuer
  crm(accessToken: () => Promise<string>): Pick<CrmClient, 'me' | 'credentials'>
  signIn: Capabilities['signIn']
  redirectUri(): Promise<string>
  /** Of the desk: the issuer's page speaks it too. */
  language(): string
  /** Rejects `conflict: other-crm` when the desk's data belong to another CRM than the one that answers. */
  verifyCrm(): Promise<void>
  openExternal?: ((url: string) => Promise<void>) | undefined
  /** A call is live: an end of the session waits for it. */
  busy(): boolean
  /** Since when a wrap-up is open. */
  wrapsUpSince(): string | null
  onBegin(user: User): void
  /** The CRM has given them other roles or teams since. */
  onRights(): void
  onEnd(): Promise<void>
  log: Logger
  now(): Date
}

const signedOut = () => new Fault('unauthenticated', 'signed-out')

/** Who is signed in at this desk, their tokens, and what of it outlives a restart. Tokens leave it only towards the CRM. */
export class SessionKeeper {
  readonly latest = new Latest<Session>({ phase: 'signed-out', fault: null }, isDeepStrictEqual)
  readonly #options: SessionOptions
  readonly #crm: Pick<CrmClient, 'me' | 'credentials'>
  readonly #begun = new Map<string, Begun>()
  #sealed: SealedSession | null = null
  #access: { token: string; expiresAt: number } | null = null
  #refreshing: Promise<string> | null = null
  /** A sign-in is being written to disk. */
  #entering = false
  #shiftTimer: NodeJS.Timeout | undefined
  /** The session is over, and ends as soon as no call is live; by its shift, when what a call left is wrapped up too. */
  #ending: { fault: FaultData; byShift: boolean } | null = null

  constructor(options: SessionOptions) {
    this.#options = options
    this.#crm = options.crm(() => this.accessToken())
  }

  /** Throws `unauthenticated: signed-out` when nobody is signed in. */
  user(): User {
    if (!this.#sealed) throw signedOut()
    return this.#sealed.user
  }

  /** When the shift ends: of no two sessions the same. Throws `unauthenticated: signed-out`. */
  until(): string {
    if (!this.#sealed) throw signedOut()
    return this.#sealed.until
  }

  /** The sealed session of an earlier start, if its shift is not over. Asks nobody. */
  async restore(): Promise<void> {
    let sealed: SealedSession | null
    try {
      sealed = await this.#options.file.read()
    } catch (error) {
      this.#options.log.warn({ err: withoutContents(error) }, 'the sealed session cannot be read')
      const fault = error instanceof Fault ? error : new Fault('invalid', 'key-missing')
      this.latest.set({ phase: 'signed-out', fault: fault.toData() })
      return
    }
    if (!sealed) return
    if (Date.parse(sealed.until) <= this.#options.now().getTime()) {
      await this.#options.file.remove()
      this.latest.set({ phase: 'signed-out', fault: signedOut().toData() })
      return
    }
    // A refresh token is shown to the issuer that gave it and to no other. It stays for a start with that one.
    if (sealed.issuer !== this.#options.issuer.url) return
    this.#enter(sealed, true)
  }

  /** Asks the CRM who its user is now: a restored session is confirmed, and other roles or teams count here too. */
  async confirm(): Promise<void> {
    const sealed = this.#sealed
    if (!sealed || this.#ending) return
    let user: User
    try {
      user = await this.#crm.me()
    } catch (error) {
      if (error instanceof Fault && error.kind === 'forbidden') this.#endSoon(error)
      return
    }
    if (this.#sealed === null || this.#sealed.user.id !== sealed.user.id) return
    if (user.id !== sealed.user.id) {
      this.#endSoon(new Fault('unauthenticated', 'sign-in-failed'))
      return
    }
    const isOther = !isDeepStrictEqual(user, this.#sealed.user)
    this.#sealed = { ...this.#sealed, user }
    this.latest.set({ phase: 'signed-in', user, until: this.#sealed.until, offline: false })
    if (!isOther) return
    this.#options.onRights()
    await this.#options.file.write(this.#sealed)
  }

  async begin(): Promise<string | null> {
    if (this.#sealed) throw new Fault('conflict', 'sign-in-failed')
    this.latest.set({ phase: 'signing-in' })
    try {
      await this.#options.verifyCrm()
      const begun = await this.#options.issuer.authorize(
        await this.#options.redirectUri(),
        this.#options.language(),
      )
      const oldest = this.#begun.size >= maxBegun ? this.#begun.keys().next().value : undefined
      if (oldest !== undefined) this.#begun.delete(oldest)
      this.#begun.set(begun.state, begun)
      if (this.#options.signIn === 'same-window') return begun.url
      if (!this.#options.openExternal) throw new Fault('unsupported', 'capability-missing')
      await this.#options.openExternal(begun.url)
      return null
    } catch (error) {
      throw this.#refuse(error)
    }
  }

  /** The browser came back. A state is good for one return, whatever becomes of it. */
  async complete(callbackUrl: string): Promise<void> {
    const state = URL.canParse(callbackUrl) ? new URL(callbackUrl).searchParams.get('state') : null
    const begun = state === null ? undefined : this.#begun.get(state)
    // Not ours: nothing here changes, so that nobody can end a sign-in by calling the address.
    if (!begun) throw new Fault('unauthenticated', 'sign-in-failed')
    this.#begun.delete(begun.state)
    if (this.#sealed) throw new Fault('conflict', 'sign-in-failed')
    try {
      const tokens = await this.#options.issuer.exchange(begun, callbackUrl)
      const crm = this.#options.crm(async () => tokens.accessToken)
      const user = await crm.me()
      if (tokens.subject !== user.id) throw new Fault('unauthenticated', 'sign-in-failed')
      if (!user.roles.some((role) => anyDeskRole.includes(role))) throw new Fault('forbidden', 'role-missing')
      const sip = await crm.credentials().catch((error: unknown) => {
        this.#options.log.warn({ err: withoutContents(error) }, 'no credential for the phone at sign-in')
        return null
      })
      const until = new Date(this.#options.now().getTime() + shiftHours * 3_600_000).toISOString()
      const sealed: SealedSession = {
        user,
        refreshToken: tokens.refreshToken,
        until,
        issuer: this.#options.issuer.url,
        sip,
      }
      // Two windows may have come back at once: the first one in stays.
      if (this.#sealed || this.#entering) throw new Fault('conflict', 'sign-in-failed')
      this.#entering = true
      try {
        await this.#options.file.write(sealed)
      } finally {
        this.#entering = false
      }
      this.#begun.clear()
      this.#access = { token: tokens.accessToken, expiresAt: tokens.expiresAt }
      this.#enter(sealed, false)
    } catch (error) {
      throw this.#refuse(error)
    }
  }

  /** Throws `conflict: call-live` while somebody is on the line: only the operator's own hand ends a call. */
  async signOut(): Promise<void> {
    if (this.#options.busy()) throw new Fault('conflict', 'call-live')
    const sealed = this.#sealed
    try {
      await this.#end(null)
    } finally {
      if (sealed) await this.#revoke(sealed)
    }
  }

  /** At once, unless a call is live: then when it ends. */
  async endFor(fault: Fault): Promise<void> {
    const sealed = this.#sealed
    if (!sealed) return
    this.#ending = { fault: fault.toData(), byShift: false }
    await this.settle()
    await this.#revoke(sealed)
  }

  async #revoke(sealed: SealedSession): Promise<void> {
    // Best effort: without the CRM the token dies by its own age.
    await Promise.race([
      this.#options.issuer.revoke(sealed.refreshToken).catch((error: unknown) => {
        this.#options.log.warn({ err: withoutContents(error) }, 'the refresh token was not revoked')
      }),
      new Promise((resolve) => setTimeout(resolve, revokePatienceMs).unref()),
    ])
  }

  /** An access token that is valid now. Renewals never run beside each other: a refresh token that is used twice kills its successor too. */
  async accessToken(): Promise<string> {
    if (!this.#sealed || this.#ending) throw signedOut()
    if (this.#isOver()) {
      this.#endSoon(signedOut(), true)
      throw signedOut()
    }
    if (this.#access && this.#access.expiresAt - this.#options.now().getTime() > renewBeforeMs) {
      return this.#access.token
    }
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = null
    })
    return this.#refreshing
  }

  /** The CRM's newest credential, or the sealed one while that is valid and the CRM does not answer soon. */
  async sipCredentials(): Promise<SipCredentials> {
    const userId = this.user().id
    const fresh = this.#crm.credentials().then(async (sip) => {
      if (this.#sealed?.user.id === userId) {
        this.#sealed = { ...this.#sealed, sip }
        await this.#options.file.write(this.#sealed)
      }
      return sip
    })
    const sealed = this.#sealed?.sip ?? null
    if (!sealed || Date.parse(sealed.expiresAt) <= this.#options.now().getTime()) return fresh
    let timer: NodeJS.Timeout | undefined
    const patience = new Promise<SipCredentials>((resolve) => {
      timer = setTimeout(() => resolve(sealed), credentialPatienceMs)
    })
    try {
      return await Promise.race([fresh.catch(() => sealed), patience])
    } finally {
      clearTimeout(timer)
    }
  }

  /** Somebody is signed in, and not about to be signed out. */
  get stays(): boolean {
    return this.#sealed !== null && this.#ending === null && !this.#isOver()
  }

  /** A call or a wrap-up has ended: what waited for that may happen now. */
  async settle(): Promise<void> {
    if (!this.#ending || this.#options.busy()) return
    if (this.#ending.byShift && this.#wrapsUp()) return
    await this.#end(this.#ending.fault)
  }

  close(): void {
    clearInterval(this.#shiftTimer)
    this.#begun.clear()
    this.latest.close()
  }

  #enter(sealed: SealedSession, offline: boolean): void {
    this.#sealed = sealed
    this.#ending = null
    this.latest.set({ phase: 'signed-in', user: sealed.user, until: sealed.until, offline })
    this.#shiftTimer = setInterval(() => {
      if (this.#isOver()) this.#endSoon(signedOut(), true)
    }, shiftCheckMs).unref()
    this.#options.onBegin(sealed.user)
  }

  #isOver(): boolean {
    return this.#sealed !== null && Date.parse(this.#sealed.until) <= this.#options.now().getTime()
  }

  #wrapsUp(): boolean {
    const since = this.#options.wrapsUpSince()
    if (since === null || this.#sealed === null) return false
    const from = Math.max(Date.parse(since), Date.parse(this.#sealed.until))
    return this.#options.now().getTime() < from + wrapUpMs
  }

  /** Not waited for: whoever notices may be in the middle of what the end stops. */
  #endSoon(fault: Fault, byShift = false): void {
    if (!this.#sealed) return
    if (!byShift || !this.#ending) this.#ending = { fault: fault.toData(), byShift }
    this.settle().catch((error: unknown) => {
      this.#options.log.error({ err: withoutContents(error) }, 'the end of a session failed')
    })
  }

  #refuse(error: unknown): Fault {
    const fault =
      error instanceof Fault ? error : new Fault('unauthenticated', 'sign-in-failed', { cause: error })
    this.#options.log.warn({ err: withoutContents(fault) }, 'sign-in failed')
    if (!this.#sealed) this.latest.set({ phase: 'signed-out', fault: fault.toData() })
    return fault
  }

  async #refresh(): Promise<string> {
    const sealed = this.#sealed
    if (!sealed) throw signedOut()
    let tokens: Tokens
    try {
      tokens = await this.#options.issuer.refresh(sealed.refreshToken)
    } catch (error) {
      if (error instanceof Fault && error.kind === 'unauthenticated') this.#endSoon(error)
      throw error
    }
    if (this.#sealed?.user.id !== sealed.user.id) throw signedOut()
    this.#sealed = { ...this.#sealed, refreshToken: tokens.refreshToken }
    this.#access = { token: tokens.accessToken, expiresAt: tokens.expiresAt }
    try {
      // On disk before the new access token is handed out: the old refresh token is worth nothing from here on.
      await this.#options.file.write(this.#sealed)
    } catch (error) {
      // The session goes on; only a restart before the next renewal would have to sign in anew.
      this.#options.log.error({ err: withoutContents(error) }, 'the renewed session was not written')
    }
    // Other roles need not begin the feed anew: nothing else may tell of them.
    this.confirm().catch((error: unknown) => {
      this.#options.log.error({ err: withoutContents(error) }, 'the rights of a session were not written')
    })
    return tokens.accessToken
  }

  async #end(fault: FaultData | null): Promise<void> {
    clearInterval(this.#shiftTimer)
    const was = this.#sealed
    this.#sealed = null
    this.#access = null
    this.#ending = null
    if (was) {
      try {
        await this.#options.file.remove()
      } finally {
        await this.#options.onEnd()
        this.latest.set({ phase: 'signed-out', fault })
      }
    }
    this.latest.set({ phase: 'signed-out', fault })
  }
}
