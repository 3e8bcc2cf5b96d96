import type { Page } from '@playwright/test'
import { newId } from '#contract/domain/ids.ts'
import { City } from '../support/city.ts'
import { expect, test } from './desk.ts'
import { Operator } from './operator.ts'
import { as } from './records.ts'
import { typist } from './typist.ts'

let city: City
test.beforeAll(async () => {
  // Who has not closed the conversation before is rung all the same.
  city = await City.open(undefined, { afterCallSeconds: 1 })
})
test.afterAll(() => city.close())
test.afterEach(() => city.stopDesk())
test.beforeEach(({ shell }) => test.skip(shell === 'electron', 'a city of its own has a loopback desk'))

async function opened(page: Page): Promise<Operator> {
  const desk = await Operator.at(page, await city.startDesk())
  await desk.beginShift()
  return desk
}

test('typing in a page while calls ring loses no key, and the page comes back with what was typed', async ({
  page,
}) => {
  const desk = await opened(page)
  const supervisor = await as(city.crmUrl, 'paolo')
  const { protocol } = await supervisor.tickets.open({
    ...{ id: newId(), kind: 'complaint', topicId: 'waste-tax', text: 'La tariffa è sbagliata.' },
  })
  await page.keyboard.press('Control+k')
  await page.keyboard.type(protocol ?? '')
  await page.getByRole('menuitem', { name: `Apri la richiesta ${protocol}` }).click()
  await desk.story.getByRole('button', { name: 'Altra categoria' }).click()
  const form = desk.story.getByRole('form', { name: 'Altra categoria' })
  const reason = form.getByLabel('Motivo')
  const toCall = desk.story.getByRole('button', { name: /^Vai alla chiamata: / })
  const stillRings = () => expect(desk.call.getByRole('button', { name: 'Rispondi' })).toBeVisible()
  const gaveUp = () => expect(desk.call.getByRole('button', { name: 'Rispondi' })).toHaveCount(0)
  let text = ''
  await test.step('one rings, is named, and gives up', async () => {
    await reason.focus()
    const hands = typist(page)
    await city.call('hangs-up-while-ringing')
    await desk.rings()
    await expect(toCall).toBeVisible()
    await gaveUp()
    text = await hands.stop()
    await expect(reason).toBeFocused()
    await expect(reason).toHaveValue(text)
    await expect(toCall).toHaveCount(0)
  })
  await test.step('a button of the form is reached, and the caller by a key; who gives up leaves the page as it was', async () => {
    await city.call('hangs-up-while-ringing')
    await desk.rings()
    await page.keyboard.press('Tab')
    await expect(form.getByRole('button', { name: 'Conferma' })).toBeFocused()
    await expect(toCall).toBeVisible()
    await page.keyboard.press('F6')
    await expect(reason).toBeHidden()
    await expect(toCall).toHaveCount(0)
    await stillRings()
    await gaveUp()
    await expect(reason).toHaveValue(text)
  })
  await test.step('nobody types: who calls is shown, and the page is back after it', async () => {
    await city.call('hangs-up-while-ringing')
    await desk.rings()
    await expect(reason).toBeHidden()
    await stillRings()
    await gaveUp()
    await expect(reason).toHaveValue(text)
  })
  await test.step('who answers types on in the note, and finds the page when all is done', async () => {
    await reason.focus()
    await city.call('stays-on-the-line')
    await desk.rings()
    await page.keyboard.press('Alt+Enter')
    await desk.talks()
    await expect(desk.note).toBeFocused()
    await expect(reason).toBeHidden()
    await page.keyboard.type('Chiede 123.')
    await expect(desk.note).toHaveValue('Chiede 123.')
    await desk.saved()
    await desk.hangUp()
    await desk.wrapUp('Caduta o muta', 'Informazioni generali')
    await expect(reason).toHaveValue(text)
    await form.getByRole('button', { name: 'Lascia stare' }).click()
    await desk.story.getByRole('button', { name: 'Indietro' }).click()
  })
})

test('typing in the search of a wrap-up while another rings loses no key', async ({ page }) => {
  const desk = await opened(page)
  await city.call('unknown-number')
  await desk.answer()
  await desk.hangUp()
  await expect(desk.state('Disponibile')).toBeVisible()
  const search = desk.story.getByRole('searchbox')
  await search.focus()
  await page.keyboard.type('Rossi ')
  await city.call('hangs-up-while-ringing')
  await desk.rings()
  await page.keyboard.type('123 Maria')
  await expect(search).toBeFocused()
  await expect(search).toHaveValue('Rossi 123 Maria')
  await expect(desk.call.getByRole('button', { name: 'Rispondi' })).toHaveCount(0)
  await expect(search).toHaveValue('Rossi 123 Maria')
  await search.fill('')
  await desk.wrapUp('Caduta o muta', 'Informazioni generali')
})
