import { expect, test } from './desk.ts'
import { Operator } from './operator.ts'

test('a window that stands while the operator changes keeps nothing of the one before', async ({
  city,
  desks,
  browser,
  shell,
}) => {
  const desk = await desks.open()
  await desk.beginShift()
  const context = await browser.newContext()
  try {
    // Electron's page stands while the browser signs in; on loopback that of the sign-in is loaded anew, another window is not.
    const standing =
      shell === 'electron' ? desk : await Operator.at(await context.newPage(), await city.deskUrl())
    const calls = standing.story.getByRole('list', { name: 'Elenco delle chiamate' }).getByRole('listitem')
    await city.call('stays-on-the-line')
    await desk.answer()
    await desk.writes('Chiede del nido.')
    await desk.page.keyboard.press('Control+k')
    await desk.page.keyboard.type('esci')
    await desk.page.keyboard.press('Enter')
    await expect(desk.page.getByRole('alert').filter({ hasText: 'Finisci prima la chiamata' })).toBeVisible()
    await desk.truth.getByRole('button', { name: /^Il tuo stato/ }).click()
    await expect(desk.page.getByRole('menuitem', { name: 'prima finisci la chiamata' })).toBeDisabled()
    await desk.page.keyboard.press('Escape')
    await desk.talks()
    await desk.hangUp()
    await expect(standing.note).toHaveValue('Chiede del nido.')
    await standing.page.keyboard.press('Alt+o')
    await expect(calls).toHaveCount(1)

    // The conversation is not closed, and its note is here alone: said before it is left behind.
    await desk.openFromMenu('Esci')
    const question = desk.page.getByRole('dialog', { name: 'Uscire adesso?' })
    await expect(question).toContainText('Hai 1 conversazione ancora aperta.')
    await desk.page.keyboard.press('1')
    await question.getByRole('button', { name: 'Resta' }).click()
    await expect(question).toBeHidden()
    await expect(desk.page.getByRole('radio', { name: 'Risolto subito' })).not.toBeChecked()
    await expect(desk.note).toHaveValue('Chiede del nido.')
    await desk.openFromMenu('Esci')
    await question.getByRole('button', { name: 'Esci lo stesso' }).click()
    await expect(standing.page.getByRole('button', { name: 'Entra' })).toBeVisible()
    // Not for a moment either: what is told to all windows later would wipe it away.
    await standing.page.evaluate(() => {
      new MutationObserver(() => {
        const typed = [...document.querySelectorAll('textarea')].map(({ value }) => value)
        if (typed.includes('Chiede del nido.')) document.documentElement.dataset.shownOfAnother = 'note'
      }).observe(document.body, { childList: true, subtree: true, characterData: true })
    })
    await desk.signIn('paolo')
    await desk.seesAllWell()
    await standing.seesAllWell()
    await expect(standing.page.locator('html')).not.toHaveAttribute('data-shown-of-another')
    await expect(standing.story.getByRole('heading', { name: 'Elenco delle chiamate' })).toHaveCount(0)
    await expect(standing.note).toHaveCount(0)
    await expect(standing.page.getByText('Niente in sospeso')).toBeVisible()
    await standing.page.keyboard.press('Alt+o')
    await expect(standing.story).toContainText('Non c’è ancora nessuna chiamata')
    await expect(calls).toHaveCount(0)
  } finally {
    await context.close()
  }
})

test('that a shift ends is said while there is time, and can be put away', async ({ desks }) => {
  const desk = await desks.open()
  await desk.comeIn()
  const { page } = desk
  const soon = page.getByRole('alert').getByText(/^Alle \d\d?:\d\d sono dodici ore da quando sei entrato/)
  await expect(soon).toHaveCount(0)
  await page.clock.setSystemTime(Date.now() + 11 * 3_600_000 + 50 * 60_000)
  await expect(soon).toBeVisible()
  await page.getByRole('alert').getByRole('button', { name: 'Ho letto, togli' }).click()
  await expect(soon).toHaveCount(0)
})
