import { spawnSync } from 'node:child_process'
import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium, expect, type Page } from '@playwright/test'
import { newId } from '#contract/domain/ids.ts'
import example from '../../resources/city/offices.json' with { type: 'json' }
import { addDays, cityDay, makeFormat, mondayOf } from '../../src/renderer/src/ui/format.ts'
import { build } from '../../tools/build.ts'
import { Operator } from '../e2e/operator.ts'
import { as } from '../e2e/records.ts'
import { chromiumArgs, chromiumPath } from '../support/chromium.ts'
import { City } from '../support/city.ts'

/** The pictures of the README, taken from the running programs: `npm run screenshots`. */

const folder = fileURLToPath(new URL('../../docs/pictures', import.meta.url))
const small = { width: 1366, height: 768 }
const large = { width: 1920, height: 1080 }

let taken = 0

const palette =
  'split[a][b];[a]palettegen=max_colors=256:reserve_transparent=0[p];[b][p]paletteuse=dither=none'

/** Less than half the size, where ffmpeg is installed; as it was taken where it is not. */
function withPalette(file: string): void {
  const smaller = `${file}.small.png`
  const made = spawnSync('ffmpeg', ['-loglevel', 'error', '-y', '-i', file, '-vf', palette, smaller])
  if (made.status === 0) renameSync(smaller, file)
  else rmSync(smaller, { force: true })
}

/** The state that the page is in, at the usual size and, when asked, dark or on a large screen too. */
async function picture(page: Page, name: string, also: { dark?: true; large?: true } = {}): Promise<void> {
  const take = async (suffix: string) => {
    await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished)))
    const file = join(folder, `${name}${suffix}.png`)
    await page.screenshot({ path: file, animations: 'disabled' })
    withPalette(file)
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
  await unconfirmed(page, operator)
}

/** The caller is gone before the request was opened. */
async function unconfirmed(page: Page, operator: Operator): Promise<void> {
  await page.keyboard.press('F3')
  await operator.option('Segnalazione').click()
  await operator.choose('Argomento', 'Buche')
  await operator.sheet.getByLabel('Che cosa chiede').fill('Buca davanti al civico 118 di via Padova.')
  await page.keyboard.press('Tab')
  await operator.hangUp()
  await picture(page, 'wrap-up-unconfirmed', { dark: true })
  await page.keyboard.press('Alt+g')
  await operator.wrapUp('Caduta o muta')
}

async function booking(city: City, page: Page, { sheet }: Operator): Promise<void> {
  await page.keyboard.press('F2')
  await sheet.getByRole('combobox', { name: 'Servizio' }).focus()
  await expect(page.getByRole('option').nth(5)).toBeVisible()
  await picture(page, 'booking-services')
  await page.getByRole('option', { name: 'Carta d’identità elettronica' }).first().click()
  await sheet.getByLabel('Scadenza del documento').fill('14/3/2027')
  await sheet.getByRole('button', { name: 'Settimana dopo' }).click()
  await expect(sheet.getByRole('gridcell', { name: /liberi$/ }).first()).toBeVisible()
  await picture(page, 'booking-week')

  await takenByOthers(city, page, sheet)
  await sheet.getByRole('alert').getByRole('button').first().click()
  await expect(sheet.getByRole('timer', { name: 'Posto tenuto' })).toBeVisible()
  await picture(page, 'booking', { dark: true, large: true })
  await setLanguage(page, 'English')
  await expect(page.getByRole('timer', { name: 'Slot kept' })).toBeVisible()
  await picture(page, 'booking-english')
  await setLanguage(page, 'Italiano')
  await page.keyboard.press('Control+Enter')
  await expect(sheet.getByText('Appuntamento confermato')).toBeVisible()
  await expect(sheet.getByText(/^SMS (pronto|parte)/)).toBeVisible()
  await picture(page, 'booking-code')
}

async function setLanguage(page: Page, language: 'English' | 'Italiano'): Promise<void> {
  await page.getByRole('button', { name: /^(Il tuo stato|Your state)/ }).click()
  await page.getByRole('menuitem', { name: /^(Impostazioni|Settings)/ }).click()
  await page.getByRole('main').locator('label', { hasText: language }).click()
  await expect(
    page.getByRole('heading', { name: language === 'English' ? 'Settings' : 'Impostazioni' }),
  ).toBeVisible()
  await page
    .getByRole('main')
    .getByRole('button', { name: /^(Indietro|Back)/ })
    .click()
}

/** A free slot of the week is chosen in the moment after others have taken all of its seats. */
async function takenByOthers(city: City, page: Page, sheet: Operator['sheet']): Promise<void> {
  const crm = await as(city.crmUrl, 'marta')
  const officeId = await sheet.getByRole('radio', { checked: true }).first().inputValue()
  const serviceIds = ['identity-card']
  const { offers } = await crm.agenda.nextFree({ officeIds: [officeId], serviceIds, limit: 1 })
  const monday = addDays(mondayOf(cityDay(offers[0]?.startsAt ?? '')), 7)
  const week = { officeId, serviceIds, monday }
  const { slots } = await crm.agenda.week(week)
  const lost = slots.filter(({ free }) => free > 0)[2]
  if (!lost) throw new Error('nothing is free in that week')
  for (let seats = lost.free; seats > 0; seats--) {
    await crm.appointments.hold({
      id: newId(),
      serviceIds: week.serviceIds,
      officeId,
      startsAt: lost.startsAt,
    })
  }
  const format = makeFormat('it', { today: 'oggi', yesterday: 'ieri' })
  const at = `${format.longDay(lost.startsAt)}, ${format.time(lost.startsAt)}`
  await sheet.getByRole('gridcell', { name: new RegExp(`^${at}, \\d+ liber`) }).click()
  await expect(sheet.getByRole('alert').getByRole('button')).toHaveCount(4)
  await sheet.getByRole('alert').scrollIntoViewIfNeeded()
  await picture(page, 'booking-lost')
}

