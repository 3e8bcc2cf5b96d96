import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { expect, test } from './desk.ts'

// A screen is looked at as long as it takes, while it rings too. It is the longest of all and the first by its name: at the end of the
// suite one worker would do it while the other has nothing left to do.
test.use({ ringSeconds: 600 })

const sizes = [
  { width: 1920, height: 1080 },
  { width: 1366, height: 768 },
]

/** What the colours decide; the rest of a screen is the same, light or dark. */
const ofColours = ['color-contrast', 'link-in-text-block']

/** One screen as everybody has to be able to use it: no serious fault for axe, light and dark, and nothing to scroll sideways for. */
async function look(page: Page, name: string): Promise<void> {
  await test.step(name, async () => {
    expect(page.frames()).toHaveLength(1)
    for (const viewport of sizes) {
      await page.setViewportSize(viewport)
      expect(
        await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
        `${name} at ${viewport.width}`,
      ).toBe(true)
    }
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      const axe = new AxeBuilder({ page })
        // What is right is not listed; and of a page without frames all is found in the page itself, without a second one for what it says.
        .options({ resultTypes: ['violations'] })
        .setLegacyMode()
        // React Aria's announcer keeps what it said for seconds, labelled by elements that may have gone since.
        .exclude('[data-live-announcer]')
      if (colorScheme === 'dark') axe.withRules(ofColours)
      const { violations } = await axe.analyze()
      expect(
        violations
          .filter(({ impact }) => impact === 'serious' || impact === 'critical')
          .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`),
        `${name}, ${colorScheme}`,
      ).toEqual([])
    }
  })
}

test('every screen can be used by everybody, light and dark, at both sizes', async ({ city, desks }) => {
  // Eighteen screens, each looked at twice and in two widths.
  test.setTimeout(420_000)
  const desk = await desks.open()
  const { page } = desk
  await expect(page.getByRole('button', { name: 'Entra' })).toBeVisible()
  await look(page, 'before the sign-in')
  await desk.signIn()
  await desk.seesAllWell()
  await desk.seesCacheFilled()
  await look(page, 'start of the shift')
  await desk.goReady()
  await look(page, 'ready')
  await page.keyboard.press('Control+k')
  await expect(page.getByRole('dialog', { name: 'Comandi' })).toBeVisible()
  await look(page, 'commands')
  await page.keyboard.press('Escape')
  await page.keyboard.press('Control+/')
  await expect(page.getByRole('dialog')).toBeVisible()
  await look(page, 'all keys')
  await page.keyboard.press('Escape')
  await desk.openFromMenu('Impostazioni')
  await expect(page.getByRole('heading', { name: 'Impostazioni' })).toBeVisible()
  await look(page, 'settings')
  await desk.story.getByRole('button', { name: 'Indietro' }).click()
  await desk.opensRequests()
  await look(page, 'requests')
  await desk.story.getByText('Del gruppo', { exact: true }).click()
  await desk.story.getByRole('button', { name: /^R-/ }).first().click()
  await desk.story.getByText('Perché questa data').click()
  await desk.story.getByRole('button', { name: 'Passa ad altro gruppo' }).click()
  await look(page, 'a request')
  await page.keyboard.press('Control+k')
  await page.keyboard.type('impostazioni')
  await page.keyboard.press('Enter')
  await desk.story.getByRole('button', { name: 'Indietro' }).click()

  await city.call('household')
  await expect(desk.person).toHaveText('Chi sta chiamando?')
  await look(page, 'a household rings')
  await page.keyboard.press('1')
  await expect(desk.person).toHaveText('Teresa Colombo')
  await look(page, 'one person rings')
  await desk.answer()
  await desk.writes('Vuole venire di mattina.')
  await look(page, 'in call, note')
  await page.keyboard.press('F2')
  await desk.choose('Servizio', 'Carta d’identità elettronica')
  await desk.sheet.getByRole('button', { name: 'Primo libero' }).click()
  await expect(desk.sheet.getByRole('region', { name: 'Posto scelto' })).toBeVisible()
  await look(page, 'booking')
  await page.keyboard.press('F3')
  await look(page, 'request')
  await page.keyboard.press('F4')
  await desk.sheet.getByRole('option', { name: 'Carta d’identità elettronica' }).first().click()
  await expect(desk.sheet.getByRole('button', { name: 'Tutte le schede' })).toBeVisible()
  await look(page, 'a card')
  await page.keyboard.press('Alt+s')
  await expect(page.getByRole('option', { name: 'Tributi' })).toBeVisible()
  await look(page, 'whom to hand the call to')
  await page.keyboard.type('tributi')
  await page.keyboard.press('Enter')
  await expect(desk.call).toContainText('Parli con')
  await page.keyboard.press('Alt+o')
  await expect(desk.story.getByRole('heading', { name: 'Elenco delle chiamate' })).toBeVisible()
  await look(page, 'a consultation, and the list of calls')
  await desk.story.getByRole('button', { name: 'Indietro' }).click()
  await page.keyboard.press('Alt+n')
  await expect(desk.verb('Muto')).toBeEnabled()
  await expect(desk.call).not.toContainText('In attesa')
  await desk.hangUp()
  await page.keyboard.press('Control+Enter')
  await expect(desk.sheet.getByRole('region', { name: 'Non confermato' })).toBeVisible()
  await look(page, 'wrap-up')
  await desk.sheet.getByRole('button', { name: 'Scarta: Posto scelto, non prenotato' }).click()
  await desk.wrapUp('Risolto subito', 'Carta d’identità')

  for (const [scenario, title] of [
    ['unknown-number', 'Numero mai sentito'],
    ['withheld-number', 'Numero nascosto'],
  ] as const) {
    await city.call(scenario)
    await expect(desk.person).toHaveText(title)
    await look(page, scenario)
    await desk.answer()
    await desk.hangUp()
    await desk.wrapUp('Caduta o muta', 'Informazioni generali')
  }

  await city.killCrm()
  await expect(desk.truth).toContainText('CRM assente')
  await city.call('known-only-to-crm')
  await expect(desk.person).toHaveText('Qui non c’è, e il CRM è assente')
  await look(page, 'not here, and the CRM is away')
  await desk.answer()
  await desk.hangUp()
  await desk.wrapUp('Da richiamare', 'Informazioni generali')
  await expect(desk.story).toContainText('Da consegnare al CRM')
  await look(page, 'what waits for the CRM')
})
