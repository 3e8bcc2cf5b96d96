import { expect, test } from './desk.ts'
import { as, conversationOf, storyOf } from './records.ts'

test('whoever is there already is proposed; what is typed of a person outlives the page; a delegation names for whom', async ({
  city,
  desks,
}) => {
  const desk = await desks.open()
  await desk.beginShift()
  const { page, story } = desk
  await city.call('unknown-number')
  await desk.answer()
  await story.getByRole('button', { name: 'Crea una persona' }).click()
  await story.getByLabel('Nome', { exact: true }).fill('Andrea')
  await story.getByLabel('Cognome').fill('Colombo')
  const born = (await storyOf(city.crmUrl, 'Andrea Colombo')).citizens[0]?.birthDate
  await story.getByLabel('Data di nascita').fill(born ?? '')
  const likely = story
    .getByRole('region', { name: 'Forse c’è già' })
    .getByRole('option', { name: 'Andrea Colombo' })
  await expect(likely).toContainText('stesso nome, stessa data di nascita')
  await likely.click()
  await expect(desk.person).toHaveText('Andrea Colombo')

  await expect(story.getByRole('button', { name: 'Modifica i dati' })).toHaveCount(0)
  await desk.identify('codice fiscale')
  await story.getByRole('button', { name: 'Modifica i dati' }).click()
  await expect(desk.person).toHaveText('Dati di Andrea Colombo')
  await story.getByRole('button', { name: 'Aggiungi un numero' }).click()
  await story.getByLabel('Numero 2', { exact: true }).fill('12')
  await story.getByRole('button', { name: 'Aggiungi un’e-mail' }).click()
  await story.getByLabel('E-mail 1', { exact: true }).fill('andrea@example.it')
  await page.keyboard.press('Control+Enter')
  await desk.reload()
  await expect(story.getByLabel('E-mail 1', { exact: true })).toHaveValue('andrea@example.it')
  await story.getByLabel('Numero 2', { exact: true }).fill('347 555 0101')
  const unwanted = story.getByRole('region', { name: 'Messaggi che non vuole' })
  await unwanted.locator('label', { hasText: 'Niente SMS' }).click()
  await expect(unwanted.getByRole('checkbox', { name: 'Niente SMS' })).toBeChecked()
  const speaksFor = story.getByRole('region', { name: 'Parla anche per' })
  await expect(speaksFor.getByRole('listitem')).toHaveCount(2)
  await speaksFor.getByRole('button', { name: 'Aggiungi una persona' }).click()
  await speaksFor.getByLabel('Cerca per chi parla').fill('Bruno Sala')
  await speaksFor.getByRole('option', { name: 'Bruno Sala' }).click()
  await speaksFor.getByRole('button', { name: 'Può chiamare per Bruno Sala' }).click()
  await expect(speaksFor.getByRole('listitem').filter({ hasText: 'Bruno Sala' })).toContainText('familiare')
  await page.keyboard.press('Control+Enter')
  await expect(desk.person).toHaveText('Andrea Colombo')

  await desk.hangUp()
  await desk.sheet.getByRole('button', { name: /Per conto di/ }).click()
  await page.getByRole('option', { name: 'Bruno Sala (familiare)' }).click()
  await desk.wrapUp('Risolto subito', 'Informazioni generali')
  await desk.seesAllWell()
  const { citizens, contacts } = await storyOf(city.crmUrl, 'Andrea Colombo')
  expect(citizens[0]).toMatchObject({
    email: 'andrea@example.it',
    phones: expect.arrayContaining([{ number: '+393475550101', kind: 'mobile' }]),
    delegations: expect.arrayContaining([expect.objectContaining({ name: 'Bruno Sala', kind: 'relative' })]),
  })
  expect(contacts[0]?.onBehalfOf).not.toBeNull()
  const { messages } = await as(city.crmUrl, 'paolo')
  expect((await messages.optOuts({ id: citizens[0]?.id ?? '' })).channels).toEqual(['sms'])
})

test('two who are one are joined field by field, and separated again; an operator may only keep them apart', async ({
  desks,
}) => {
  const desk = await desks.open()
  await desk.comeIn()
  const { page, story } = desk
  const opensCompare = async () => {
    await page.keyboard.press('Control+k')
    await page.keyboard.type('confrontare')
    await page.keyboard.press('Enter')
    await expect(story.getByRole('heading', { name: 'Persone da confrontare' })).toBeVisible()
  }
  await opensCompare()
  await expect(story.getByRole('button', { name: /sono persone diverse$/ }).first()).toBeVisible()
  await expect(story.getByText(/^Unire può uno specialista/)).toBeVisible()
  await expect(story.getByRole('button', { name: /^Confronta / })).toHaveCount(0)
  // Nobody decides by two names alone, and what was pressed in error is taken back.
  const apart = story.getByRole('button', { name: /sono persone diverse$/ })
  await expect(story.getByRole('listitem').first()).toContainText(/nascita \d{4}|▪▪▪/)
  const pairs = await apart.count()
  await apart.first().click()
  await expect(apart).toHaveCount(pairs - 1)
  await story.getByRole('button', { name: 'Annulla', exact: true }).click()
  await expect(story.getByRole('status')).toContainText('il confronto è ancora nell’elenco')
  await expect(apart).toHaveCount(pairs)
  // What was meant holds, however soon the page goes.
  await apart.first().click()
  await page.reload()
  await desk.seesAllWell()
  await opensCompare()
  await expect(apart).toHaveCount(pairs - 1)
  await desk.openFromMenu('Esci')
  await desk.signIn('paolo')
  await desk.seesAllWell()
  await opensCompare()
  const join = story.getByRole('button', { name: /^Confronta / })
  await expect(join.first()).toBeVisible()
  const before = await join.count()
  await join.first().click()
  await story.getByRole('button', { name: 'Unisci' }).click()
  await expect(story.getByRole('status')).toContainText('è ora una sola persona con')
  await expect(join).toHaveCount(before - 1)
  await story.getByRole('button', { name: 'Separale di nuovo' }).click()
  await expect(story.getByRole('status')).toContainText('Sono di nuovo due persone')
  // Whoever joined them the wrong way round does it again.
  await expect(join).toHaveCount(before)
})

