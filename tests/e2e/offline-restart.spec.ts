import { expect, test } from '@playwright/test'
import { City } from '../support/city.ts'
import { Operator } from './operator.ts'
import { conversationOf } from './records.ts'

let city: City
test.beforeAll(async () => {
  city = await City.open()
})
test.afterAll(() => city.close())

test('a desk that restarts without the CRM takes a call', async ({ page }) => {
  const note = 'Scritto mentre il CRM era fermo e la postazione ripartita.'
  const desk = await Operator.at(page, await city.startDesk())
  await desk.signIn()
  await desk.seesAllWell()
  await desk.seesCacheFilled()

  await city.killCrm()
  await city.stopDesk()
  await page.goto(await city.startDesk())
  await expect(desk.truth).toContainText('CRM assente')
  await desk.goReady()
  await city.call('stays-on-the-line')
  await expect(desk.person).toHaveText('Teresa Colombo')
  await expect(desk.story.getByRole('region', { name: 'Aperto' })).toContainText('Tessera elettorale')
  await desk.answer()
  await desk.speaks()
  await desk.hears()
  await desk.writes(note)
  await desk.openRequest('Segnalazione', 'Tessera elettorale', 'Il CRM non c’era.')
  await desk.hangUp()
  await desk.wrapUp('Richiesta aperta')
  await expect(desk.story).toContainText('Da consegnare al CRM')

  await city.startCrm()
  await desk.seesAllWell()
  const { contact, tickets, reads } = await conversationOf(city.crmUrl, 'Teresa Colombo', note)
  expect(contact).toMatchObject({ outcome: 'request', topicId: 'electoral-card' })
  expect(tickets).toEqual([
    expect.objectContaining({ kind: 'report', text: 'Il CRM non c’era.', protocol: expect.any(String) }),
  ])
  expect(reads).toContainEqual(expect.objectContaining({ from: 'cache', userName: 'Elena Ferri' }))
})
