import { newId } from '#contract/domain/ids.ts'
import { expect, test } from './desk.ts'
import { as } from './records.ts'

test('what a specialist typed stays in reach when the request goes to a team that is not theirs', async ({
  city,
  desks,
}) => {
  const supervisor = await as(city.crmUrl, 'paolo')
  const { id, protocol } = await supervisor.tickets.open({
    ...{ id: newId(), kind: 'complaint', topicId: 'waste-tax', text: 'La tariffa è sbagliata.' },
  })
  const desk = await desks.open()
  await desk.page.getByRole('button', { name: 'Entra' }).waitFor()
  await desk.signIn('marta')
  await desk.seesAllWell()
  await desk.seesCacheFilled()
  const { page, story } = desk
  const opensRequests = async () => {
    await page.keyboard.press('Control+k')
    await page.keyboard.type('richieste')
    await page.keyboard.press('Enter')
    await expect(story.getByRole('heading', { name: 'Richieste', exact: true })).toBeVisible()
  }
  await opensRequests()
  await story.getByText('Del gruppo', { exact: true }).click()
  await story.getByRole('button', { name: protocol ?? '' }).click()

  // What a wait does to the clock is said before.
  await story.getByRole('button', { name: 'Aspetta la persona' }).click()
  await expect(story.getByText(/^Il termine si ferma da oggi, per 30 giorni al più\./)).toBeVisible()
  await story.getByRole('button', { name: 'Lascia stare' }).click()

  const text = 'Gentile signora, la tariffa è stata ricalcolata.'
  await story.getByLabel('Messaggio alla persona').fill(text)
  await expect(story.getByText('Bozza salvata')).toBeVisible()
  await supervisor.tickets.act({
    ...{ ticketId: id, id: newId() },
    action: { do: 'hand-over', team: 'mobility', reason: 'è un pass', reference: null, from: 'taxes' },
  })
  await expect(story.getByText(/^Questa richiesta non c’è più, o adesso l’ha un gruppo/)).toBeVisible()
  const left = story.getByRole('region', { name: 'Quello che avevi scritto' })
  await expect(left.getByText(text)).toBeVisible()
  await left.getByRole('button', { name: 'Copia il testo' }).click()
  await expect(left.getByRole('status')).not.toBeEmpty()

  await opensRequests()
  const drafts = story.getByRole('region', { name: 'Bozze tue di richieste che qui non ci sono più' })
  await drafts.getByRole('button', { name: text }).click()
  await left.getByRole('button', { name: 'Togli la bozza' }).click()
  await left.getByRole('button', { name: 'Sì, togli' }).click()
  await expect(left).toBeHidden()
  await opensRequests()
  await expect(drafts).toBeHidden()
})
