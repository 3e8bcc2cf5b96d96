import { expect, test } from '@playwright/test'
import { City } from '../support/city.ts'
import { Operator } from './operator.ts'

let city: City
test.beforeAll(async () => {
  city = await City.open()
})
test.afterAll(() => city.close())

test('a reload in the wrap-up finds the note and what was chosen', async ({ page }) => {
  const desk = await Operator.at(page, await city.startDesk())
  await desk.signIn()
  await desk.seesAllWell()
  await desk.goReady()
  await city.call('stays-on-the-line')
  await desk.answer()
  await desk.identify('data di nascita')
  await desk.hangUp()
  await desk.note.pressSequentially('Richiamare giovedì. ')
  await desk.choose('Argomento', 'Carta d’identità')
  await desk.option('Da richiamare').click()
  await desk.sheet.getByRole('button', { name: 'Sito' }).click()
  await desk.note.press('End')
  await desk.note.pressSequentially('Dopo le 14.')
  await desk.saved()

  await page.reload()
  await expect(desk.sheet.getByRole('heading', { name: 'Chiudi la conversazione' })).toBeVisible()
  await expect(desk.person).toHaveText('Teresa Colombo')
  await expect(desk.note).toHaveValue('Richiamare giovedì. Dopo le 14.')
  await expect(desk.sheet.getByRole('radio', { name: 'Da richiamare' })).toBeChecked()
  await expect(desk.sheet.getByRole('button', { name: 'Sito' })).toHaveAttribute('aria-pressed', 'true')
  await expect(desk.sheet.getByText('Carta d’identità')).toBeVisible()
  await expect(desk.sheet.getByText('Identità verificata')).toBeVisible()
  await expect(desk.state('Chiusura')).toBeVisible()

  await desk.sheet.getByRole('button', { name: 'Chiudi e pausa' }).click()
  await expect(desk.state('Pausa')).toBeVisible()
  await desk.seesAllWell()
})
