import { chromiumArgs, chromiumPath } from '../support/chromium.ts'
import { expect, test } from './desk.ts'

// Here the browser asks, and is told no.
test.use({ launchOptions: { executablePath: chromiumPath(), args: chromiumArgs } })

test('a microphone that is not allowed is no mute key', async ({ desks }) => {
  const desk = await desks.openWithoutMicrophone()
  await desk.signIn()
  const panel = desk.story.getByRole('region', { name: 'Prova della postazione' })
  await panel.getByRole('button', { name: 'Fai la prova' }).click()
  const step = (name: string) => panel.getByRole('listitem').filter({ hasText: name })
  await expect(step('Microfono')).toContainText('Il microfono non è permesso a questa pagina')
  await panel.getByRole('button', { name: 'Sì, la sento' }).click({ timeout: 20_000 })
  await expect(step('Chiamata di prova')).toContainText('Il microfono non è permesso a questa pagina')
})

test('without the microphone the desk says so before anybody goes ready', async ({ desks }) => {
  const desk = await desks.openWithoutMicrophone()
  await desk.comeIn()
  await expect(desk.story.getByRole('alert')).toContainText('microfono')
})
