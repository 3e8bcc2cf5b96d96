import { expect, test } from './desk.ts'
import { password } from './operator.ts'
import { conversationOf } from './records.ts'
import { tabTo } from './tab-to.ts'

test('a whole call without a mouse', async ({ city, desks }) => {
  const desk = await desks.open()
  const { page } = desk
  const { keyboard } = page
  await expect(page.getByRole('button', { name: 'Entra' })).toBeFocused()
  const issuer = await desk.issuer(() => keyboard.press('Enter'))
  await expect(issuer.getByLabel('Nome utente')).toBeFocused()
  await issuer.keyboard.type('elena')
  await issuer.keyboard.press('Tab')
  await issuer.keyboard.type(password)
  await issuer.keyboard.press('Enter')
  await desk.seesAllWell()
  await tabTo(page, page.getByRole('button', { name: /^Comincia a rispondere/ }))
  await keyboard.press('Enter')
  await expect(desk.state('Disponibile')).toBeVisible()

  await city.call('stays-on-the-line')
  await desk.answer()
  await expect(desk.story.getByRole('button', { name: 'Verifica l’identità' })).toBeVisible()
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

  await tabTo(page, desk.note)
  await keyboard.type('Tutto con la tastiera.')
  await keyboard.press('F2')
  await tabTo(page, desk.sheet.getByRole('combobox', { name: 'Servizio' }))
  await keyboard.type('identità elettronica')
  await keyboard.press('ArrowDown')
  await keyboard.press('Enter')
  await tabTo(page, desk.sheet.getByRole('button', { name: 'Primo libero' }))
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

test('a request without a mouse: why its date, a note that outlives a reload, and another team', async ({
  desks,
}) => {
  const desk = await desks.open()
  await desk.beginShift()
  const { page, story } = desk
  const { keyboard } = page
  await desk.opensRequests()
  await tabTo(page, story.getByRole('radio', { name: 'In scadenza' }))
  await keyboard.press('ArrowLeft')
  await expect(story.getByRole('radio', { name: 'Del gruppo' })).toBeChecked()
  const first = story.getByRole('button', { name: /^R-/ }).first()
  await tabTo(page, first)
  const protocol = ((await first.textContent()) ?? '').split(',')[0] ?? ''
  await keyboard.press('Enter')
  await expect(story.getByRole('heading', { name: protocol })).toBeVisible()

  await tabTo(page, story.locator('summary'))
  await keyboard.press('Enter')
  await expect(story.getByText('quel giorno non si conta')).toBeVisible()
  await tabTo(page, story.getByRole('textbox', { name: 'Nota interna' }))
  await keyboard.type('Scritta senza mouse.')
  await expect(story.getByText('Bozza salvata')).toBeVisible()

  await desk.reload()
  await desk.seesAllWell()
  await desk.opensRequests()
  await story.getByText('Del gruppo', { exact: true }).click()
  await story.getByRole('button', { name: protocol }).click()
  await expect(story.getByRole('textbox', { name: 'Nota interna' })).toHaveValue('Scritta senza mouse.')
  await tabTo(page, story.getByRole('button', { name: 'Passa ad altro gruppo' }))
  await keyboard.press('Enter')
  await desk.picks(story.getByRole('button', { name: /A quale gruppo/ }), 'Urbanistica')
  await tabTo(page, story.getByRole('textbox', { name: 'Motivo' }))
  await keyboard.type('È una pratica edilizia.')
  await keyboard.press('Control+Enter')
  await expect(story.getByText('passata di mano 1 volta')).toBeVisible()
  // What was being typed is still there.
  await expect(story.getByRole('textbox', { name: 'Nota interna' })).toHaveValue('Scritta senza mouse.')
  await tabTo(page, story.getByRole('button', { name: 'Aggiungi la nota' }))
  await keyboard.press('Enter')
  await expect(story.getByRole('listitem').filter({ hasText: 'Scritta senza mouse.' })).toBeVisible()
  await expect(story.getByRole('textbox', { name: 'Nota interna' })).toHaveValue('')
  await expect(story.getByText('aspetta il CRM')).toHaveCount(0)
})

test('a ring is told over what is open, and seen: dialogs go, but one in which something is typed', async ({
  city,
  desks,
}) => {
  const desk = await desks.open()
  await desk.beginShift()
  const { page } = desk
  const { keyboard } = page
  const answer = desk.call.getByRole('button', { name: 'Rispondi' })
  const told = page.locator('[role="alert"]').filter({ hasText: 'Chiama Bruno Sala' })
  const ring = async () => {
    await city.call('hangs-up-while-ringing')
    await expect(told).toBeAttached()
    expect(await told.evaluate((one) => one.closest('[inert], [aria-hidden="true"]') === null)).toBe(true)
  }
  const over = () => expect(desk.call).toContainText('Nessuna chiamata')

  await test.step('a menu', async () => {
    await desk.truth.getByRole('button', { name: /^Il tuo stato/ }).click()
    await expect(page.getByRole('menu')).toBeVisible()
    await expect(told).toHaveCount(0)
    await ring()
    await keyboard.press('Escape')
    await over()
  })
  await test.step('the list of keys, and the command bar before anything is typed', async () => {
    for (const chord of ['Control+/', 'Control+k']) {
      await keyboard.press(chord)
      await expect(page.getByRole('dialog')).toBeVisible()
      await ring()
      await expect(answer).toBeVisible()
      await expect(page.getByRole('dialog')).toHaveCount(0)
      await over()
    }
  })
  await test.step('the command bar in which somebody types', async () => {
    await keyboard.press('Control+k')
    await keyboard.type('carta')
    await ring()
    await keyboard.type(' d')
    await expect(page.getByRole('dialog').getByRole('textbox')).toHaveValue('carta d')
    await keyboard.press('Escape')
    await expect(page.getByRole('dialog')).toHaveCount(0)
    await over()
  })
})
