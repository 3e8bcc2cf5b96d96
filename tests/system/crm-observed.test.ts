import { request as httpRequest } from 'node:http'
import { AxeBuilder } from '@axe-core/playwright'
import { chromium } from '@playwright/test'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { crmPrefix } from '#contract/crm.ts'
import { chromiumArgs, chromiumPath } from '../support/chromium.ts'
import { type CrmUnderTest, startCrm } from '../support/crm.ts'
import { addCitizen, addPerson, fillSmallCity, type Person } from '../support/crm-city.ts'

let crm: CrmUnderTest
let person: Person
beforeAll(async () => {
  crm = await startCrm()
  await fillSmallCity(crm.store.db)
  person = await addPerson(crm)
})
afterAll(() => crm.stop())

const metrics = async (headers: Record<string, string> = {}, url = crm.url) => {
  const response = await fetch(`${url}/metrics`, { headers })
  return { status: response.status, text: await response.text() }
}

test('requests are measured by operation and status, without a word of whom they were about', async () => {
  const citizen = await addCitizen(crm.store.db, { familyName: 'Zanetti' })
  await person.api.citizens.search({ text: 'zanetti' })
  await person.api.citizens.get({ id: citizen.id, reasonKind: 'search' })
  await person.api.citizens.get({ id: person.id, reasonKind: 'search' }).catch(() => {})
  await fetch(`${crm.url}${crmPrefix}/nothing/like/zanetti`, {
    headers: { authorization: person.authorization },
  })
  const { text } = await metrics()
  const counted = (operation: string, status: number, method = 'GET') =>
    text.includes(
      `ascolto_http_request_duration_seconds_count{method="${method}",operation="${operation}",status="${status}"} 1`,
    )
  expect(counted('citizens.search', 200, 'POST')).toBe(true)
  expect(counted('citizens.get', 200)).toBe(true)
  expect(counted('citizens.get', 404)).toBe(true)
  expect(counted('/api/v1/*', 404)).toBe(true)
  expect(text).toMatch(/^nodejs_eventloop_lag_seconds /m)
  expect(text).toContain('ascolto_messages_queued{due="true"} 0')
  expect(text).toMatch(/^ascolto_database_waiting \d+$/m)
  expect(text).not.toMatch(new RegExp(`zanetti|${citizen.id}`, 'i'))
})

test('while too many wait for the database, who comes is told at once when to come again, and the log why', async () => {
  let waiting = 999
  const busy = await startCrm({ waiting: () => waiting })
  try {
    const { authorization } = await addPerson(busy)
    const ask = async (path: string) => {
      const answer = await fetch(busy.url + path, { headers: { authorization } })
      await answer.text()
      return [answer.status, answer.headers.get('retry-after')]
    }
    expect(await ask(`${crmPrefix}/me`)).toEqual([200, null])
    waiting = 1000
    expect(await ask(`${crmPrefix}/me`)).toEqual([503, '5'])
    expect(await ask(`${crmPrefix}/me`)).toEqual([503, '5'])
    expect(await ask('/health')).toEqual([200, null])
    expect((await metrics({}, busy.url)).text).toMatch(/^ascolto_database_waiting 1000$/m)
    expect(busy.logs().split('requests are refused')).toHaveLength(2)
    waiting = 0
    expect(await ask(`${crmPrefix}/me`)).toEqual([200, null])
  } finally {
    await busy.stop()
  }
})

test('metrics are for this computer, or for who brings the token', async () => {
  expect((await metrics()).status).toBe(200)
  expect((await metrics({ 'x-forwarded-for': '127.0.0.1' })).status).toBe(403)
  expect((await metrics({ forwarded: 'for=127.0.0.1' })).status).toBe(403)
  const guarded = await startCrm({ metricsToken: 'a long token' })
  try {
    expect((await metrics({}, guarded.url)).status).toBe(403)
    expect((await metrics({ authorization: 'Bearer a long toke' }, guarded.url)).status).toBe(403)
    const read = await metrics(
      { authorization: 'Bearer a long token', 'x-forwarded-for': '10.0.0.1' },
      guarded.url,
    )
    expect(read.status).toBe(200)
  } finally {
    await guarded.stop()
  }
})

test('every failure is problem details with the id that the log has', async () => {
  const asked = [
    [`${crmPrefix}/me`, {}, 401],
    [`${crmPrefix}/nothing`, { authorization: person.authorization }, 404],
    ['/nothing', {}, 404],
    [`${crmPrefix}/citizens/to-compare?limit=x`, { authorization: person.authorization }, 400],
    [`${crmPrefix}/messages/outbox`, { authorization: person.authorization }, 403],
  ] as const
  for (const [path, headers, status] of asked) {
    const response = await fetch(crm.url + path, { headers })
    const body = await response.json()
    expect([path, response.status, body.status]).toEqual([path, status, status])
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json(;|$)/)
    expect(body.type).toBe(`urn:ascolto:problem:${body.code}`)
    expect(response.headers.get('x-request-id')).toBeTruthy()
  }
})

test('no answer is shown in a frame, guessed at, run or named to others by a browser, whoever gives it', async () => {
  const paths = ['/health', `${crmPrefix}/me`, '/nothing', '/oidc/.well-known/openid-configuration']
  for (const path of paths) {
    const { headers } = await fetch(`${crm.url}${path}`)
    expect(Object.fromEntries(headers), path).toMatchObject({
      'content-security-policy': "default-src 'none';frame-ancestors 'none'",
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'strict-transport-security': 'max-age=31536000; includeSubDomains',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    })
  }
})

test('a request that no parser reads is refused, and the next one is served', async () => {
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const sent = httpRequest(`${crm.url}/health`, { headers: { x: 'y'.repeat(20_000) } }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    sent.on('error', reject)
    sent.end()
  })
  expect(status).toBe(431)
  expect((await fetch(`${crm.url}/health`)).status).toBe(200)
})

test('the API can be read in a browser, all operations of the document, with nothing refused by its policy', async () => {
  const document = await (await fetch(`${crm.url}${crmPrefix}/openapi.json`)).json()
  const operations = Object.values<Record<string, { operationId: string }>>(document.paths).flatMap((path) =>
    Object.values(path).map(({ operationId }) => operationId),
  )
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: chromiumArgs })
  try {
    const page = await (await browser.newContext()).newPage()
    const problems: string[] = []
    page.on('console', (message) => problems.push(message.text()))
    page.on('pageerror', (error) => problems.push(String(error)))
    const response = await page.goto(`${crm.url}${crmPrefix}/docs`)
    expect(response?.headers()['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-/)
    expect(await page.locator('article').evaluateAll((all) => all.map(({ id }) => id))).toEqual(operations)
    const collapse = page.locator('table').first()
    expect(await collapse.evaluate((table) => getComputedStyle(table).borderCollapse)).toBe('collapse')
    expect(
      (await new AxeBuilder({ page }).analyze()).violations.map(({ id, nodes }) => [id, nodes.length]),
    ).toEqual([])
    expect(problems.filter((text) => !text.includes('favicon'))).toEqual([])
  } finally {
    await browser.close()
  }
})
