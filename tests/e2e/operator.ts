import { expect, type Locator, type Page } from '@playwright/test'
import { type Audio, audio, listenToAudio } from './audio.ts'
import type { DeskWindow } from './desk-host.ts'
import { tabTo } from './tab-to.ts'

export const password = 'ascolto-prova'

/** An operator at the desk's page: what the hands do and what the eyes look for, in the words of the page. */
export class Operator {
  readonly page: Page
  readonly call: Locator
  readonly truth: Locator
  readonly story: Locator
  readonly sheet: Locator
  readonly note: Locator

  readonly #window: DeskWindow

  constructor(window: DeskWindow) {
    const { page } = window
    this.#window = window
    this.page = page
    this.call = page.getByRole('region', { name: 'Chiamata' })
    this.truth = page.getByRole('region', { name: 'Stato del sistema' })
    this.story = page.getByRole('main', { name: 'Conversazione' })
    this.sheet = page.getByRole('complementary', { name: 'Lavoro' })
    this.note = page.getByRole('textbox', { name: 'Nota', exact: true })
  }

  /** At a loopback desk's one-time address, in a page that stands already. */
  static async at(page: Page, url: string): Promise<Operator> {
    await listenToAudio(page)
    await page.goto(url)
    const issuer = async (ask: () => Promise<void>) => {
      await ask()
      return page
    }
    return new Operator({ page, voice: page, issuer })
  }

  /** The issuer's page, after `ask` has made the desk send the operator there. */
  issuer(ask: () => Promise<void>): Promise<Page> {
    return this.#window.issuer(ask)
  }

  async signIn(login = 'elena', secret = password): Promise<void> {
    const issuer = await this.issuer(() => this.page.getByRole('button', { name: 'Entra' }).click())
    await issuer.getByLabel('Nome utente').fill(login)
    await issuer.getByLabel('Password').fill(secret)
    await issuer.getByRole('button', { name: 'Accedi' }).click()
  }

  /** Whoever comes to this desk is signed in, now or since before. */
  async comeIn(login = 'elena'): Promise<void> {
    const signIn = this.page.getByRole('button', { name: 'Entra' })
    const own = this.truth.getByRole('button', { name: /^Il tuo stato/ })
    await signIn.or(own).first().waitFor()
    if (await signIn.isVisible()) await this.signIn(login)
    await own.waitFor()
  }

  /** Whoever comes to this desk is signed in, has the CRM's rows and is ready, now or since before. */
  async beginShift(): Promise<void> {
    const begin = this.page.getByRole('button', { name: /^(Comincia a rispondere|Torna disponibile)/ })
    await this.comeIn()
    await this.state('Disponibile').or(begin).first().waitFor()
    await this.seesAllWell()
    await this.seesCacheFilled()
    // After a restart it stands there until the microphone has opened, and goes by itself.
    await expect(async () => {
      if (await begin.isVisible()) await begin.click({ timeout: 1000 })
      await expect(begin).toBeHidden({ timeout: 1000 })
    }).toPass()
    await expect(this.state('Disponibile')).toBeVisible()
  }

  /** The page anew, the host and the voice as they are. */
  async reload(): Promise<void> {
    await this.page.reload()
  }

  /** Everything is well: telephone, CRM, cache. */
  async seesAllWell(): Promise<void> {
    await expect(this.truth.getByText('Tutto in ordine')).toBeVisible({ timeout: 30_000 })
    await expect(this.truth.getByText('telefono, CRM, invii')).toBeVisible()
  }

  /** The desk has its copy of the CRM's rows. */
  async seesCacheFilled(): Promise<void> {
    await this.truth.getByRole('button', { name: 'Tutto in ordine' }).click()
    const details = this.page.getByRole('dialog', { name: 'Stato di telefono, CRM e invii' })
    await expect(details.getByText('pronti')).toBeVisible({ timeout: 30_000 })
    await this.page.keyboard.press('Escape')
  }

  state(words: string): Locator {
    return this.truth.getByRole('button', { name: `Il tuo stato: ${words}` })
  }

  /** The menu of the operator's own state. */
  async openFromMenu(item: string): Promise<void> {
    await this.truth.getByRole('button', { name: /^Il tuo stato/ }).click()
    await this.page.getByRole('menuitem', { name: item }).click()
  }

  /** By the command bar. */
  async dials(number: string): Promise<void> {
    await this.page.keyboard.press('Control+k')
    await this.page.keyboard.type(number)
    const commands = this.page.getByRole('dialog', { name: 'Comandi' })
    await commands.getByRole('menuitem', { name: `Chiama ${number}` }).click()
  }

  /** Whom to hand the call to is asked, and can be typed. */
  async opensTransfer(): Promise<void> {
    const whom = this.page.getByRole('dialog', { name: 'Passa la chiamata' }).getByRole('combobox')
    // No hand is as quick as this one: for a second after another call has ended in its place the desk hands this one to nobody.
    await expect(async () => {
      await this.page.keyboard.press('Alt+s')
      await expect(whom).toBeFocused({ timeout: 1500 })
    }).toPass()
  }

