import { expect, test } from './desk.ts'
import { conversationOf } from './records.ts'

test('the CRM is killed between the appointment and the request, and has each once', async ({
  city,
  desks,
}) => {
  const note = 'Il CRM si ferma mentre parliamo.'
  const desk = await desks.open()
  await desk.signIn()
  await desk.seesAllWell()
  await desk.goReady()
  await city.call('stays-on-the-line')
  await desk.answer()
  await desk.identify('codice fiscale')
  await desk.book('Carta d’identità elettronica')
  await expect(desk.sheet.getByText(/Appuntamento (richiesto|confermato)/)).toBeVisible()

  await city.killCrm()
  await expect(desk.truth).toContainText('CRM assente')
  await desk.writes(note)
  await desk.openRequest('Reclamo', 'Tessera elettorale', 'La tessera non è arrivata.')
  await expect(desk.sheet).toContainText('Il protocollo arriva quando il CRM la riceve.')
  await expect(desk.truth).toContainText('in attesa')
  await desk.hears()
  await desk.hangUp()
  await desk.wrapUp('Appuntamento preso', 'Carta d’identità')
  await expect(desk.story).toContainText('Richiesta: Tessera elettorale')
  await expect(desk.story).toContainText('Chiusura della telefonata: Appuntamento preso')

  await city.startCrm()
  await desk.seesAllWell()
  await expect(desk.story.getByText('Da consegnare al CRM')).toHaveCount(0)
  await expect(desk.state('Disponibile')).toBeVisible()

  const { contact, appointments, tickets } = await conversationOf(city.crmUrl, 'Teresa Colombo', note)
  expect(contact).toMatchObject({ outcome: 'appointment', identification: 'fiscal-code' })
  expect(appointments).toEqual([expect.objectContaining({ state: 'confirmed' })])
  expect(tickets).toEqual([
    expect.objectContaining({ kind: 'complaint', text: 'La tessera non è arrivata.' }),
  ])
})
