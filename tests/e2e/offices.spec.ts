import { cityZone, newId } from '#contract/domain/ids.ts'
import settings from '../../resources/city/messages/settings.json' with { type: 'json' }
import example from '../../resources/city/offices.json' with { type: 'json' }
import { afterQuiet } from '../../src/crm/messages/local-time.ts'
import { cityDay } from '../../src/renderer/src/ui/format.ts'
import { expect, test } from './desk.ts'
import { as, storyOf } from './records.ts'
import { tabTo } from './tab-to.ts'

test('a supervisor closes an office for a day by keyboard, calls whom nothing reaches, and takes the closure back', async ({
  city,
  desks,
}) => {
  const crm = await as(city.crmUrl, 'paolo')
  const { citizens } = await storyOf(city.crmUrl, 'Teresa Colombo')
  const from = new Date(Date.now() + 12 * 86_400_000).toISOString()
  const { offers } = await crm.agenda.nextFree({ serviceIds: ['certificates'], from, limit: 1 })
  const [place] = offers
  if (!place) throw new Error('nothing is free')
  const { officeId, startsAt } = place
  const { id } = await crm.appointments.book({
    ...{ id: newId(), serviceIds: ['certificates'], officeId, startsAt, channel: 'phone' },
    citizenId: citizens[0]?.id ?? '',
  })
  const office = example.offices.find((one) => one.id === officeId)?.name ?? ''
  const day = cityDay(startsAt)
  const { count } = await crm.agenda.concerned({
    ...{ officeId, from: `${day}T00:00:00Z`, to: `${day}T22:00:00Z` },
  })

  const desk = await desks.open()
  await desk.comeIn('paolo')
  await desk.seesAllWell()
  await desk.seesCacheFilled()
  const { page, story } = desk
  const { keyboard } = page
  const opensOffices = async () => {
    await keyboard.press('Control+k')
    await keyboard.type('chiusure')
    await keyboard.press('Enter')
    await expect(story.getByRole('heading', { name: 'Supervisione' })).toBeVisible()
  }
  await opensOffices()
  await tabTo(page, story.getByRole('tab', { name: 'Chi ha consultato' }))
  await keyboard.press('ArrowRight')
  await expect(story.getByText('Nessun messaggio è rimasto indietro.')).toBeVisible()
  await desk.picks(story.getByRole('button', { name: /Sede$/ }), office)
  await tabTo(page, story.getByRole('button', { name: 'Chiudi per un tempo…' }))
  await keyboard.press('Enter')

  const form = story.getByRole('form', { name: `Chiudi ${office}` })
  await expect(form.getByLabel('Dal giorno')).toBeFocused()
  const [year, month, date] = day.split('-')
  await keyboard.type(`${date}/${month}/${year}`)
  await expect(form.getByText(sentence(count))).toBeVisible()
  await tabTo(page, form.getByLabel('Perché, come lo leggeranno le persone'))
  await keyboard.type('Allagamento.')
  // Another part is looked at meanwhile, and the page is turned: nothing typed is lost.
  await story.getByRole('tab', { name: 'Numeri' }).click()
  await story.getByRole('button', { name: 'Indietro' }).click()
  await opensOffices()
  await story.getByRole('tab', { name: 'Sedi' }).click()
  await expect(form.getByLabel('Perché, come lo leggeranno le persone')).toHaveValue('Allagamento.')
  const act = form.getByRole('button', { name: /^Chiudi e annulla/ })
  await expect(act).toHaveText(
    count === 1 ? 'Chiudi e annulla 1 appuntamento' : `Chiudi e annulla ${count} appuntamenti`,
  )
  await tabTo(page, act)
  await keyboard.press('Enter')

  await expect(story.getByRole('status').getByText(outcome(count))).toBeVisible()
  const toCall = story.getByRole('region', { name: /da chiamare$/ })
  const teresa = toCall.getByRole('listitem').filter({ hasText: 'Teresa Colombo' })
  const now = new Date()
  const isQuiet = afterQuiet(now, cityZone, settings.quiet) > now
  await expect(teresa).toContainText(isQuiet ? 'SMS: In coda per' : 'SMS: Pronto per')
  const call = teresa.getByRole('button', { name: /^Chiama Teresa Colombo/ }).first()
  await tabTo(page, call)
  await keyboard.press('Enter')
  // Who is called is who the conversation is with, with what the office took away.
  await expect(desk.person).toHaveText('Teresa Colombo', { timeout: 30_000 })
  await expect(story.getByText('Allagamento.').first()).toBeVisible()
  await desk.talks()
  await desk.hangUp()
  await desk.wrapUp('Risolto subito', 'Informazioni generali')

  await opensOffices()
  await tabTo(page, story.getByRole('button', { name: 'Ritira la chiusura…' }))
  await keyboard.press('Enter')
  await expect(story.getByRole('button', { name: 'Ritira la chiusura', exact: true })).toBeFocused()
  await keyboard.press('Enter')
  await expect(story.getByText(/^Ritirata .*: da allora non chiude più la sede/)).toBeVisible()
  const { closures } = await crm.agenda.closures({ officeId })
  expect(closures[0]).toMatchObject({ cancelled: count, closure: { reason: 'Allagamento.' } })
  expect(closures[0]?.withdrawnAt).not.toBeNull()
  const { affected } = await crm.agenda.affected({ id: closures[0]?.closure.id ?? '' })
  expect(affected.map(({ cancelled }) => cancelled.id)).toContain(id)
})

