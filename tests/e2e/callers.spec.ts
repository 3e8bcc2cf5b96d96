import { newId } from '#contract/domain/ids.ts'
import { makeFormat } from '../../src/renderer/src/ui/format.ts'
import { expect, test } from './desk.ts'
import type { Operator } from './operator.ts'
import { as, storyOf } from './records.ts'

const format = makeFormat('it', { today: 'oggi', yesterday: 'ieri' })

let desk: Operator
test.beforeEach(async ({ desks }) => {
  desk = await desks.open()
  await desk.beginShift()
})

test('a household: everybody who has the number, to choose from before the answer', async ({ city }) => {
  await city.call('household')
  await expect(desk.person).toHaveText('Chi sta chiamando?')
  const people = desk.story.getByRole('listbox', { name: 'Persone con questo numero' })
  await expect(people.getByRole('option')).toHaveCount(4)
  const teresa = people.getByRole('option', { name: 'Teresa Colombo' })
  await expect(teresa).toContainText('Richiamo promesso')
  // Who called last stands first.
  await desk.page.keyboard.press('1')
  await expect(desk.person).toHaveText('Teresa Colombo')
  await expect(desk.story).toContainText(
    /(Secondo|Terzo|Quarto) contatto in otto settimane per carta d’identità/,
  )
  await desk.answer()
  await expect(desk.person).toHaveText('Teresa Colombo')
  await desk.hangUp()
  await desk.wrapUp('Risolto subito', 'Carta d’identità')
  await desk.seesAllWell()
  expect((await storyOf(city.crmUrl, 'Teresa Colombo')).contacts[0]?.callerNumber).toBe('+390255510143')
})

test('while people are to be chosen from, a digit chooses one of them and says nothing of how it went', async ({
  city,
}) => {
  await city.call('household')
  await desk.answer()
  await desk.hangUp()
  await expect(desk.person).toHaveText('Chi parla?')
  // From no button, which Enter would press: the one of the test before may have the focus still.
  await desk.person.click()
  // Only the digits are the list's.
  await desk.page.keyboard.press('u')
  await expect(desk.sheet.getByRole('button', { name: 'Ufficio', pressed: true })).toBeVisible()
  await desk.page.keyboard.press('Enter')
  await expect(desk.sheet.getByRole('alert')).toHaveText('Scegli com’è andata.')
  await desk.page.keyboard.press('2')
  await expect(desk.person).toHaveText('Andrea Colombo')
  await expect(desk.sheet.getByRole('radio', { checked: true })).toHaveCount(0)
  await desk.page.keyboard.press('6')
  await expect(desk.sheet.getByRole('radio', { name: 'Caduta o muta' })).toBeChecked()
  await desk.wrapUp('Caduta o muta')
})

test('that it is not this person outlives a reload, and so does that nobody knows the number', async ({
  city,
}) => {
  const { story } = desk
  await city.call('stays-on-the-line')
  await desk.answer()
  await expect(desk.person).toHaveText('Teresa Colombo')
  await story.getByRole('button', { name: 'Non è questa persona' }).click()
  await expect(desk.person).toHaveText('Qualcun altro')
  await desk.reload()
  await desk.talks()
  await expect(desk.person).toHaveText('Qualcun altro')
  await desk.writes('Non era Teresa.')
  await desk.hangUp()
  await expect(desk.sheet).toContainText('Nessuna persona collegata')
  await desk.reload()
  await expect(desk.sheet).toContainText('Nessuna persona collegata')
  await expect(desk.person).toHaveText('Qualcun altro')
  await desk.wrapUp('Caduta o muta')
  await desk.seesAllWell()
  const { contacts } = await storyOf(city.crmUrl, 'Teresa Colombo')
  expect(contacts.map(({ note }) => note)).not.toContain('Non era Teresa.')

  await city.call('unknown-number')
  await desk.answer()
  await desk.hangUp()
  await expect(desk.person).toHaveText('Numero mai sentito')
  await desk.reload()
  await expect(desk.person).toHaveText('Numero mai sentito')

  // A person who was typed and left is gone back to, or thrown away.
  await story.getByRole('button', { name: 'Crea una persona' }).click()
  await story.getByLabel('Cognome').fill('Rovere')
  await story.getByRole('button', { name: 'Indietro' }).click()
  await desk.sheet.getByRole('button', { name: 'Riprendi: Persona scritta, non creata' }).click()
  await expect(story.getByLabel('Cognome')).toHaveValue('Rovere')
  await desk.sheet.getByRole('button', { name: 'Scarta: Persona scritta, non creata' }).click()
  await expect(story.getByLabel('Cognome')).toHaveValue('')
  await desk.wrapUp('Caduta o muta')
})

test('an unknown number: the person is created and linked', async ({ city }) => {
  await city.call('unknown-number')
  await expect(desk.person).toHaveText('Numero mai sentito')
  await desk.answer()
  await desk.story.getByRole('button', { name: 'Crea una persona' }).click()
  await desk.story.getByLabel('Nome', { exact: true }).fill('Ottavia')
  await desk.story.getByLabel('Cognome').fill('Quercia')
  await desk.story.getByLabel('Data di nascita').fill('3/4/1970')
  await desk.page.keyboard.press('Control+Enter')
  await expect(desk.person).toHaveText('Ottavia Quercia')
  await desk.hangUp()
  await desk.wrapUp('Risolto subito', 'Informazioni generali')
  await desk.seesAllWell()
  const { citizens, contacts } = await storyOf(city.crmUrl, 'Ottavia Quercia')
  expect(citizens).toEqual([
    expect.objectContaining({
      birthDate: '1970-04-03',
      phones: [expect.objectContaining({ number: '+390255510199' })],
    }),
  ])
  expect(contacts).toHaveLength(1)
})

