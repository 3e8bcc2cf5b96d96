import { expect, test } from './desk.ts'
import { conversationOf } from './records.ts'

test('a reload in the wrap-up finds the note and what was chosen', async ({ city, desks }) => {
  const desk = await desks.open()
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

  await desk.reload()
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

test('a request that was typed and a place that was chosen are not lost with the call: one is finished, one thrown away', async ({
  city,
  desks,
}) => {
  const desk = await desks.open()
  await desk.beginShift()
  const { page, sheet } = desk
  const { keyboard } = page
  await city.call('stays-on-the-line')
  await desk.answer()
  await desk.writes('Marciapiede rotto, e la carta.')
  await keyboard.press('F2')
  await desk.choose('Servizio', 'Carta d’identità elettronica')
  await sheet.getByRole('button', { name: 'Primo libero' }).click()
  await expect(sheet.getByRole('timer', { name: 'Posto tenuto' })).toBeVisible()
  await keyboard.press('F3')
  await desk.option('Segnalazione').click()
  await desk.choose('Argomento', 'Buche')
  await sheet.getByLabel('Che cosa chiede').fill('Marciapiede rotto in via Larga')
  // The cursor is in no field when the caller hangs up.
  await keyboard.press('Tab')
  await desk.hangUp()
  await keyboard.press('1')
  await keyboard.press('Enter')
  const left = sheet.getByRole('region', { name: 'Non confermato' })
  await expect(left.getByRole('alert')).toHaveText(
    'Prima di chiudere riprendi o scarta ciò che non hai confermato.',
  )
  await expect(left.getByRole('listitem')).toHaveText([
    /^Richiesta scritta, non aperta.*Marciapiede rotto in via Larga/,
    /^Posto scelto, non prenotato.*Carta d’identità elettronica/,
  ])
  await desk.reload()
  await expect(left.getByRole('listitem')).toHaveCount(2)

  await keyboard.press('F3')
  await expect(sheet.getByLabel('Che cosa chiede')).toHaveValue('Marciapiede rotto in via Larga')
  await keyboard.press('Control+Enter')
  await expect(sheet.getByText('Richiesta aperta')).toBeVisible()
  await keyboard.press('F1')
  await expect(left.getByRole('listitem')).toHaveCount(1)
  await keyboard.press('Alt+g')
  await expect(left).toHaveCount(0)
  await keyboard.press('1')
  await keyboard.press('Enter')
  await expect(desk.call).toContainText('Nessuna chiamata')
  await desk.seesAllWell()
  const { tickets, appointments } = await conversationOf(
    city.crmUrl,
    'Teresa Colombo',
    'Marciapiede rotto, e la carta.',
  )
  expect(tickets.map(({ text }) => text)).toEqual(['Marciapiede rotto in via Larga'])
  expect(appointments).toEqual([])
})
