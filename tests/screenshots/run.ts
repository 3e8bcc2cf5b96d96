import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, expect, type Page } from '@playwright/test'
import { buildPage } from '../../tools/build-page.ts'
import { Operator } from '../e2e/operator.ts'
import { chromiumPath } from '../support/chromium.ts'
import { City } from '../support/city.ts'

/** The pictures of the README, taken from the running programs: `npm run screenshots`. */

const folder = new URL('../../docs/pictures', import.meta.url).pathname
const small = { width: 1366, height: 768 }
const large = { width: 1920, height: 1080 }

let taken = 0

/** The state that the page is in, at the usual size and, when asked, dark or on a large screen too. */
async function picture(page: Page, name: string, also: { dark?: true; large?: true } = {}): Promise<void> {
  const take = async (suffix: string) => {
    await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished)))
    await page.screenshot({ path: join(folder, `${name}${suffix}.png`), animations: 'disabled' })
    taken++
  }
  await take('')
  if (also.dark) {
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
    await take('-dark')
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
  }
  if (also.large) {
    await page.setViewportSize(large)
    await take('-1920')
    await page.setViewportSize(small)
  }
}

async function rings(city: City, operator: Operator, scenario: string, heading: string): Promise<void> {
  await city.call(scenario)
  await expect(operator.call.getByRole('button', { name: 'Rispondi' })).toBeVisible()
  await expect(operator.person).toHaveText(heading)
}

async function finish(operator: Operator): Promise<void> {
  await operator.hangUp()
  await operator.wrapUp('Caduta o muta')
}

async function atRest(page: Page, operator: Operator): Promise<void> {
  await operator.signIn()
  await operator.seesAllWell()
  await picture(page, 'start-of-shift')
  await operator.goReady()
  await picture(page, 'ready')
  await operator.state('Disponibile').click()
  await page.getByRole('menuitem', { name: 'Impostazioni' }).click()
  await expect(operator.story.getByRole('heading', { name: 'Impostazioni' })).toBeVisible()
  await picture(page, 'settings')
  await operator.story.getByRole('button', { name: 'Indietro' }).click()
}

async function requests(page: Page, operator: Operator): Promise<void> {
  await operator.opensRequests()
  await operator.story.getByText('Del gruppo', { exact: true }).click()
  await expect(operator.story.getByRole('button', { name: /^R-/ }).nth(6)).toBeVisible()
  await picture(page, 'requests')
  await operator.story.getByRole('button', { name: /TARI$/ }).nth(1).click()
  await operator.story.getByText('Perché questa data').click()
  await picture(page, 'request-clock', { dark: true })
  await operator.story.getByRole('button', { name: 'Indietro' }).click()
  await operator.story.getByRole('button', { name: 'Indietro' }).click()
}

async function ringing(city: City, page: Page, operator: Operator): Promise<void> {
  await rings(city, operator, 'unknown-number', 'Numero mai sentito')
  await picture(page, 'ringing-unknown')
  await operator.answer()
  await finish(operator)

  await rings(city, operator, 'withheld-number', 'Numero nascosto')
  await picture(page, 'ringing-withheld')
  await operator.answer()
  await finish(operator)

  await rings(city, operator, 'identity-card', 'Giulia Brambilla')
  await picture(page, 'ringing-one-person')
  await operator.answer()
  await finish(operator)
}

