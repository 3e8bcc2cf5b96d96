import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { SipCredentials } from '#contract/crm.ts'
import type { User } from '#contract/domain/agent.ts'
import { defaultLine } from '#contract/domain/line.ts'
import { Fault } from '#contract/errors.ts'
import { addAccounts } from '../../src/crm/identity/accounts.ts'
import type { Store } from '../../src/crm/store/store.ts'
import { openIssuer } from '../../src/main/host/issuer.ts'
import { SealedFile } from '../../src/main/host/sealed-file.ts'
import { SealedSession, SessionKeeper, type SessionOptions } from '../../src/main/host/session.ts'
import { openKeyFile } from '../../src/main/loopback/key-file.ts'
import { throughLoginForm } from '../support/host.ts'
import { type RunningIssuer, startIssuer } from '../support/issuer.ts'
import { quickHash } from '../support/quick-password.ts'
import { refresh } from '../support/sign-in.ts'
import { openNewStore } from '../support/store-templates.ts'

const password = 'una frase lunga'
const hour = 3_600_000
let folder: string
let store: Store
let issuer: RunningIssuer
let port = 0
let dir: string
let clock = 0
const open: SessionKeeper[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ascolto-session-crm-'))
  store = await openNewStore(folder)
  await addAccounts(store.db, [
    {
      login: 'anna',
      givenName: 'Anna',
      familyName: 'Prova',
      roles: ['operator'],
      teams: ['first-level'],
      extension: '3001',
      passwordHash: quickHash(password),
    },
  ])
  issuer = await startIssuer(store)
  port = Number(new URL(issuer.url).port)
})
afterAll(async () => {
  await issuer.close()
  await store.close()
  await rm(folder, { recursive: true })
})
beforeEach(async () => {
  clock = Date.now()
  dir = await mkdtemp(join(tmpdir(), 'ascolto-session-'))
})
afterEach(async () => {
  for (const session of open.splice(0)) session.close()
  await rm(dir, { recursive: true })
})

const sip = (expiresAt: number): SipCredentials => ({
  username: '1:3001',
  password: 'secret',
  extension: '3001',
  realm: 'practice',
  expiresAt: new Date(expiresAt).toISOString(),
  sipUrl: 'ws://127.0.0.1:1/sip',
  queueUrl: null,
  line: defaultLine,
})

type Opened = {
  session: SessionKeeper
  begun: User[]
  ended: () => number
  /** How often other rights were told. */
  rights: () => number
  /** The CRM's part, answered as its own access check answers. */
  crm: { me(user: User): User; credentials(): SipCredentials }
  busy: { now: boolean; wrapsUpSince: string | null }
}

async function openSession(over: Partial<SessionOptions> = {}): Promise<Opened> {
  const begun: User[] = []
  let ended = 0
  let rights = 0
  const busy: Opened['busy'] = { now: false, wrapsUpSince: null }
  const crm: Opened['crm'] = { me: (user) => user, credentials: () => sip(clock + hour) }
  const session = new SessionKeeper({
    file: new SealedFile(join(dir, 'session.sealed'), SealedSession, await openKeyFile(dir)),
    issuer: openIssuer(`http://127.0.0.1:${port}/oidc`, () => new Date(clock)),
    crm: (accessToken) => ({
      me: async () => {
        const token = await accessToken()
        const principal = await issuer.access.principal(`Bearer ${token}`)
        if (principal.kind !== 'user') throw new Fault('unauthenticated', 'signed-out')
        return crm.me(principal.user)
      },
      credentials: async () => {
        await accessToken()
        return crm.credentials()
      },
    }),
    signIn: 'same-window',
    redirectUri: async () => 'http://127.0.0.1:49153/callback',
    language: () => 'it',
    verifyCrm: async () => {},
    busy: () => busy.now,
    wrapsUpSince: () => busy.wrapsUpSince,
    onBegin: (user) => void begun.push(user),
    onRights: () => {
      rights += 1
    },
    onEnd: async () => {
      ended += 1
    },
    log: pino({ level: 'silent' }),
    now: () => new Date(clock),
    ...over,
  })
  open.push(session)
  return { session, begun, ended: () => ended, rights: () => rights, crm, busy }
}

