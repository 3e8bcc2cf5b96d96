import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium, type Page } from '@playwright/test'
import { pino } from 'pino'
import { openHost } from '../../../src/main/host/host.ts'
import { openKeyFile } from '../../../src/main/loopback/key-file.ts'
import { openServer } from '../../../src/main/loopback/server.ts'
import type { Line } from '../../../src/practice/line.ts'
import { buildPage } from '../../../tools/build.ts'
import { Operator } from '../../e2e/operator.ts'
import { chromiumArgs, chromiumPath } from '../chromium.ts'
import { eventually } from '../telephone.ts'
import { openTestCity } from '../test-city.ts'
import { type HostLeft, watchHost } from './host-left.ts'
import { countOpenThings, leftInPage, type PageLeft } from './page-left.ts'

export type Left = { page: PageLeft; host: HostLeft }

/** What a desk does for the first time it keeps: code, words, the page's first list. */
const warmUp = 3
/** A machine that does other things too stands still for seconds. */
const patience = 30_000

/** Nothing of a call is alive any more. */
const idle = ({ page, host }: Left): boolean =>
  page.connections + page.audioContexts + page.tracks + page.dialogs === 0 &&
  host.calls + host.sessions + host.lineCalls + host.lineConnections === 0

/**
 * A desk with its real page in Chromium, on the practice line: `count` calls one after the other, each spoken in, wrapped up and over.
 * What an idle desk has before and after. Rejects when a connection, a microphone, a sound, a dialog, a session or a call outlives the last.
 */
export async function callsInARow(count: number): Promise<{ before: Left; after: Left }> {
  const undo: (() => unknown)[] = []
  try {
    const { page, line } = await openDeskPage(undo)
    const devtools = await page.context().newCDPSession(page)
    const desk = new Operator({ page, voice: page, issuer: async (ask) => ask().then(() => page) })
    await desk.beginShift()
    const leftInHost = watchHost(line)
    const look = async (): Promise<Left> => ({
      page: await leftInPage(page, devtools),
      host: await leftInHost(),
    })

    for (let call = 0; call < warmUp; call++) await wholeCall(desk, line, call)
    const before = await eventually(look, idle, 'the desk is idle', patience)
    for (let call = 0; call < count; call++) await wholeCall(desk, line, call)
    // A notice of the last call, or work on its way to the CRM, is still shown for a moment.
    const asBefore = (now: Left) => idle(now) && now.page.elements <= before.page.elements
    const after = await eventually(look, asBefore, 'the desk is idle and shows what it showed', patience)
    return { before, after }
  } finally {
    for (const step of undo.toReversed()) await step()
  }
}

/** What there is more of after than before, a call; the heaps in KiB. */
export function growthPerCall(
  { before, after }: { before: Left; after: Left },
  calls: number,
): Record<
  'elements' | 'pageTimers' | 'nodes' | 'listeners' | 'pageHeap' | 'hostTimers' | 'hostHeap',
  number
> {
  const grown = (from: number, to: number): number => Math.round((100 * (to - from)) / calls) / 100
  return {
    elements: grown(before.page.elements, after.page.elements),
    pageTimers: grown(before.page.timers, after.page.timers),
    nodes: grown(before.page.nodes, after.page.nodes),
    listeners: grown(before.page.listeners, after.page.listeners),
    pageHeap: grown(before.page.heap / 1024, after.page.heap / 1024),
    hostTimers: grown(before.host.timers, after.host.timers),
    hostHeap: grown(before.host.heap / 1024, after.host.heap / 1024),
  }
}

async function openDeskPage(undo: (() => unknown)[]): Promise<{ page: Page; line: Line }> {
  await buildPage(() => undefined)
  const folder = await mkdtemp(join(tmpdir(), 'ascolto-row-'))
  undo.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
  const city = await openTestCity()
  undo.push(() => city.close())
  const log = pino({ level: process.env.PHONE_LOG ?? 'silent' })
  let origin = ''
  const dataDir = join(folder, 'desk')
  const host = await openHost({
    dataDir,
    crmUrl: city.url,
    keys: await openKeyFile(folder),
    capabilities: { signIn: 'same-window', notifications: false, raiseWindow: false, mediaInPage: true },
    redirectUri: async () => `${origin}/callback`,
    log,
  })
  undo.push(() => host.close())
  const rendererDir = fileURLToPath(new URL('../../../out/renderer', import.meta.url))
  const server = await openServer({ host, rendererDir, port: 0, log })
  undo.push(() => server.close())
  origin = server.origin
  const browser = await chromium.launch({
    executablePath: chromiumPath(),
    args: chromiumArgs,
  })
  undo.push(() => browser.close())
  const context = await browser.newContext({
    locale: 'it-IT',
    timezoneId: 'Europe/Rome',
    viewport: { width: 1366, height: 768 },
    permissions: ['microphone'],
  })
  const page = await context.newPage()
  await countOpenThings(page)
  await page.goto(server.launchUrl())
  return { page, line: city.practice.line }
}

/**
 * A host that stood still for seconds believes that it slept, and proves its line first; the ring comes again then, or the queue has set
 * the operator not ready because of it.
 */
async function answer(desk: Operator): Promise<void> {
  const rings = desk.call.getByRole('button', { name: 'Rispondi' })
  const kept = desk.page.getByRole('button', { name: /^Torna disponibile/ })
  const talks = desk.verb('Muto')
  while (!(await talks.isVisible())) {
    await rings.or(kept).or(talks).first().waitFor()
    if (await kept.isVisible()) await kept.click()
    else await desk.page.keyboard.press('Alt+Enter')
    await talks.waitFor({ timeout: 5000 }).catch(() => undefined)
  }
}

/** Every way that a call goes in turn: known and withheld, held, a panel opened and closed, ended here and there. */
async function wholeCall(desk: Operator, line: Line, call: number): Promise<void> {
  const handle = line.place(call % 3 === 2 ? 'withheld-number' : 'stays-on-the-line')
  const { keyboard } = desk.page
  await answer(desk)
  const heard = () => handle.mediaStats().receivedPackets
  await eventually(heard, (packets) => packets > 5, 'the operator is heard', patience)
  const sounding = () => desk.page.evaluate(() => window.openThings().audioContexts)
  await eventually(sounding, (contexts) => contexts === 0, 'the ringing has let its devices go', patience)
  if (call % 2 === 0) {
    await desk.verb('Attesa').click()
    await desk.verb('Riprendi').click()
    await desk.verb('Attesa').waitFor()
  } else {
    await keyboard.press('Alt+s')
    const panel = desk.page.getByRole('dialog', { name: 'Passa la chiamata' })
    await panel.waitFor()
    await keyboard.press('Escape')
    await panel.waitFor({ state: 'hidden' })
  }
  if (call % 4 < 2) await keyboard.press('Alt+f')
  else handle.hangUp()
  await desk.sheet.getByRole('heading', { name: 'Chiudi la conversazione' }).waitFor()
  const change = desk.sheet.getByRole('button', { name: 'Cambia', exact: true })
  if (await change.isVisible()) await change.click()
  await desk.choose('Argomento', 'Informazioni generali')
  await desk.option('Caduta o muta').click()
  await desk.sheet.getByRole('button', { name: 'Chiudi, torno disponibile' }).click()
  await desk.call.getByText('Nessuna chiamata').waitFor()
}
