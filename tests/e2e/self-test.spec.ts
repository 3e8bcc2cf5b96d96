import { expect, test } from './desk.ts'

test('the desk is tested before the shift, and each part says how it is', async ({ desks }) => {
  const desk = await desks.open()
  await desk.signIn()
  await desk.seesAllWell()
  await desk.seesCacheFilled()
  const panel = desk.story.getByRole('region', { name: 'Prova della postazione' })
  await panel.getByRole('button', { name: 'Fai la prova' }).click()
  const step = (name: string) => panel.getByRole('listitem').filter({ hasText: name })
  await expect(step('Telefono')).toContainText('a posto')
  await panel.getByRole('button', { name: 'Sì, la sento' }).click({ timeout: 20_000 })
  await expect(step('Microfono')).toContainText('a posto')
  await expect(step('Suoneria')).toContainText('a posto')
  await expect(step('Chiamata di prova')).toContainText('a posto', { timeout: 30_000 })
  await expect(desk.call).toContainText('Nessuna chiamata')

  const again = await desks.restart()
  await expect(again.story.getByRole('region', { name: 'Prova della postazione' })).toContainText('a posto')
  await again.goReady()
})