async function callback(session: SessionKeeper): Promise<string> {
  const startUrl = await session.begin()
  return throughLoginForm(startUrl ?? '', 'anna', password)
}

async function signedIn(): Promise<Opened> {
  const opened = await openSession()
  await opened.session.complete(await callback(opened.session))
  return opened
}

const stored = async (): Promise<SealedSession | null> =>
  new SealedFile(join(dir, 'session.sealed'), SealedSession, await openKeyFile(dir)).read()

describe('signing in', () => {
  it.each(['it', 'en'])('shows the issuer’s page in the desk’s language: %s', async (language) => {
    const { session } = await openSession({ language: () => language })
    const begun = await fetch((await session.begin()) ?? '', { redirect: 'manual' })
    const cookie = begun.headers.getSetCookie().map((set) => set.split(';')[0])
    const page = await fetch(new URL(begun.headers.get('location') ?? '', begun.url), {
      headers: { cookie: cookie.join('; '), 'accept-language': 'fr' },
    })
    expect(await page.text()).toContain(`<html lang="${language}">`)
  })

  it('ends with the user, a shift of twelve hours, and nothing readable on disk', async () => {
    const { session, begun } = await signedIn()
    expect(session.latest.value).toMatchObject({
      phase: 'signed-in',
      offline: false,
      user: { givenName: 'Anna', roles: ['operator'] },
      until: new Date(clock + 12 * hour).toISOString(),
    })
    expect(begun).toHaveLength(1)
    const file = await readFile(join(dir, 'session.sealed'), 'latin1')
    const sealed = await stored()
    expect(sealed?.refreshToken).toBeTruthy()
    expect(file).not.toContain(sealed?.refreshToken)
    expect(file).not.toContain('Anna')
  })

  it('takes a return once, and none that was not begun here', async () => {
    const { session } = await openSession()
    const back = await callback(session)
    await expect(session.complete(`${back}x`.replace(/state=[^&]*/, 'state=other'))).rejects.toMatchObject({
      kind: 'unauthenticated',
      code: 'sign-in-failed',
    })
    expect(session.latest.value.phase).toBe('signing-in')
    await session.complete(back)
    await session.signOut()
    await expect(session.complete(back)).rejects.toMatchObject({ code: 'sign-in-failed' })
    expect(session.latest.value).toEqual({ phase: 'signed-out', fault: null })
  })

  it('lets one of two enter that come back at once', async () => {
    const { session, begun } = await openSession()
    const backs = [await callback(session), await callback(session)]
    const ends = await Promise.allSettled(backs.map((back) => session.complete(back)))
    expect(ends.map((end) => end.status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(begun).toHaveLength(1)
    expect(session.latest.value.phase).toBe('signed-in')
  })

  it('says what went wrong: a tampered code, and an issuer that is away', async () => {
    const { session } = await openSession()
    const back = await callback(session)
    await expect(session.complete(back.replace(/code=[^&]*/, 'code=wrong'))).rejects.toMatchObject({
      kind: 'unauthenticated',
    })
    expect(session.latest.value).toMatchObject({ phase: 'signed-out', fault: { kind: 'unauthenticated' } })
    const away = await openSession({ issuer: openIssuer('http://127.0.0.1:9/oidc', () => new Date(clock)) })
    await expect(away.session.begin()).rejects.toMatchObject({ kind: 'unavailable', code: 'crm-away' })
    expect(away.session.latest.value).toMatchObject({ phase: 'signed-out', fault: { code: 'crm-away' } })
  })

  it('refuses a CRM that is neither loopback nor TLS', () => {
    expect(() => openIssuer('http://crm.example.it/oidc', () => new Date())).toThrow('configuration-invalid')
  })

  it('refuses a user whom the CRM does not name as the issuer did', async () => {
    const { session, crm } = await openSession()
    crm.me = (user) => ({ ...user, id: '0190f8a0-0000-7000-8000-000000000000' })
    await expect(session.complete(await callback(session))).rejects.toMatchObject({ code: 'sign-in-failed' })
    expect(await stored()).toBeNull()
  })
})

describe('a restart', () => {
  it('restores the session without the CRM, and the CRM confirms it when it is back', async () => {
    await signedIn()
    await issuer.close()
    const { session, begun } = await openSession()
    await session.restore()
    expect(session.latest.value).toMatchObject({ phase: 'signed-in', offline: true })
    expect(begun).toHaveLength(1)
    await session.confirm()
    expect(session.latest.value).toMatchObject({ phase: 'signed-in', offline: true })
    expect(await session.sipCredentials()).toMatchObject({ extension: '3001' })
    issuer = await startIssuer(store, { port })
    await session.confirm()
    expect(session.latest.value).toMatchObject({ phase: 'signed-in', offline: false })
  })

  it('finds the shift over', async () => {
    await signedIn()
    clock += 12 * hour
    const { session, begun } = await openSession()
    await session.restore()
    expect(session.latest.value).toMatchObject({ phase: 'signed-out', fault: { code: 'signed-out' } })
    expect(begun).toHaveLength(0)
    expect(await stored()).toBeNull()
  })

  it('shows a refresh token to no other issuer', async () => {
    await signedIn()
    const { session } = await openSession({ issuer: openIssuer('http://127.0.0.1:9/oidc', () => new Date()) })
    await session.restore()
    expect(session.latest.value.phase).toBe('signed-out')
  })

  it('says that a session of another key cannot be read', async () => {
    await signedIn()
    await rm(join(dir, 'desk.key'))
    const { session } = await openSession()
    await session.restore()
    expect(session.latest.value).toMatchObject({ phase: 'signed-out', fault: { code: 'key-missing' } })
  })
})

describe('other roles and teams', () => {
  const specialist = (user: User): User => ({ ...user, roles: ['specialist'], teams: ['taxes'] })

  it('count in a session that is on line, when the CRM is asked again, and for the next start', async () => {
    const { session, crm, begun, rights } = await signedIn()
    await session.confirm()
    expect(rights()).toBe(0)
    crm.me = specialist
    await session.confirm()
    expect(session.user()).toMatchObject({ roles: ['specialist'], teams: ['taxes'] })
    expect(session.latest.value).toMatchObject({ offline: false, user: { teams: ['taxes'] } })
    expect((await stored())?.user.teams).toEqual(['taxes'])
    expect([begun.length, rights()]).toEqual([1, 1])
  })

  it('are known with the next access token, whatever else tells of them', async () => {
    const { session, crm } = await signedIn()
    crm.me = specialist
    clock += 290_000
    await session.accessToken()
    await expect.poll(() => session.user().teams).toEqual(['taxes'])
    await expect.poll(async () => (await stored())?.user.teams).toEqual(['taxes'])
  })
})

describe('tokens', () => {
  it('renews once for all who ask, with the new refresh token on disk first', async () => {
    const { session } = await signedIn()
    const before = await stored()
    const first = await session.accessToken()
    expect(await session.accessToken()).toBe(first)
    clock += 290_000
    const renewed = await Promise.all([session.accessToken(), session.accessToken(), session.accessToken()])
    expect(new Set(renewed).size).toBe(1)
    expect(renewed[0]).not.toBe(first)
    const after = await stored()
    expect(after?.refreshToken).not.toBe(before?.refreshToken)
    clock += 290_000
    await session.accessToken()
  })

  it('are good also when the disk does not take them, and no draft is left there', async () => {
    const { session } = await signedIn()
    const first = await session.accessToken()
    clock += 290_000
    const path = join(dir, 'session.sealed')
    await rm(path)
    await mkdir(path)
    const renewed = await session.accessToken()
    expect(renewed).not.toBe(first)
    expect(await session.accessToken()).toBe(renewed)
    expect((await readdir(dir)).filter((name) => name.startsWith('session.sealed.'))).toEqual([])
  })

  it('ends when the issuer has revoked it, but not under a live call', async () => {
    const { session, busy, ended } = await signedIn()
    const sealed = await stored()
    // Used once more than the issuer honours a renewal whose answer may have been lost.
    await refresh(issuer.url, sealed?.refreshToken ?? '')
    await refresh(issuer.url, sealed?.refreshToken ?? '')
    clock += 290_000
    busy.now = true
    await expect(session.accessToken()).rejects.toMatchObject({ kind: 'unauthenticated' })
    expect(session.latest.value.phase).toBe('signed-in')
    busy.now = false
    await session.settle()
    expect(session.latest.value).toMatchObject({ phase: 'signed-out', fault: { code: 'signed-out' } })
    expect(ended()).toBe(1)
    expect(await stored()).toBeNull()
  })

  it('ends with the shift', async () => {
    const { session, ended } = await signedIn()
    clock += 12 * hour
    await expect(session.accessToken()).rejects.toMatchObject({ code: 'signed-out' })
    await expect.poll(() => session.latest.value.phase).toBe('signed-out')
    expect(ended()).toBe(1)
  })

  it('ends with the shift when what a call left is wrapped up, a quarter of an hour later at most', async () => {
    const at = (ms: number) => new Date(ms).toISOString()
    const { session, busy } = await signedIn()
    const phase = async () => {
      await session.settle()
      return session.latest.value.phase
    }
    const end = clock + 12 * hour
    busy.wrapsUpSince = at(end - hour)
    clock = end
    await expect(session.accessToken()).rejects.toMatchObject({ code: 'signed-out' })
    clock = end + 14 * 60_000
    expect(await phase()).toBe('signed-in')
    // Of a call that outlived the end the quarter begins with the wrap-up.
    busy.wrapsUpSince = at(clock)
    clock = end + 28 * 60_000
    expect(await phase()).toBe('signed-in')
    clock = end + 29 * 60_000
    expect(await phase()).toBe('signed-out')
  })

  it.each(['the wrap-up is closed', 'the center ends it'])(
    'does not outlive a wrap-up when %s',
    async (how) => {
      const { session, busy } = await signedIn()
      clock += 12 * hour
      busy.wrapsUpSince = new Date(clock).toISOString()
      await expect(session.accessToken()).rejects.toMatchObject({ code: 'signed-out' })
      expect(session.latest.value.phase).toBe('signed-in')
      if (how === 'the center ends it') await session.endFor(new Fault('unauthenticated', 'device-wiped'))
      else {
        busy.wrapsUpSince = null
        await session.settle()
      }
      expect(session.latest.value.phase).toBe('signed-out')
    },
  )

  it('are revoked at sign-out', async () => {
    const { session, ended } = await signedIn()
    const sealed = await stored()
    await session.signOut()
    expect(session.latest.value).toEqual({ phase: 'signed-out', fault: null })
    expect(ended()).toBe(1)
    await expect(refresh(issuer.url, sealed?.refreshToken ?? '')).rejects.toThrow('invalid_grant')
    await expect(session.accessToken()).rejects.toMatchObject({ code: 'signed-out' })
    expect(() => session.user()).toThrow('signed-out')
  })
})

describe('the phone’s credential', () => {
  it('is the CRM’s newest, sealed; else the sealed one while that is valid; else none', async () => {
    const { session, crm } = await signedIn()
    crm.credentials = () => sip(clock + 2 * hour)
    const newest = await session.sipCredentials()
    expect(Date.parse(newest.expiresAt)).toBe(clock + 2 * hour)
    expect((await stored())?.sip).toEqual(newest)
    crm.credentials = () => {
      throw new Fault('unavailable', 'crm-away')
    }
    expect(await session.sipCredentials()).toEqual(newest)
    clock += 2 * hour
    await expect(session.sipCredentials()).rejects.toMatchObject({ code: 'crm-away' })
  })
})
