import { expect, test } from './desk.ts'
import { conversationOf } from './records.ts'

test('a desk that restarts without the CRM takes a call', async ({ city, desks }) => {
  const note = 'Scritto mentre il CRM era fermo e la postazione ripartita.'
  let desk = await desks.open()
  await desk.signIn()
  await desk.seesAllWell()
  await desk.seesCacheFilled()

  await city.killCrm()
  desk = await desks.restart()
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
