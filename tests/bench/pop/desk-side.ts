import { fileURLToPath } from 'node:url'
import type { BrowserContext, Locator, Page } from '@playwright/test'
import { z } from 'zod'
import { it as deskWords } from '../../../src/renderer/src/i18n/words/desk.ts'
import { it as personWords } from '../../../src/renderer/src/i18n/words/person.ts'
import { it as startWords } from '../../../src/renderer/src/i18n/words/start.ts'
import { type StartedProgram, startProgram } from '../../../tools/process.ts'
import { programFile } from '../../../tools/programs.ts'
import { aheadIn } from '../lib/clock.ts'
import type { Caller } from './callers.ts'
import { PaintWatch, type Shown } from './paint-watch.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** Milliseconds of high resolution time of the host; `loggedAt` is its wall clock, cut to whole milliseconds, somewhat later. */
export type Invite = { arrivedAt: number; loggedAt: number }

const InviteLine = z.object({
  msg: z.literal('invite received'),
  arrivedAt: z.number(),
  time: z.number(),
})

const ringing = personWords.ringing
export const idle: Shown = { heading: startWords.idle.readyTitle, words: [] }

/** It says another word before the first call of a shift. */
const goReady = (page: Page): Locator =>
  page
    .getByRole('button', { name: startWords.idle.goReady, exact: true })
    .or(page.getByRole('button', { name: startWords.idle.start, exact: true }))

/** What the desk's page shows of a caller: first while nobody has answered yet who it is, then the context. */
export function expected({ kind, names }: Caller): Shown[] {
  const [only = ''] = names
  const looking: Shown = { heading: ringing.lookingTitle, words: [] }
  if (kind === 'known') return [{ heading: only, words: [] }]
  if (kind === 'household') return [{ heading: ringing.who, words: names }]
  if (kind === 'unknown') return [looking, { heading: ringing.unknownTitle, words: [] }]
  return [looking, { heading: only, words: [] }]
}

/** The real desk: the loopback host as a program of its own, and the built page in a browser, which is told nothing. */
export class DeskSide {
  readonly page: Page
  readonly watch: PaintWatch
  readonly #program: StartedProgram
  readonly #invites: Invites

  private constructor(program: StartedProgram, page: Page, watch: PaintWatch, invites: Invites) {
    this.#program = program
    this.page = page
    this.watch = watch
    this.#invites = invites
  }

  static async open(options: {
    context: BrowserContext
    dataDir: string
    crmUrl: string
    login: string
    password: string
  }): Promise<DeskSide> {
    const invites = new Invites()
    const program = await startProgram(
      [programFile('desk'), '--data', options.dataDir, '--crm', options.crmUrl],
      { cwd: root, env: { ASCOLTO_LOG: 'debug' }, log: (text) => invites.read(text) },
    )
    try {
      const page = await options.context.newPage()
      const watch = await PaintWatch.over(page)
      await page.goto(program.ready.url ?? '')
      await page.getByRole('button', { name: startWords.signIn.action }).click()
      await page.locator('#login').fill(options.login)
      await page.locator('#password').fill(options.password)
      await page.keyboard.press('Enter')
      await goReady(page).waitFor()
      return new DeskSide(program, page, watch, invites)
    } catch (error) {
      await program.stop()
      throw error
    }
  }

  /** Every row that this desk may hold is on its disk. */
  async filled(): Promise<void> {
    await this.page.getByRole('button', { name: deskWords.truth.allWell }).click()
    await this.page.getByRole('dialog').getByText(deskWords.truth.cacheReady, { exact: true }).waitFor()
    await this.page.keyboard.press('Escape')
  }

  async ready(): Promise<void> {
    await goReady(this.page).click()
    await this.page.getByRole('heading', { name: idle.heading, level: 1, exact: true }).waitFor()
  }

  async pause(): Promise<void> {
    await this.page.getByRole('button', { name: deskWords.agent.reason.break, exact: true }).click()
    await goReady(this.page).waitFor()
  }

  ahead(): Promise<number> {
    return aheadIn(this.page)
  }

  nextInvite(): Promise<Invite> {
    return this.#invites.next()
  }

  close(): Promise<void> {
    return this.#program.stop()
  }
}

/** Reads the host's log. */
class Invites {
  #rest = ''
  #tell: ((invite: Invite) => void) | null = null

  next(): Promise<Invite> {
    return new Promise((resolve) => {
      this.#tell = resolve
    })
  }

  read(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) {
      if (!line.includes('"invite received"')) continue
      const { arrivedAt, time } = InviteLine.parse(JSON.parse(line))
      this.#tell?.({ arrivedAt, loggedAt: time })
      this.#tell = null
    }
  }
}
