import { expect, test } from './desk.ts'
import { Operator } from './operator.ts'

const party = (desk: Operator, name: string) =>
  desk.call.getByRole('group', { name: 'Consultazione' }).locator('p', { hasText: name })

async function handOver(desk: Operator, to: string): Promise<void> {
  await desk.opensTransfer()
  await desk.page.keyboard.type(to)
  await desk.page.keyboard.press('Control+Enter')
}

test('a colleague is asked and takes the call, by keyboard', async ({ city, desks }) => {
  const desk = await desks.open()
  const { keyboard } = desk.page
  await desk.beginShift()
  await city.call('stays-on-the-line')
  await desk.answer()
  await desk.opensTransfer()
  const panel = desk.page.getByRole('dialog', { name: 'Passa la chiamata' })
  await keyboard.type('1234567890123456')
  await expect(panel.getByRole('alert')).toContainText('Questo numero non esiste')
  await panel.getByRole('combobox').fill('')
  await keyboard.type('tribut')
  await expect(panel.getByRole('option')).toHaveCount(1)
  await keyboard.press('Enter')
  await expect(party(desk, 'Tributi')).toContainText('Parli con')
  await expect(desk.call.getByText('In attesa')).toHaveCount(1)
  await keyboard.press('Alt+v')
  await expect(party(desk, 'Tributi')).toContainText('In attesa')
  await keyboard.press('Alt+c')
  await expect(desk.sheet.getByRole('heading', { name: 'Chiudi la conversazione' })).toBeVisible()
  await expect(desk.call).toContainText('Passata a un collega')
  await desk.wrapUp('Passata a specialista', 'Informazioni generali')
  await expect(desk.page.getByText('Niente in sospeso')).toBeVisible()
})

test('a voice that is lost is said of the one whose it is, in a consultation and in a conference', async ({
  city,
  desks,
}) => {
  const desk = await desks.open()
  await desk.beginShift()
  await city.call('stays-on-the-line')
  await desk.answer()
  await desk.opensTransfer()
  await desk.page.keyboard.type('tribut')
  await desk.page.keyboard.press('Enter')
  await expect(party(desk, 'Tributi')).toContainText('Parli con')
  // As if no packet came any more.
  await desk.page.evaluate(() => {
    const { getStats } = RTCPeerConnection.prototype
    RTCPeerConnection.prototype.getStats = async () => new Map()
    Object.assign(window, {
      packetsComeAgain: () => Object.assign(RTCPeerConnection.prototype, { getStats }),
    })
  })
  const lost = desk.call.getByText('Voce interrotta')
  await expect(party(desk, 'Tributi')).toContainText('Voce interrotta')
  await expect(lost).toHaveCount(1)
  await desk.page.keyboard.press('Alt+u')
  await expect(lost).toHaveCount(2)
  await desk.page.evaluate('packetsComeAgain()')
  await expect(desk.call.getByText('In tre')).toHaveCount(2)
  await desk.page.keyboard.press('Alt+c')
  await desk.wrapUp('Passata a specialista', 'Informazioni generali')
})

test('a call is handed to a team at once, and is in the list after a restart', async ({ city, desks }) => {
  let desk = await desks.open()
  await desk.beginShift()
  await city.call('stays-on-the-line')
  await desk.answer()
  await handOver(desk, 'mobilita')
  await expect(desk.call).toContainText('Passata a un collega')
  await desk.wrapUp('Passata a specialista', 'Informazioni generali')
  for (const again of [false, true]) {
    if (again) {
      desk = await desks.restart()
      await desk.beginShift()
    }
    await desk.page.keyboard.press('Alt+o')
    const list = desk.story.getByRole('list', { name: 'Elenco delle chiamate' })
    await expect(list.getByRole('listitem').first()).toContainText('passata a Mobilità')
  }
})

test('one window carries the calls; another looks on until it takes them', async ({
  city,
  desks,
  browser,
  shell,
}) => {
  test.skip(shell === 'electron', 'Electron has one window')
  const first = await desks.open()
  await first.beginShift()
  const context = await browser.newContext()
  try {
    const second = await Operator.at(await context.newPage(), await city.deskUrl())
    const elsewhere = 'Le telefonate sono in un’altra finestra'
    await expect(second.page.getByText(elsewhere)).toBeVisible()
    await city.call('stays-on-the-line')
    await first.rings()
    // From the first moment of the ring, not only once it has rung for a while.
    await second.page.keyboard.press('Alt+Enter')
    await expect(second.call.getByRole('button', { name: 'Rispondi' })).toBeDisabled()
    await expect(first.call.getByRole('button', { name: 'Rispondi' })).toBeVisible()
    await second.page.keyboard.press('Alt+w')
    await expect(second.call.getByRole('button', { name: 'Rispondi' })).toBeEnabled()
    await expect(first.page.getByText(elsewhere)).toBeVisible()
    await second.answer()
    await second.hangUp()
    await second.wrapUp('Caduta o muta', 'Informazioni generali')
  } finally {
    await context.close()
  }
})