async function working(city: City, page: Page, operator: Operator): Promise<void> {
  await rings(city, operator, 'household', 'Chi sta chiamando?')
  await picture(page, 'ringing-household', { dark: true, large: true })
  await operator.story.getByRole('option', { name: 'Teresa Colombo' }).click()
  await operator.answer()
  await operator.identify('data di nascita e indirizzo')
  await operator.writes('Vuole la mattina, vicino a casa. Ha già la fototessera.')
  await picture(page, 'note')

  await booking(city, page, operator)

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

/** What is known of a caller, changed; and, for who leads, two who may be one, who looked, what goes when. */
async function people(city: City, page: Page, operator: Operator): Promise<void> {
  const { story } = operator
  await rings(city, operator, 'identity-card', 'Giulia Brambilla')
  await operator.answer()
  await operator.identify('codice fiscale')
  await picture(page, 'person')
  await story.getByRole('button', { name: 'Modifica i dati' }).click()
  await expect(operator.person).toHaveText('Dati di Giulia Brambilla')
  await picture(page, 'person-edit', { dark: true })
  await page.keyboard.press('Control+Enter')
  await expect(operator.person).toHaveText('Giulia Brambilla')
  await finish(operator)

  await operator.openFromMenu('Esci')
  await operator.signIn('paolo')
  await operator.seesAllWell()
  const opens = async (typed: string, heading: string) => {
    await page.keyboard.press('Control+k')
    await page.keyboard.type(typed)
    await page.keyboard.press('Enter')
    await expect(story.getByRole('heading', { name: heading })).toBeVisible()
  }
  await opens('confrontare', 'Persone da confrontare')
  await story
    .getByRole('button', { name: /^Confronta / })
    .first()
    .click()
  await expect(story.getByRole('button', { name: 'Unisci' })).toBeVisible()
  await picture(page, 'compare', { dark: true })
  await opens('supervisione', 'Supervisione')
  await story.getByRole('searchbox').fill('Teresa Colombo')
  await story.getByRole('option', { name: 'Teresa Colombo' }).first().click()
  await expect(story.getByRole('row').nth(1)).toBeVisible()
  await picture(page, 'oversight-reads')
  for (const [tab, name] of [
    ['Numeri', 'oversight-counts'],
    ['Conservazione', 'oversight-retention'],
  ] as const) {
    await story.getByRole('tab', { name: tab }).click()
    await expect(story.getByRole('row').nth(1)).toBeVisible()
    await picture(page, name, name === 'oversight-retention' ? { dark: true } : {})
  }
  await closesOffice(city, page, operator)
  await operator.openFromMenu('Esci')
  await operator.signIn()
  await operator.seesAllWell()
  await operator.goReady()
}

/** The office at which somebody has an appointment, for the day on which they have it. */
async function closesOffice(city: City, page: Page, { story }: Operator): Promise<void> {
  const crm = await as(city.crmUrl, 'paolo')
  const from = new Date(Date.now() + 12 * 86_400_000).toISOString()
  const { offers } = await crm.agenda.nextFree({ serviceIds: ['certificates'], from, limit: 1 })
  const { citizens } = await crm.citizens.search({ text: 'Teresa Colombo' })
  if (!offers[0] || !citizens[0]) throw new Error('nothing is free, or Teresa is gone')
  const { officeId, startsAt } = offers[0]
  await crm.appointments.book({
    ...{ id: newId(), serviceIds: ['certificates'], officeId, startsAt, channel: 'phone' },
    citizenId: citizens[0].id,
  })
  await story.getByRole('tab', { name: 'Sedi' }).click()
  await story.getByRole('button', { name: /Sede$/ }).click()
  const name = example.offices.find(({ id }) => id === officeId)?.name ?? ''
  await page.getByRole('option', { name }).click()
  await story.getByRole('button', { name: 'Chiudi per un tempo…' }).click()
  const [year, month, day] = cityDay(startsAt).split('-')
  await story.getByLabel('Dal giorno').fill(`${day}/${month}/${year}`)
  await story.getByLabel('Perché, come lo leggeranno le persone').fill('Allagamento.')
  const close = story.getByRole('button', { name: /^Chiudi e annulla/ })
  await expect(close).toBeEnabled()
  await picture(page, 'office-closing')
  await close.click()
  const lost = story.getByRole('listitem').filter({ hasText: 'Teresa Colombo' })
  await lost.first().scrollIntoViewIfNeeded()
  await picture(page, 'office-affected', { dark: true })
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
  await build(console.log)
  mkdirSync(folder, { recursive: true })
  const city = await City.open()
  const browser = await chromium.launch({
    executablePath: chromiumPath(),
    args: chromiumArgs,
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
    await people(city, page, operator)
    await withoutCrm(city, page, operator)
    console.log(`${taken} pictures in docs/pictures`)
  } finally {
    await browser.close()
    await city.close()
  }
}

await main()