  /** By the command bar; those about to be late come first. */
  async opensRequests(): Promise<void> {
    await this.page.keyboard.press('Control+k')
    await this.page.keyboard.type('richieste')
    await this.page.keyboard.press('Enter')
    await expect(this.story.getByRole('heading', { name: 'Richieste' })).toBeVisible()
  }

  async goReady(): Promise<void> {
    await this.page.getByRole('button', { name: /^(Comincia a rispondere|Torna disponibile)/ }).click()
    await expect(this.call).toContainText('La prossima telefonata squilla qui')
  }

  get person(): Locator {
    return this.story.getByRole('heading', { level: 1 })
  }

  async rings(): Promise<void> {
    await expect(this.call.getByRole('button', { name: 'Rispondi' })).toBeVisible()
  }

  async answer(): Promise<void> {
    await this.rings()
    await this.page.keyboard.press('Alt+Enter')
    await this.talks()
  }

  /** The voice is connected: the verbs can be used. */
  async talks(): Promise<void> {
    await expect(this.verb('Muto')).toBeEnabled()
  }

  verb(name: 'Muto' | 'Attesa' | 'Riprendi'): Locator {
    return this.call.getByRole('button', { name, exact: true })
  }

  async hangUp(): Promise<void> {
    const closing = this.sheet.getByRole('heading', { name: 'Chiudi la conversazione' })
    // For a second after another call has ended in its place the desk ends none.
    await expect(async () => {
      await this.page.keyboard.press('Alt+f')
      await expect(closing).toBeVisible({ timeout: 1500 })
    }).toPass()
  }

  async writes(note: string): Promise<void> {
    await this.note.fill(note)
    await this.saved()
  }

  /** What was typed is on disk. */
  async saved(): Promise<void> {
    await expect(this.sheet.getByText('salvata', { exact: true })).toBeVisible()
  }

  async identify(method: string): Promise<void> {
    await this.story.getByRole('button', { name: 'Verifica l’identità' }).click()
    await this.page.getByRole('menuitemradio', { name: method, exact: true }).click()
    await expect(this.story.getByText('Identità verificata', { exact: true })).toBeVisible()
  }

  /** Chooses the first free slot of a service and confirms it. */
  async book(service: string): Promise<void> {
    await this.page.keyboard.press('F2')
    await this.choose('Servizio', service)
    await this.sheet.getByRole('button', { name: 'Primo libero' }).click()
    await expect(this.sheet.getByRole('region', { name: 'Posto scelto' })).toBeVisible()
    await this.page.keyboard.press('Control+Enter')
  }

  async openRequest(kind: string, topic: string, text: string): Promise<void> {
    await this.page.keyboard.press('F3')
    await this.option(kind).click()
    await this.choose('Argomento', topic)
    await this.sheet.getByLabel('Che cosa chiede').fill(text)
    await this.page.keyboard.press('Control+Enter')
    await expect(this.sheet.getByText('Richiesta aperta')).toBeVisible()
  }

  async choose(label: string, text: string): Promise<void> {
    await this.sheet.getByRole('combobox', { name: label }).fill(text)
    await this.page.getByRole('option', { name: text }).first().click()
  }

  /** Without a mouse, of the list that opens at this button: it hears no key before one of its options has the focus. */
  async picks(button: Locator, words: string): Promise<void> {
    await tabTo(this.page, button)
    await this.page.keyboard.press('Enter')
    await expect(this.page.getByRole('option').and(this.page.locator(':focus'))).toBeVisible()
    await this.page.keyboard.type(words)
    await this.page.keyboard.press('Enter')
  }

  /** The radio button itself is hidden behind its label. */
  option(words: string): Locator {
    return this.sheet.locator('label', { hasText: words })
  }

  /** Closes the conversation with an outcome; ready again. */
  async wrapUp(outcome: string, topic?: string): Promise<void> {
    if (topic) {
      const change = this.sheet.getByRole('button', { name: 'Cambia', exact: true })
      if (await change.isVisible()) await change.click()
      await this.choose('Argomento', topic)
    }
    await this.option(outcome).click()
    await this.sheet.getByRole('button', { name: 'Chiudi, torno disponibile' }).click()
    await expect(this.call).toContainText('Nessuna chiamata')
  }

  audio(): Promise<Audio> {
    return audio(this.#window.voice)
  }

  /** The citizen is heard: packets more than before, and at some moment a level. */
  async hears(): Promise<void> {
    const before = (await this.audio()).inbound.packets
    await expect
      .poll(async () => (await this.audio()).inbound.level, { timeout: 20_000, intervals: [100] })
      .toBeGreaterThan(0)
    await expect.poll(async () => (await this.audio()).inbound.packets).toBeGreaterThan(before)
  }

  /** The microphone gives sound and it is sent. */
  async speaks(): Promise<void> {
    const before = (await this.audio()).outbound.packets
    await expect
      .poll(async () => (await this.audio()).microphone.level, { timeout: 10_000, intervals: [100] })
      .toBeGreaterThan(0)
    await expect.poll(async () => (await this.audio()).outbound.packets).toBeGreaterThan(before)
  }
}
