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

test('a device that goes a second time is told a second time, though the first notice was read', async ({
  desks,
}) => {
  const desk = await desks.open()
  await desk.comeIn()
  await desk.reload()
  await desk.seesAllWell()
  const { page, story } = desk
  const chosen = 'Fake Audio Input 2'
  await desk.openFromMenu('Impostazioni')
  await desk.picks(story.getByRole('button', { name: /Microfono$/ }), chosen)
  const plugged = (on: boolean) =>
    page.evaluate(
      ([label, present]) => {
        const all = MediaDevices.prototype.enumerateDevices.bind(navigator.mediaDevices)
        navigator.mediaDevices.enumerateDevices = async () =>
          (await all()).filter((device) => present || device.label !== label)
        navigator.mediaDevices.dispatchEvent(new Event('devicechange'))
      },
      [chosen, on] as const,
    )
  const gone = page.getByText(`«${chosen}» non è più collegato.`)
  await plugged(false)
  await expect(gone).toBeVisible()
  await page.getByRole('button', { name: 'Ho letto' }).click()
  await expect(gone).toHaveCount(0)
  await plugged(true)
  await expect(page.getByRole('status').getByText('di nuovo in uso')).toBeAttached()
  await plugged(false)
  await expect(gone).toBeVisible()
})
