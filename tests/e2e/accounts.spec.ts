import { newId } from '#contract/domain/ids.ts'
import { signIn } from '../support/sign-in.ts'
import { expect, test } from './desk.ts'
import { as } from './records.ts'
import { tabTo } from './tab-to.ts'

const password = 'quattro parole a caso'

test('an administrator adds an account, who has it signs in, and is out as soon as it is deactivated', async ({
  city,
  desks,
}) => {
  const desk = await desks.open()
  await desk.comeIn('admin')
  await desk.seesAllWell()
  await desk.seesCacheFilled()
  const { page, story } = desk
  const opensUsers = async () => {
    await page.keyboard.press('Control+k')
    await page.keyboard.type('utenti')
    await page.keyboard.press('Enter')
    await story.getByRole('tab', { name: 'Utenti' }).click()
  }
  await opensUsers()
  await tabTo(page, story.getByRole('button', { name: 'Aggiungi un utente…' }))
  await page.keyboard.press('Enter')
  const form = story.getByRole('form', { name: 'Nuovo utente' })
  await expect(form.getByLabel('Nome', { exact: true })).toBeFocused()
  await page.keyboard.type('Nora')
  await form.getByLabel('Cognome').fill('Prova')
  await form.getByLabel('Nome utente').fill('Nora.Prova')
  await form.getByLabel('Interno').fill('2001')
  await form.getByLabel('Password').fill(password)
  await form.getByLabel('Ancora la stessa').fill(`${password}.`)
  const add = form.getByRole('button', { name: 'Aggiungi', exact: true })
  await add.click()
  await expect(form.getByText('Serve almeno un gruppo.')).toBeVisible()
  await form.locator('label', { hasText: 'Accoglienza e informazioni' }).click()
  await add.click()
  await expect(form.getByLabel('Ancora la stessa')).toBeFocused()
  await form.getByLabel('Ancora la stessa').fill(password)
  await page.keyboard.press('Enter')
  // Elena has it.
  await expect(form.getByLabel('Interno')).toBeFocused()
  await expect(form.getByText('Questo interno è già di un altro.')).toBeVisible()
  await form.getByLabel('Interno').fill('2091')
  await page.keyboard.press('Enter')
  const row = story.getByRole('row', { name: /^Nora Prova/ })
  await expect(row).toContainText('nora.prova')
  await expect(row).not.toContainText('Disattivato')

  await desk.openFromMenu('Esci')
  await desk.signIn('nora.prova', password)
  await desk.truth.getByRole('button', { name: /^Il tuo stato/ }).waitFor()
  await page.keyboard.press('Control+k')
  await page.keyboard.type('utenti')
  await expect(page.getByRole('menuitem', { name: /^Supervisione/ })).toHaveCount(0)
  await page.keyboard.press('Escape')
  const elsewhere = await signIn(city.crmUrl, 'nora.prova', password)
  await desk.openFromMenu('Esci')

  await desk.signIn('admin')
  await desk.seesAllWell()
  await opensUsers()
  // The last of the list, below what is in sight: the frame of the page stays where it is.
  await story.getByLabel('Cerca per nome, ruolo, gruppo o interno').fill('')
  await story.getByRole('button', { name: 'Cambia Paolo Negri…' }).click()
  await tabTo(page, story.getByRole('checkbox', { name: 'Tributi' }))
  expect(await page.evaluate(() => document.scrollingElement?.scrollTop)).toBe(0)
  await story.getByRole('button', { name: 'Chiudi', exact: true }).click()
  // What becomes nobody's is said before it is.
  const admin = await as(city.crmUrl, 'admin')
  const marta = (await admin.users.list()).accounts.find(({ login }) => login === 'marta')
  const ticketId = newId()
  await admin.tickets.open({ id: ticketId, kind: 'complaint', topicId: 'waste-tax', text: 'È sbagliata.' })
  await admin.tickets.act({
    ...{ ticketId, id: newId(), action: { do: 'assign', assigneeId: marta?.id ?? null, from: null } },
  })
  await story.getByRole('button', { name: 'Cambia Marta Fontana…' }).click()
  await story.locator('label', { hasText: 'Tributi' }).click()
  await expect(story.getByText(/^Quando salvi, una richiesta aperta .* resta di nessuno/)).toBeVisible()
  await story.locator('label', { hasText: 'Tributi' }).click()
  await expect(story.getByText(/^Quando salvi/)).toHaveCount(0)
  await story.getByRole('button', { name: 'Chiudi', exact: true }).click()
  await story.getByLabel('Cerca per nome, ruolo, gruppo o interno').fill('nora')
  await story.getByRole('button', { name: 'Cambia Nora Prova…' }).click()
  await expect(story.getByRole('checkbox', { name: 'Operatore' })).toBeFocused()
  // Asked first; left, it has ended nothing.
  await story.getByRole('button', { name: 'Fai uscire da ogni postazione…' }).click()
  await expect(story.getByRole('button', { name: 'Fai uscire', exact: true })).toBeFocused()
  await story.getByRole('button', { name: 'Lascia stare' }).click()
  const answered = async () =>
    (
      await fetch(`${city.crmUrl}/api/v1/me`, {
        headers: { authorization: `Bearer ${elsewhere.accessToken}` },
      })
    ).status
  expect(await answered()).toBe(200)
  await story.getByRole('button', { name: 'Disattiva…' }).click()
  await expect(story.getByRole('button', { name: 'Disattiva', exact: true })).toBeFocused()
  await expect(story.getByText('Non ha richieste aperte.')).toBeVisible()
  await page.keyboard.press('Enter')
  await expect(row).toContainText('Disattivato')
  await expect(story.getByRole('button', { name: 'Nuova password…' })).toBeFocused()
  await story.getByRole('button', { name: 'Chiudi', exact: true }).click()
  await expect(story.getByRole('button', { name: 'Cambia Nora Prova…' })).toBeFocused()
  expect(await answered()).toBe(401)

  // Her extension has gone to somebody else: that is said where it is tried, and what to do.
  await admin.users.add({
    ...{ login: 'ivo.prova', givenName: 'Ivo', familyName: 'Prova', password, extension: '2091' },
    ...{ roles: ['operator'], teams: ['first-level'] },
  })
  await story.getByRole('button', { name: 'Cambia Nora Prova…' }).click()
  await story.getByRole('button', { name: 'Riattiva' }).click()
  await expect(story.getByText('Questo interno è già di un altro.')).toBeVisible()
  await expect(story.getByText('Dagli un altro interno qui sopra')).toBeVisible()
  await story.getByRole('button', { name: 'Chiudi', exact: true }).click()

  await desk.openFromMenu('Esci')
  const issuer = await desk.issuer(() => page.getByRole('button', { name: 'Entra' }).click())
  await issuer.getByLabel('Nome utente').fill('nora.prova')
  await issuer.getByLabel('Password').fill(password)
  await issuer.getByRole('button', { name: 'Accedi' }).click()
  await expect(issuer.getByText('Nome utente o password non corretti.')).toBeVisible()
})