test('who closes an office and keeps its appointments sees whom to call, and in the conversation may move the appointment; nobody is invited to a closed door', async ({
  city,
  desks,
}) => {
  const crm = await as(city.crmUrl, 'paolo')
  const { citizens } = await storyOf(city.crmUrl, 'Teresa Colombo')
  const from = new Date(Date.now() + 20 * 86_400_000).toISOString()
  const { offers } = await crm.agenda.nextFree({ serviceIds: ['certificates'], from, limit: 1 })
  const [place] = offers
  if (!place) throw new Error('nothing is free')
  const { officeId, startsAt, endsAt } = place
  await crm.appointments.book({
    ...{ id: newId(), serviceIds: ['certificates'], officeId, startsAt, channel: 'phone' },
    citizenId: citizens[0]?.id ?? '',
  })
  await crm.agenda.closeDay({
    ...{ id: newId(), officeId, from: startsAt, to: endsAt, agendas: null, reason: 'Assemblea.' },
    ...{ bookings: 'keep', recovery: null },
  })
  const desk = await desks.open()
  await desk.comeIn('paolo')
  await desk.seesAllWell()
  await desk.seesCacheFilled()
  const { page, story } = desk
  await page.keyboard.press('Control+k')
  await page.keyboard.type('chiusure')
  await page.keyboard.press('Enter')
  await story.getByRole('tab', { name: 'Sedi' }).click()
  const office = example.offices.find((one) => one.id === officeId)?.name ?? ''
  await desk.picks(story.getByRole('button', { name: /Sede$/ }), office)
  const closure = story.getByRole('listitem').filter({ hasText: 'Assemblea.' })
  await closure.getByRole('button', { name: /^Apri la chiusura/ }).click()

  const stands = story.getByRole('region', { name: 'Chi ha ancora un appuntamento in quel tempo' })
  const teresa = stands.getByRole('listitem').filter({ hasText: 'Teresa Colombo' })
  await teresa
    .getByRole('button', { name: /^Chiama Teresa Colombo/ })
    .first()
    .click()
  await expect(desk.person).toHaveText('Teresa Colombo', { timeout: 30_000 })
  await desk.talks()
  await expect(story.getByRole('button', { name: /^Sposta/ }).first()).toBeVisible()
  await story
    .getByRole('button', { name: /^Invia di nuovo/ })
    .first()
    .click()
  const again = story.getByRole('group', { name: /^Invia di nuovo/ })
  await again.getByRole('button', { name: 'Invia', exact: true }).click()
  await expect(page.getByText('La conferma non è stata inviata di nuovo.')).toBeVisible()
  await expect(page.getByText(/A quell’ora l’ufficio è chiuso: non si invita nessuno/)).toBeVisible()
  await again.getByRole('button', { name: 'Chiudi' }).click()
  await desk.hangUp()
  await desk.wrapUp('Risolto subito', 'Informazioni generali')
})

const sentence = (count: number) =>
  count === 1
    ? /^1 appuntamento verrà annullato\. Se/
    : new RegExp(`^${count} appuntamenti verranno annullati\\. Chi`)
const outcome = (count: number) =>
  count === 1 ? '1 appuntamento annullato.' : `${count} appuntamenti annullati.`
