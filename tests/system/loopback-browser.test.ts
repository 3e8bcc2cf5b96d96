import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type Browser, chromium, type Page } from '@playwright/test'
import { build } from 'vite'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { chromiumArgs, chromiumPath } from '../support/chromium.ts'
import { type LoopbackShell, loopbackShell } from '../support/loopback-shell.ts'

let browser: Browser
let rendererDir: string
let shell: LoopbackShell
let page: Page
const servers: Server[] = []

beforeAll(async () => {
  rendererDir = await mkdtemp(join(tmpdir(), 'ascolto-page-'))
  await build({
    root: resolve('tests/support/small-page'),
    configFile: false,
    logLevel: 'error',
    build: { outDir: rendererDir, emptyOutDir: true, modulePreload: { polyfill: false }, target: 'esnext' },
  })
  browser = await chromium.launch({ executablePath: chromiumPath(), args: chromiumArgs })
})
afterAll(async () => {
  await browser.close()
  await rm(rendererDir, { recursive: true, force: true })
})
beforeEach(async () => {
  shell = await loopbackShell({ rendererDir })
  page = await (await browser.newContext()).newPage()
})
afterEach(async () => {
  await page.context().close()
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
  await shell.close()
})

/** A site of somebody else on this machine, as `http://<name>:<port>`. */
async function site(name: 'localhost' | '127.0.0.1', body: string, onPost?: string): Promise<string> {
  const server = createServer((request, response) => {
    if (request.method === 'POST' && onPost !== undefined) {
      response.writeHead(303, { location: onPost }).end()
    } else {
      response.writeHead(200, { 'content-type': 'text/html' }).end(body)
    }
  })
  servers.push(server)
  await new Promise<void>((done) => server.listen(0, name, done))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not bound')
  return `http://${name}:${address.port}`
}

const isOpen = () =>
  page.waitForFunction(() => document.title === 'open' && document.body.textContent === 'same-window')

test('a launched page connects under its policy, and after a reload', async () => {
  const complaints: string[] = []
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  await page.goto(shell.server.launchUrl())
  expect(page.url()).toBe(`${shell.server.origin}/`)
  await isOpen()
  await page.reload()
  await isOpen()
  expect(complaints).toEqual([])
  expect(await page.evaluate(() => document.cookie)).toBe('')
})

test('the sign-in comes back from an issuer of another site, and the page goes on with its cookie', async () => {
  await page.goto(shell.server.launchUrl())
  await isOpen()
  const issuer = await site(
    'localhost',
    '<form method="post"><button>sign in</button></form>',
    `${shell.server.origin}/callback?code=c&state=s`,
  )
  await page.goto(issuer)
  await page.getByRole('button').click()
  await page.waitForURL(`${shell.server.origin}/`)
  await isOpen()
  expect(shell.host.callbacks).toEqual([`${shell.server.origin}/callback?code=c&state=s`])
})

test('a page on another port of this machine, to which the cookie is sent too, gets nothing', async () => {
  const { origin } = shell.server
  await page.goto(shell.server.launchUrl())
  await isOpen()
  const attached = shell.host.sockets.length
  const stranger = await site('127.0.0.1', '<!doctype html><title>stranger</title>')
  await page.goto(stranger)
  const got = await page.evaluate(async (desk) => {
    const outcome = (promise: Promise<unknown>) =>
      promise.then(
        (value) => value,
        () => 'refused',
      )
    const element = (tag: 'script' | 'img', src: string) =>
      new Promise((done) => {
        const node = Object.assign(document.createElement(tag), { src })
        node.onload = () => done('loaded')
        node.onerror = () => done('refused')
        document.body.append(node)
      })
    return {
      ticket: await outcome(fetch(`${desk}/ticket`, { method: 'POST', credentials: 'include' })),
      index: await outcome(fetch(`${desk}/`, { credentials: 'include' })),
      script: await element('script', `${desk}/index.html`),
      image: await element('img', `${desk}/`),
      socket: await new Promise((done) => {
        const socket = new WebSocket(`${desk.replace('http', 'ws')}/host?ticket=guess`)
        socket.onopen = () => done('open')
        socket.onerror = () => done('refused')
      }),
    }
  }, origin)
  expect(got).toEqual({
    ticket: 'refused',
    index: 'refused',
    script: 'refused',
    image: 'refused',
    socket: 'refused',
  })
  expect(shell.host.sockets).toHaveLength(attached)

  const frame = await site('127.0.0.1', `<iframe src="${origin}/"></iframe>`)
  const answered = page.waitForResponse((response) => response.url() === `${origin}/`)
  await page.goto(frame)
  expect((await answered).status()).toBe(403)
})

test('a window that was not launched says how to open the desk', async () => {
  await page.goto(shell.server.origin)
  expect(await page.textContent('body')).toContain('npm start')
})
