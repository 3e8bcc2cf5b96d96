import { AxeBuilder } from '@axe-core/playwright'
import { expect, test } from './desk.ts'

test('a bad line is told, written down by one key, and played back', async ({ city, desks, shell }) => {
  test.skip(shell === 'electron', 'the voice has a window of its own there, which this test cannot hold up')
  const desk = await desks.open()
  const { page } = desk
  await desk.signIn()
  await desk.goReady()
  await city.call('stays-on-the-line')
  await desk.answer()
  await desk.hears()
  await expect(desk.call.getByText(/^linea /)).toBeVisible({ timeout: 20_000 })
  await page.evaluate(() => {
    const end = performance.now() + 2500
    while (performance.now() < end);
  })
  await expect(desk.call).toContainText('disturbi da questo PC')
  await desk.hangUp()

  await expect(desk.sheet.getByText('La linea di questa chiamata era disturbata')).toBeVisible()
  await expect(desk.sheet.getByText('Il problema era questo PC.')).toBeVisible()
  await page.keyboard.press('Alt+q')
  await expect(
    desk.sheet.getByText(/Rapporto salvato, senza numeri né nomi: .*line-records.*\.json/),
  ).toBeVisible()
  await desk.sheet.getByRole('button', { name: 'Guarda' }).click()
  await expect(desk.story.getByRole('heading', { name: 'Rapporti della linea' })).toBeVisible()
  const replay = desk.story.getByRole('region', { name: 'Rapporti della linea' })
  await expect(replay.getByText(/^Il PC si è fermato per/).first()).toBeVisible()
  await expect(replay.getByText('in INVITE')).toBeVisible()
  await expect(replay).not.toContainText(/347|Colombo/)
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await page.screenshot({ path: `test-results/line-report-${colorScheme}.png` })
    const { violations } = await new AxeBuilder({ page }).include('main').analyze()
    expect(violations).toEqual([])
  }
})