test('a withheld number says so; the person is found by name', async ({ city }) => {
  await city.call('withheld-number')
  await expect(desk.person).toHaveText('Numero nascosto')
  await desk.answer()
  await desk.story
    .getByLabel('Nome, codice fiscale, numero, codice dell’appuntamento o protocollo')
    .fill('Villa Anna')
  await desk.story.getByRole('option', { name: 'Anna Villa' }).click()
  await expect(desk.person).toHaveText('Anna Villa')
  await desk.hangUp()
  await desk.wrapUp('Risolto subito', 'Informazioni generali')
  await desk.seesAllWell()
  expect((await storyOf(city.crmUrl, 'Anna Villa')).contacts[0]).toMatchObject({ callerNumber: null })
})

test('a code that is read out finds the appointment: of a person their story, of nobody itself, to move and cancel', async ({
  city,
}) => {
  const crm = await as(city.crmUrl, 'paolo')
  const serviceIds = ['identity-card']
  const { offers } = await crm.agenda.nextFree({ serviceIds, limit: 2 })
  const book = async (citizenId: string | null, place = 0) => {
    const { officeId = '', startsAt = '' } = offers[place] ?? {}
    const visit = { id: newId(), serviceIds, officeId, startsAt, citizenId, channel: 'phone' as const }
    return (await crm.appointments.book(visit)).code?.replace('-', '').toLowerCase() ?? ''
  }
  const [anna] = (await storyOf(city.crmUrl, 'Anna Villa')).citizens
  const [nobodys, annas] = [await book(null), await book(anna?.id ?? null, 1)]

  await city.call('withheld-number')
  await desk.answer()
  const { story, sheet } = desk
  const search = story.getByLabel('Nome, codice fiscale, numero, codice dell’appuntamento o protocollo')
  await search.fill('A7-7A7')
  await expect(story.getByText('Nessun appuntamento con il codice A7-7A7.')).toBeVisible()
  await search.fill(nobodys)
  await story.getByRole('button', { name: /^Sposta l’appuntamento/ }).click()
  const { offers: free } = await crm.agenda.nextFree({ serviceIds, limit: 100 })
  await sheet.getByRole('button', { name: 'Primo libero' }).click()
  await expect(sheet.getByRole('timer', { name: 'Posto tenuto' })).toBeVisible()
  // The office closes for that time while the operator still reads it out.
  const place = await sheet.getByRole('region', { name: 'Posto scelto' }).locator('b').first().textContent()
  const officeId = await sheet.getByRole('radio', { checked: true }).first().inputValue()
  const there = free.find(
    (offer) =>
      offer.officeId === officeId &&
      place === `${format.longDay(offer.startsAt)}, ${format.times(offer.startsAt, offer.endsAt)}`,
  )
  await crm.agenda.closeDay({
    ...{ officeId, id: newId(), from: there?.startsAt ?? '', to: there?.endsAt ?? '' },
    ...{ agendas: ['identity'], reason: 'Assemblea.', recovery: null },
  })
  await desk.page.keyboard.press('Control+Enter')
  await expect(sheet.getByRole('alert')).toContainText('Lo spostamento è stato rifiutato')
  await story.getByRole('group', { name: 'I posti liberi più vicini:' }).getByRole('button').first().click()
  await expect(sheet.getByText('Appuntamento confermato')).toBeVisible()
  await story.getByRole('button', { name: /^Annulla l’appuntamento/ }).click()
  await story.getByRole('button', { name: 'Sì, annulla' }).click()
  await expect(story.getByText('disdetto dal cittadino')).toBeVisible()
  await search.fill(annas)
  await story.getByRole('button', { name: /^Apri la storia/ }).click()
  await expect(desk.person).toHaveText('Anna Villa')
  await desk.hangUp()
  await desk.wrapUp('Risolto subito', 'Informazioni generali')
})

test('somebody who gives up while it rings leaves the desk as it was', async ({ city }) => {
  await city.call('hangs-up-while-ringing')
  await expect(desk.person).toHaveText('Bruno Sala')
  await expect(desk.call).toContainText('Nessuna chiamata')
  await expect(desk.state('Disponibile')).toBeVisible()
  await expect(desk.page.getByText('Niente in sospeso')).toBeVisible()
})

test('a number that is not here, with the CRM away, is not called unknown', async ({ city }) => {
  await city.killCrm()
  await expect(desk.truth).toContainText('CRM assente')
  await city.call('known-only-to-crm')
  await expect(desk.person).toHaveText('Qui non c’è, e il CRM è assente')
  await desk.answer()
  await desk.hangUp()
  await desk.wrapUp('Risolto subito', 'Informazioni generali')
  await city.startCrm()
  await desk.seesAllWell()
})

test('a number that only the CRM knows fills in when its answer comes', async ({ city }) => {
  await city.call('known-only-to-crm')
  await expect(desk.person).toHaveText('Ines Rota')
  await desk.answer()
  await desk.hangUp()
  await desk.wrapUp('Risolto subito', 'Tessera elettorale')
  await desk.seesAllWell()
})
