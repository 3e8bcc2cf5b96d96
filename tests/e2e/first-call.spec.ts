import { expect, test } from './desk.ts'
import { conversationOf, storyOf } from './records.ts'

test('a first call, from the sign-in to the CRM', async ({ city, desks }) => {
  const before = await storyOf(city.crmUrl, 'Teresa Colombo')
  const desk = await desks.open()
  const { page } = desk
  await desk.signIn()
  await desk.seesAllWell()
  await expect(desk.truth).toContainText('Linea di esercitazione')
  await desk.goReady()

  await test.step('who calls is known before the answer', async () => {
    await city.call('stays-on-the-line')
    await expect(desk.person).toHaveText('Teresa Colombo')
    await expect(desk.call).toContainText('347 000 2210')
    await expect(desk.call.getByRole('button', { name: 'Rispondi' })).toBeVisible()
    await expect(desk.story).toContainText('Vuole rinnovare la carta, di mattina e vicino a casa.')
    await expect(desk.story.getByRole('region', { name: 'Aperto' })).toContainText('Richiamo promesso')
    await expect(desk.story.getByRole('region', { name: 'Aperto' })).toContainText('Tessera elettorale')
    await expect(desk.story.getByRole('region', { name: 'Appuntamenti' })).toContainText(
      'Nessun appuntamento.',
    )
  })

  await test.step('both hear each other', async () => {
    await desk.answer()
    await desk.speaks()
    await desk.hears()
    await expect.poll(async () => (await city.line()).calls[0]?.heard.level).toBeGreaterThan(0)
  })

  await test.step('mute and hold', async () => {
    await page.keyboard.press('Alt+m')
    await expect(desk.verb('Muto')).toHaveAttribute('aria-pressed', 'true')
    await expect.poll(async () => (await city.line()).calls[0]?.heard.level).toBe(0)
    await page.keyboard.press('Alt+m')
    await expect(desk.verb('Muto')).toHaveAttribute('aria-pressed', 'false')
    await expect.poll(async () => (await city.line()).calls[0]?.heard.level).toBeGreaterThan(0)
    await page.keyboard.press('Alt+a')
    await expect(desk.verb('Riprendi')).toBeVisible()
    await expect.poll(async () => (await city.line()).calls[0]?.state).toBe('held')
    await page.keyboard.press('Alt+a')
    await expect(desk.verb('Attesa')).toBeVisible()
    await expect.poll(async () => (await city.line()).calls[0]?.state).toBe('talking')
    await desk.hears()
  })

  await test.step('who speaks is verified, and only then protected data are shown', async () => {
    await expect(desk.story.getByRole('button', { name: 'Mostra i dati protetti' })).toHaveCount(0)
    await desk.identify('data di nascita')
    await desk.story.getByRole('button', { name: 'Mostra i dati protetti' }).click()
    await expect(desk.story.getByText('Codice fiscale')).toBeVisible()
  })

  await test.step('a reload loses neither the call nor the note', async () => {
    await desk.writes('Vuole la carta di mattina, vicino a casa.')
    await desk.reload()
    await expect(desk.person).toHaveText('Teresa Colombo')
    await expect(desk.note).toHaveValue('Vuole la carta di mattina, vicino a casa.')
    await expect(desk.story.getByText('Identità verificata', { exact: true })).toBeVisible()
    await desk.talks()
    await desk.speaks()
    await desk.hears()
    await expect.poll(async () => (await city.line()).calls[0]?.heard.level).toBeGreaterThan(0)
  })

  await test.step('an appointment and a request', async () => {
    await desk.book('Carta d’identità elettronica')
    await expect(desk.sheet).toContainText('Appuntamento confermato')
    await desk.openRequest('Informazione', 'Tessera elettorale', 'Chiede se la tessera arriva a casa.')
    await expect(desk.sheet).toContainText(/Protocollo R-\d{4}-\d{6}/)
  })

  await test.step('hang up, wrap up, ready again', async () => {
    await desk.hangUp()
    await expect(desk.note).toHaveValue('Vuole la carta di mattina, vicino a casa.')
    await desk.wrapUp('Appuntamento preso', 'Carta d’identità')
    await expect(desk.state('Disponibile')).toBeVisible()
    await expect.poll(async () => (await city.line()).calls).toEqual([])
    await desk.seesAllWell()
  })

  await test.step('the CRM has each once', async () => {
    const { contact, appointments, tickets, reads } = await conversationOf(
      city.crmUrl,
      'Teresa Colombo',
      'Vuole la carta di mattina, vicino a casa.',
    )
    expect(contact).toMatchObject({
      operatorName: 'Elena Ferri',
      callerNumber: '+393470002210',
      topicId: 'identity-card',
      outcome: 'appointment',
      identification: 'birth-date',
      practice: true,
      answeredAt: expect.any(String),
      endedAt: expect.any(String),
    })
    expect(appointments).toEqual([
      expect.objectContaining({
        citizenId: contact.citizenId,
        serviceIds: ['identity-card'],
        state: 'confirmed',
        code: expect.stringMatching(/./),
      }),
    ])
    expect(tickets).toEqual([
      expect.objectContaining({
        citizenId: contact.citizenId,
        kind: 'information',
        topicId: 'electoral-card',
        text: 'Chiede se la tessera arriva a casa.',
        protocol: expect.stringMatching(/^R-\d{4}-\d{6}$/),
      }),
    ])
    expect(reads.map(({ userName }) => userName)).toContain('Elena Ferri')
    const after = await storyOf(city.crmUrl, 'Teresa Colombo')
    expect(after.contacts).toHaveLength(before.contacts.length + 1)
    expect(after.tickets).toHaveLength(before.tickets.length + 1)
    expect(after.appointments).toHaveLength(before.appointments.length + 1)
  })
})
