import { afterEach, expect, test } from 'vitest'
import { Fault } from '#contract/errors.ts'
import { type RedirectListener, redirectListener } from './redirect-listener.ts'

let listener: RedirectListener
afterEach(() => listener.close())

test('the port is open for one sign-in and closed after it', async () => {
  const heard: string[] = []
  listener = redirectListener(async (url) => {
    heard.push(url)
  })
  const uri = await listener.redirectUri()
  expect(uri).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback$/)
  const back = await fetch(`${uri}?code=c&state=s`)
  expect(back.status).toBe(200)
  expect(await back.text()).toContain('You are signed in')
  expect(back.headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(heard).toEqual([`${uri}?code=c&state=s`])
  await expect(fetch(uri)).rejects.toThrow()
})

test('a wrong answer does not close the port to the right one', async () => {
  listener = redirectListener(async (url) => {
    if (!url.includes('state=right')) throw new Fault('unauthenticated', 'sign-in-failed')
  })
  const uri = await listener.redirectUri()
  const wrong = await fetch(`${uri}?code=c&state=guess`)
  expect(wrong.status).toBe(400)
  expect(await wrong.text()).toContain('Sign-in failed')
  expect((await fetch(uri.replace('/callback', '/other'))).status).toBe(404)
  expect((await fetch(uri, { method: 'POST' })).status).toBe(404)
  expect((await fetch(uri.replace('127.0.0.1', 'localhost'))).status).toBe(403)
  expect((await fetch(`${uri}?code=c&state=right`)).status).toBe(200)
})

test('beginning anew closes the port of the sign-in before', async () => {
  listener = redirectListener(async () => {})
  const first = await listener.redirectUri()
  const second = await listener.redirectUri()
  await expect(fetch(first)).rejects.toThrow()
  expect((await fetch(second)).status).toBe(200)
})