test('another desk has the extension too: both would ring, so it is said, and the key asks for it', async ({
  desks,
  shell,
}) => {
  test.skip(shell === 'electron', 'Electron’s host is reached by no socket')
  const desk = await desks.open()
  await desk.beginShift()
  // As an exchange that keeps several bindings has the host say it; the practice line keeps one.
  let others = 1
  let asked = false
  await desk.page.routeWebSocket(/^ws:/, (ours) => {
    const host = ours.connectToServer()
    ours.onMessage((message) => {
      asked ||= String(message).includes('phone/takeOver')
      host.send(message)
    })
    host.onMessage((message) =>
      ours.send(String(message).replaceAll('"otherDesks":0', `"otherDesks":${others}`)),
    )
  })
  await desk.reload()
  const told = desk.page.getByText('Il tuo interno è anche su un’altra postazione.')
  await desk.seesAllWell()
  await expect(told).toBeVisible()
  await expect(desk.page.getByRole('button', { name: /Prendi qui le telefonate/ })).toBeEnabled()
  await desk.page.keyboard.press('Alt+w')
  await expect.poll(() => asked).toBe(true)
  others = 0
  await desk.reload()
  await desk.seesAllWell()
  await expect(told).toBeHidden()
})

test('another desk has the extension: nobody can be called from here but help', async ({ desks, shell }) => {
  test.skip(shell === 'electron', 'Electron’s host is reached by no socket')
  const desk = await desks.open()
  await desk.beginShift()
  const { page } = desk
  await page.routeWebSocket(/^ws:/, (ours) => {
    const host = ours.connectToServer()
    ours.onMessage((message) => host.send(message))
    host.onMessage((message) =>
      ours.send(String(message).replaceAll('"state":"registered"', '"state":"elsewhere"')),
    )
  })
  await desk.reload()
  await expect(page.getByText('Il tuo interno è su un’altra postazione.')).toBeVisible()
  await page.keyboard.press('Control+k')
  const commands = page.getByRole('dialog', { name: 'Comandi' })
  await page.keyboard.type('2002')
  await expect(commands.getByText('Niente con queste parole')).toBeVisible()
  await page.keyboard.press('Control+a')
  await page.keyboard.type('112')
  await commands.getByRole('menuitem', { name: 'Chiama 112' }).click()
  await expect(desk.call).toContainText('112')
  await desk.talks()
  await desk.hangUp()
})

test('who dials reads that it rings there, until it is answered', async ({ city, desks, browser }) => {
  const elena = await desks.open()
  await elena.beginShift()
  const context = await browser.newContext()
  try {
    const luca = await Operator.at(await context.newPage(), await city.startColleague())
    await luca.comeIn('luca')
    await luca.seesAllWell()
    await elena.dials('2002')
    await luca.rings()
    await expect(elena.call).toContainText('Squilla')
    await luca.answer()
    await expect(elena.call).not.toContainText('Squilla')
    await elena.talks()
    await elena.hangUp()
  } finally {
    await context.close()
  }
})

test('a call that a colleague refuses comes back, waits while they ask something, and goes on at their desk', async ({
  city,
  desks,
  browser,
}) => {
  const elena = await desks.open()
  await elena.beginShift()
  const context = await browser.newContext()
  try {
    const luca = await Operator.at(await context.newPage(), await city.startColleague())
    await luca.comeIn('luca')
    await luca.seesAllWell()
    await city.call('stays-on-the-line')
    await elena.answer()
    await elena.writes('Ha già pagato la prima rata.')

    await handOver(elena, '2002')
    await luca.rings()
    await luca.call.getByRole('button', { name: 'Rifiuta' }).click()
    const notice = elena.page.getByRole('alert').filter({ hasText: 'La chiamata non è passata a' })
    await expect(notice).toContainText('Chi chiama è di nuovo con te')
    await elena.talks()
    await elena.hears()

    await luca.dials('2001')
    await elena.page.getByRole('button', { name: /chi è in linea resta in attesa/ }).click()
    await luca.talks()
    await expect.poll(async () => (await city.line()).calls.map(({ state }) => state)).toContain('held')
    await luca.hears()
    await luca.page.keyboard.press('Alt+f')
    await expect(elena.verb('Riprendi')).toBeVisible()
    await elena.page.keyboard.press('Alt+a')
    await expect(elena.verb('Attesa')).toBeVisible()
    await elena.talks()
    await elena.hears()

    await handOver(elena, '2002')
    await luca.answer()
    await expect(luca.story.getByText('Te la passa Elena Ferri')).toBeVisible()
    await luca.hears()
    await expect(elena.call).toContainText('Passata a un collega')
  } finally {
    await context.close()
  }
})
