import { expect, test } from 'vitest'
import { cookieOf, type Demand, refusalOf } from './guard.ts'

const origin = 'http://127.0.0.1:4100'
const host = '127.0.0.1:4100'
const asset: Demand = { origin: 'own-or-absent', navigation: false }
const ticket: Demand = { origin: 'own', navigation: false }
const start: Demand = { origin: 'own-or-absent', navigation: true }

test.each([
  ['our own request', { host }, asset, null],
  ['a name that resolves to this machine', { host: 'localhost:4100' }, asset, 'host'],
  ['a rebound name', { host: 'evil.example:4100' }, asset, 'host'],
  ['another port in Host', { host: '127.0.0.1:4101' }, asset, 'host'],
  ['no Host', {}, asset, 'host'],
  ['another page', { host, origin: 'https://evil.example' }, asset, 'origin'],
  ['a page on another port', { host, origin: 'http://127.0.0.1:4101' }, asset, 'origin'],
  ['an opaque origin', { host, origin: 'null' }, asset, 'origin'],
  ['a ticket asked for without Origin', { host }, ticket, 'origin'],
  ['a ticket asked for by our page', { host, origin, 'sec-fetch-site': 'same-origin' }, ticket, null],
  [
    'a script tag on another port',
    { host, 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' },
    asset,
    'site',
  ],
  [
    'a frame elsewhere',
    { host, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
    start,
    'site',
  ],
  [
    'a link elsewhere to the start',
    { host, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
    start,
    null,
  ],
  [
    'a link elsewhere to an asset',
    { host, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
    asset,
    'site',
  ],
] as const)('%s', (_name, headers, demand, expected) => {
  expect(refusalOf(headers, origin, demand)).toBe(expected)
})

test('a cookie counts when it was sent once', () => {
  expect(cookieOf({ cookie: 'other=1; desk=abc' }, 'desk')).toBe('abc')
  expect(cookieOf({ cookie: 'desk=abc; desk=def' }, 'desk')).toBeNull()
  expect(cookieOf({ cookie: 'xdesk=abc' }, 'desk')).toBeNull()
  expect(cookieOf({}, 'desk')).toBeNull()
})