test('who alone has a number here stays in sight when the CRM names others, and they are offered', async ({
  city,
  desks,
}) => {
  const desk = await desks.open()
  await desk.beginShift()
  const { story, page } = desk
  // Ines is not on this desk; somebody who calls with her number is from now on.
  await city.call('known-only-to-crm')
  await expect(desk.person).toHaveText('Ines Rota')
  await story.getByRole('button', { name: 'Non è questa persona' }).click()
  await desk.answer()
  await story.getByRole('button', { name: 'Crea una persona' }).click()
  await story.getByLabel('Nome', { exact: true }).fill('Olmo')
  await story.getByLabel('Cognome').fill('Rota')
  await page.keyboard.press('Control+Enter')
  await expect(desk.person).toHaveText('Olmo Rota')
  await desk.hangUp()
  await desk.wrapUp('Caduta o muta')
  await desk.seesAllWell()

  const others = story.getByRole('button', { name: '1 altra persona ha questo numero' })
  // What is made while somebody is in sight is made for them.
  await city.call('known-only-to-crm')
  await expect(others).toBeVisible()
  await desk.answer()
  await page.keyboard.press('F3')
  await expect(desk.sheet).toContainText('Per Olmo Rota')
  await desk.openRequest('Segnalazione', 'Tessera elettorale', 'Lampione spento.')
  await expect(others).toBeHidden()
  await desk.writes('Per Olmo.')
  await page.keyboard.press('F1')
  await desk.hangUp()
  await expect(desk.sheet).toContainText('Olmo Rota')
  await desk.wrapUp('Richiesta aperta')
  await desk.seesAllWell()
  const { contact, tickets } = await conversationOf(city.crmUrl, 'Olmo Rota', 'Per Olmo.')
  expect(tickets.map(({ citizenId }) => citizenId)).toEqual([contact.citizenId])

  await city.call('known-only-to-crm')
  await expect(others).toBeVisible()
  await expect(desk.person).toHaveText('Olmo Rota')
  await desk.answer()
  await page.keyboard.press('Alt+y')
  await expect(desk.person).toHaveText('Chi parla?')
  await story.getByRole('option', { name: 'Ines Rota' }).click()
  await expect(desk.person).toHaveText('Ines Rota')
  await desk.writes('Era Ines.')
  await desk.hangUp()
  await desk.wrapUp('Caduta o muta')
  await desk.seesAllWell()
  const notes = async (name: string) => (await storyOf(city.crmUrl, name)).contacts.map(({ note }) => note)
  expect(await notes('Ines Rota')).toContain('Era Ines.')
  expect(await notes('Olmo Rota')).not.toContain('Era Ines.')
})

test('a legal hold is ended by whoever was told what that means, not by one press', async ({ desks }) => {
  const desk = await desks.open()
  await desk.comeIn()
  await desk.openFromMenu('Esci')
  await desk.signIn('admin')
  await desk.seesAllWell()
  const { page, story } = desk
  await page.keyboard.press('Control+k')
  await page.keyboard.type('supervisione')
  await page.keyboard.press('Enter')
  await story.getByRole('searchbox').fill('Teresa Colombo')
  await story.getByRole('option', { name: 'Teresa Colombo' }).first().click()
  await story.getByRole('button', { name: 'Sospendi le cancellazioni' }).click()
  await story.getByLabel('Perché i dati di questa persona devono restare').fill('Causa pendente.')
  await story.getByRole('button', { name: 'Sospendi', exact: true }).click()
  const held = story.getByText(/^Conservazione obbligata/)
  await expect(held).toBeVisible()
  await story.getByRole('button', { name: 'Togli la sospensione…' }).click()
  await expect(story.getByRole('alert')).toContainText('viene cancellato alla prossima esecuzione')
  await expect(story.getByRole('button', { name: 'Lascia stare' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(held).toBeVisible()
  await story.getByRole('button', { name: 'Togli la sospensione…' }).click()
  await story.getByRole('button', { name: 'Togli: può essere cancellato' }).click()
  await expect(held).toBeHidden()
})