async function working(city: City, page: Page, operator: Operator): Promise<void> {
  await rings(city, operator, 'household', 'Chi sta chiamando?')
  await picture(page, 'ringing-household', { dark: true, large: true })
  await operator.story.getByRole('option', { name: 'Teresa Colombo' }).click()
  await operator.answer()
  await operator.identify('data di nascita e indirizzo')
  await operator.writes('Vuole la mattina, vicino a casa. Ha già la fototessera.')
  await picture(page, 'note')

  await page.keyboard.press('F2')
  await operator.choose('Servizio', 'Carta d’identità elettronica')
  await operator.sheet.getByRole('button', { name: 'Settimana dopo' }).click()
  await expect(operator.sheet.getByRole('gridcell', { name: /liberi$/ }).first()).toBeVisible()
  await operator.sheet
    .getByRole('gridcell', { name: /^Mercoledì.*liberi$/ })
    .nth(1)
    .click()
  await expect(operator.sheet.getByRole('region', { name: 'Posto scelto' })).toBeVisible()
  await picture(page, 'booking', { dark: true, large: true })
  await page.keyboard.press('Control+Enter')
  await expect(operator.sheet.getByText('Appuntamento confermato')).toBeVisible()

  await page.keyboard.press('F3')
  await operator.option('Informazione').click()
  await operator.choose('Argomento', 'Tessera elettorale')
  await operator.sheet
    .getByLabel('Che cosa chiede')
    .fill('Se la tessera può arrivare a casa: cammina a fatica.')
  await picture(page, 'request')
  await page.keyboard.press('Control+Enter')
  await expect(operator.sheet.getByText(/^Protocollo /)).toBeVisible()

  await page.keyboard.press('F4')
  await operator.sheet.getByRole('option', { name: 'Carta d’identità elettronica' }).first().click()
  await picture(page, 'card')
  await page.keyboard.press('Control+k')
  await page.getByRole('textbox', { name: 'Cerca o fai qualsiasi cosa' }).fill('carta')
  await expect(page.getByRole('menuitem', { name: 'Carta d’identità elettronica' })).toBeVisible()
  await picture(page, 'commands')
  await page.keyboard.press('Escape')
  await operator.hangUp()
  await picture(page, 'wrap-up', { dark: true })
  await operator.wrapUp('Appuntamento preso')
}

async function handingOn(city: City, page: Page, operator: Operator): Promise<void> {
  await rings(city, operator, 'identity-card', 'Giulia Brambilla')
  await operator.answer()
  await page.keyboard.press('Alt+s')
  await expect(page.getByRole('option', { name: 'Tributi' })).toBeVisible()
  await picture(page, 'transfer')
  await page.keyboard.type('tributi')
  await page.keyboard.press('Enter')
  await expect(operator.call).toContainText('Parli con')
  await picture(page, 'consultation', { dark: true, large: true })
  await page.keyboard.press('Alt+c')
  await operator.wrapUp('Passata a specialista')
  await page.keyboard.press('Alt+o')
  await expect(operator.story.getByRole('listitem').first()).toBeVisible()
  await picture(page, 'call-list')
  await operator.story.getByRole('button', { name: 'Indietro' }).click()
}

async function withoutCrm(city: City, page: Page, operator: Operator): Promise<void> {
  await city.killCrm()
  await expect(operator.truth.getByText(/^CRM assente/)).toBeVisible()
  await rings(city, operator, 'unknown-number', 'Qui non c’è, e il CRM è assente')
  await picture(page, 'ringing-crm-away')
  await operator.answer()
  await operator.writes('Chiede l’orario degli uffici. Richiamare.')
  await page.keyboard.press('F3')
  await operator.openRequest('Segnalazione', 'Buche', 'Buca davanti al civico 118.')
  await operator.hangUp()
  await picture(page, 'wrap-up-crm-away')
  await operator.wrapUp('Da richiamare')
  await operator.truth.getByRole('button', { name: /CRM assente/ }).click()
  await page.getByRole('button', { name: 'Mostra gli invii' }).click()
  await expect(operator.story.getByRole('heading', { name: 'Che cosa aspetta il CRM' })).toBeVisible()
  await picture(page, 'outbox')
}

async function main(): Promise<void> {
  if (!buildPage((line) => console.log(line))) process.exit(1)
  mkdirSync(folder, { recursive: true })
  const city = await City.open()
  const browser = await chromium.launch({
    executablePath: chromiumPath(),
    args: ['--use-fake-device-for-media-stream', '--allow-loopback-in-peer-connection'],
  })
  try {
    const page = await browser.newPage({
      viewport: small,
      locale: 'it-IT',
      timezoneId: 'Europe/Rome',
      permissions: ['microphone'],
      colorScheme: 'light',
      reducedMotion: 'reduce',
    })
    const operator = await Operator.at(page, await city.startDesk())
    await expect(page.getByRole('button', { name: 'Entra' })).toBeVisible()
    await picture(page, 'sign-in')
    await atRest(page, operator)
    await requests(page, operator)
    await ringing(city, page, operator)
    await working(city, page, operator)
    await handingOn(city, page, operator)
    await withoutCrm(city, page, operator)
    console.log(`${taken} pictures in docs/pictures`)
  } finally {
    await browser.close()
    await city.close()
  }
}

await main()
