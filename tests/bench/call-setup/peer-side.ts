import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Browser } from '@playwright/test'
import { build } from 'vite'
import { credentialsOf } from '../../support/telephone.ts'
import type {} from './pages/telephone.ts'
import { ringsFor, type Side } from './side.ts'

export type Peer = 'sipjs' | 'jssip'

export async function buildPeers(outDir: string): Promise<void> {
  const root = `${import.meta.dirname}/pages`
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    build: {
      outDir,
      emptyOutDir: true,
      rollupOptions: { input: [`${root}/sipjs.html`, `${root}/jssip.html`] },
    },
  })
}

const types: Record<string, string> = { html: 'text/html', js: 'text/javascript' }

/** A page with the peer's whole telephone in it. */
export async function openPeer(
  browser: Browser,
  pages: string,
  options: { peer: Peer; extension: string; sipUrl: string; stun: string },
): Promise<Side> {
  const { peer, extension, sipUrl, stun } = options
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/'
    readFile(join(pages, path)).then(
      (content) =>
        response.writeHead(200, { 'content-type': types[path.split('.').at(-1) ?? ''] ?? '' }).end(content),
      () => response.writeHead(404).end(),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const context = await browser.newContext({ permissions: ['microphone'] })
  const page = await context.newPage()
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/${peer}.html`)
  await page.waitForFunction(() => 'telephone' in window)
  const { realm, username, password } = credentialsOf(extension, sipUrl, null)
  await page.evaluate((account) => window.telephone.start(account), {
    ...{ sipUrl, realm, extension, username, password, ringsFor },
    iceServers: [{ urls: stun }],
  })
  return {
    page,
    extension,
    clickedAt: (callId) => page.evaluate((id) => window.telephone.clicks[id] ?? Number.NaN, callId),
    dial: (number) => page.evaluate((to) => window.telephone.dial(to), number),
    idle: async () => {
      await page.waitForFunction(() => window.telephone.calls() === 0, null, { polling: 5 })
    },
    async close() {
      await context.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
