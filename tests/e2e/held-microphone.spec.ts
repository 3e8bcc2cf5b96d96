import { expect, test } from './desk.ts'

test('a chosen microphone that another program holds is not passed over', async ({ desks }) => {
  const desk = await desks.open()
  await desk.signIn()
  await desk.seesAllWell()
  await desk.openFromMenu('Impostazioni')
  await desk.picks(desk.story.getByRole('button', { name: /Microfono$/ }), 'Fake Audio Input 2')
  await desk.page.evaluate(() => {
    const devices = navigator.mediaDevices
    const open = devices.getUserMedia.bind(devices)
    devices.getUserMedia = async (wanted) => {
      if (JSON.stringify(wanted).includes('deviceId')) throw new DOMException('held', 'NotReadableError')
      return open(wanted)
    }
  })
  await desk.story.getByRole('button', { name: 'Prova il microfono' }).click()
  await expect(desk.story.getByText('il microfono scelto non si apre')).toBeVisible()
  await desk.story.getByRole('button', { name: 'Indietro' }).click()
  const panel = desk.story.getByRole('region', { name: 'Prova della postazione' })
  await panel.getByRole('button', { name: 'Fai la prova' }).click()
  await expect(panel.getByRole('listitem').filter({ hasText: 'Microfono' })).toContainText(
    'Il microfono scelto è collegato ma non si apre',
  )
})
