import type { Locator } from '@playwright/test'
import { expect, test } from './desk.ts'
import { password } from './operator.ts'
import { conversationOf } from './records.ts'

test('a whole call without a mouse', async ({ city, desks }) => {
  const desk = await desks.open()
  const { page } = desk
  const { keyboard } = page
  const tabTo = async (target: Locator) => {
    await expect(target).toBeVisible()
    for (let steps = 0; steps < 60; steps++) {
      if (await target.evaluate((element) => element === document.activeElement)) return
      await keyboard.press('Tab')
    }
    await expect(target).toBeFocused()
  }
  await expect(page.getByRole('button', { name: 'Entra' })).toBeFocused()
  const issuer = await desk.issuer(() => keyboard.press('Enter'))
  await expect(issuer.getByLabel('Nome utente')).toBeFocused()
  await issuer.keyboard.type('elena')
  await issuer.keyboard.press('Tab')
  await issuer.keyboard.type(password)
  await issuer.keyboard.press('Enter')
  await desk.seesAllWell()
  await tabTo(page.getByRole('button', { name: /^Comincia a rispondere/ }))
  await keyboard.press('Enter')
  await expect(desk.state('Disponibile')).toBeVisible()

  await city.call('stays-on-the-line')
  await desk.answer()
  await keyboard.press('Alt+i')
  await expect(page.getByRole('menu')).toBeVisible()
  for (let step = 0; step < 10; step++) {
    if (
      await page
        .getByRole('menuitemradio', { name: 'codice fiscale' })
        .evaluate((e) => e === document.activeElement)
    )
      break
    await keyboard.press('ArrowDown')
  }
  await keyboard.press('Enter')
  await expect(desk.story.getByText('Identità verificata', { exact: true })).toBeVisible()

  await tabTo(desk.note)
  await keyboard.type('Tutto con la tastiera.')
  await keyboard.press('F2')
  await tabTo(desk.sheet.getByRole('combobox', { name: 'Servizio' }))
  await keyboard.type('identità elettronica')
  await keyboard.press('ArrowDown')
  await keyboard.press('Enter')
  await tabTo(desk.sheet.getByRole('button', { name: 'Primo libero' }))
  await keyboard.press('Enter')
  await expect(desk.sheet.getByRole('region', { name: 'Posto scelto' })).toBeVisible()
  await keyboard.press('Control+Enter')
  await expect(desk.sheet).toContainText('Appuntamento confermato')

  await keyboard.press('Alt+f')
  await expect(desk.sheet.getByRole('heading', { name: 'Chiudi la conversazione' })).toBeVisible()
  await keyboard.press('2')
  await keyboard.press('s')
  await expect(desk.sheet.getByRole('button', { name: 'Sito' })).toHaveAttribute('aria-pressed', 'true')
  await keyboard.press('Enter')
  await expect(desk.call).toContainText('Nessuna chiamata')
  await desk.seesAllWell()
  const { contact, appointments } = await conversationOf(
    city.crmUrl,
    'Teresa Colombo',
    'Tutto con la tastiera.',
  )
  expect(contact).toMatchObject({
    outcome: 'appointment',
    topicId: 'identity-card',
    triedBefore: ['website'],
    identification: 'fiscal-code',
  })
  expect(appointments).toHaveLength(1)
})
