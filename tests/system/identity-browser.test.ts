import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import { type Browser, chromium, type Page } from '@playwright/test'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addAccounts, rememberPractice } from '../../src/crm/identity/accounts.ts'
import type { Store } from '../../src/crm/store/store.ts'
import { chromiumArgs, chromiumPath } from '../support/chromium.ts'
import { type RunningIssuer, startIssuer } from '../support/issuer.ts'
import { quickHash } from '../support/quick-password.ts'
import { openNewStore } from '../support/store-templates.ts'

const password = 'una frase lunga'
const shots = process.env.ASCOLTO_SHOTS

let folder: string
let store: Store
let issuer: RunningIssuer
let browser: Browser
let desk: Server
let callback: string
const arrived: URL[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ascolto-identity-'))
  store = await openNewStore(folder)
  await addAccounts(store.db, [
    {
      login: 'elena',
      givenName: 'Elena',
      familyName: 'Ferri',
      roles: ['operator'],
      teams: ['first-level'],
      extension: '2001',
      passwordHash: quickHash(password),
    },
  ])
  await rememberPractice(store.db, {
    password,
    accounts: [{ login: 'elena', name: 'Elena Ferri', role: 'operator' }],
  })
  issuer = await startIssuer(store)
  desk = createServer((request, response) => {
    arrived.push(new URL(request.url ?? '/', 'http://127.0.0.1'))
    response.setHeader('content-type', 'text/html').end('<title>desk</title>')
  }).listen(0, '127.0.0.1')
  await once(desk, 'listening')
  callback = `http://127.0.0.1:${(desk.address() as AddressInfo).port}/callback`
  browser = await chromium.launch({ executablePath: chromiumPath(), args: [...chromiumArgs, '--no-sandbox'] })
})
afterAll(async () => {
  await browser?.close()
  desk?.close()
  await issuer?.close()
  await store?.close()
  await rm(folder, { recursive: true })
})

const authorize = (parameters: Record<string, string> = {}): string =>
  `${issuer.url}/oidc/auth?${new URLSearchParams({
    client_id: 'desk',
    response_type: 'code',
    redirect_uri: callback,
    scope: 'openid profile offline_access crm',
    state: 's',
    code_challenge: 'a'.repeat(43),
    code_challenge_method: 'S256',
    ...parameters,
  })}`

const withPage = async (
  options: NonNullable<Parameters<Browser['newContext']>[0]>,
  work: (page: Page) => Promise<void>,
): Promise<void> => {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    // Chromium notes every 401 and 429; those are the page's own answers.
    if (message.type() === 'error' && !/status of 4(01|29)/.test(message.text()))
      complaints.push(message.text())
  })
  try {
    await work(page)
    expect(complaints).toEqual([])
  } finally {
    await context.close()
  }
}

/** The page focuses the field by itself, some frames after it is there. */
const focused = (page: Page, label: string) =>
  expect.poll(() => page.getByLabel(label).evaluate((field) => field === document.activeElement)).toBe(true)

describe('the sign-in page in a browser', () => {
  it('is worked by keyboard alone, without scripts, and ends at the desk on a loopback port', async () => {
    await withPage({ locale: 'it-IT', javaScriptEnabled: false }, async (page) => {
      await page.goto(authorize())
      expect(await page.title()).toBe('Accedi ad Ascolto')
      await focused(page, 'Nome utente')
      await page.keyboard.type('elena')
      await page.keyboard.press('Tab')
      await page.keyboard.type('sbagliata')
      await page.keyboard.press('Enter')
      await page.getByText('Nome utente o password non corretti.').waitFor()
      expect(await page.getByLabel('Nome utente').inputValue()).toBe('elena')
      await focused(page, 'Password')
      await page.keyboard.type(password)
      await page.keyboard.press('Enter')
      await page.waitForURL(`${callback}*`)
    })
    expect(arrived.find(({ pathname }) => pathname === '/callback')?.searchParams.get('code')).toBeTruthy()
  })

  it('lets a learner pick an account', async () => {
    await withPage({ locale: 'en-GB' }, async (page) => {
      await page.goto(authorize())
      await page.getByRole('link', { name: 'elena' }).click()
      expect(await page.getByLabel('User name').inputValue()).toBe('elena')
      await focused(page, 'Password')
      await page.keyboard.type(password)
      await page.keyboard.press('Enter')
      await page.waitForURL(`${callback}*`)
    })
  })

  it('changes language and keeps the name', async () => {
    await withPage({ locale: 'it-IT' }, async (page) => {
      await page.goto(authorize({ login_hint: 'elena' }))
      await page.getByRole('link', { name: 'English' }).click()
      expect(await page.title()).toBe('Sign in to Ascolto')
      expect(await page.getByLabel('User name').inputValue()).toBe('elena')
    })
  })

  it.each(['light', 'dark'] as const)(
    'has no accessibility fault in the %s theme, wide or zoomed',
    async (colorScheme) => {
      for (const [name, viewport] of [
        ['1366', { width: 1366, height: 768 }],
        ['683', { width: 683, height: 384 }],
      ] as const) {
        await withPage({ locale: 'it-IT', colorScheme, viewport }, async (page) => {
          await page.goto(authorize())
          await page.evaluate(() => document.fonts.ready)
          expect(await page.evaluate(() => document.fonts.check('16px "Titillium Web"'))).toBe(true)
          const check = async () =>
            (await new AxeBuilder({ page }).analyze()).violations.map(({ id, help }) => ({ id, help }))
          expect(await check()).toEqual([])
          expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
          if (shots) await page.screenshot({ path: join(shots, `sign-in-${name}-${colorScheme}.png`) })
          await page.getByLabel('Nome utente').fill('nessuno')
          await page.getByLabel('Password').fill('sbagliata')
          await page.getByRole('button', { name: 'Accedi' }).click()
          await page.getByRole('alert').waitFor()
          expect(await check()).toEqual([])
          if (shots) await page.screenshot({ path: join(shots, `sign-in-wrong-${name}-${colorScheme}.png`) })
        })
      }
    },
  )
})
