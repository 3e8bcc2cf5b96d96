import { newId } from '#contract/domain/ids.ts'
import type { TicketAction } from '#contract/domain/ticket-act.ts'
import { expect, test } from './desk.ts'
import { as } from './records.ts'

test('what a specialist typed stays in reach when the request goes to a team that is not theirs', async ({
  city,
  desks,
}) => {
  const supervisor = await as(city.crmUrl, 'paolo')
  const { id, protocol } = await supervisor.tickets.open({
    ...{ id: newId(), kind: 'complaint', topicId: 'waste-tax', text: 'La tariffa è sbagliata.' },
  })
  const desk = await desks.open()
  await desk.page.getByRole('button', { name: 'Entra' }).waitFor()
  await desk.signIn('marta')
  await desk.seesAllWell()
  await desk.seesCacheFilled()
  const { page, story } = desk
  const opensRequests = async () => {
    await page.keyboard.press('Control+k')
    await page.keyboard.type('richieste')
    await page.keyboard.press('Enter')
    await expect(story.getByRole('heading', { name: 'Richieste', exact: true })).toBeVisible()
  }
  await opensRequests()
  await story.getByText('Del gruppo', { exact: true }).click()
  await story.getByRole('button', { name: protocol ?? '' }).click()

  // What a wait does to the clock is said before.
  await story.getByRole('button', { name: 'Aspetta la persona' }).click()
  await expect(story.getByText(/^Il termine si ferma da oggi, per 30 giorni al più\./)).toBeVisible()
  await story.getByRole('button', { name: 'Lascia stare' }).click()

  // A form in which nothing is typed or chosen does not wait for them.
  await story.getByRole('button', { name: 'Assegna', exact: true }).click()
  await opensRequests()
  await story.getByRole('button', { name: protocol ?? '' }).click()
  await expect(story.getByRole('button', { name: 'Aspetta la persona' })).toBeVisible()

  const acts = async (action: TicketAction) =>
    await supervisor.tickets.act({ ticketId: id, id: newId(), action })
  // What a colleague changed meanwhile is said, and overruled only when they say so.
  await story.getByRole('button', { name: 'Altra categoria' }).click()
  const category = story.getByRole('form', { name: 'Altra categoria' })
  await category.getByLabel('Motivo').fill('È un reclamo')
  const from = { kind: 'complaint', topicId: 'waste-tax' } as const
  await acts({ ...{ do: 'classify', kind: 'information', topicId: 'waste-tax', reason: 'chiede' }, from })
  await expect(category.getByText(/^La richiesta è cambiata da quando hai cominciato/)).toBeVisible()
  await expect(category.getByRole('button', { name: 'Conferma' })).toBeHidden()
  await category.getByRole('button', { name: 'Vai avanti con la richiesta com’è adesso' }).click()
  await expect(category.getByRole('button', { name: 'Conferma' })).toBeFocused()
  await expect(category.getByLabel('Motivo')).toHaveValue('È un reclamo')
  await category.getByRole('button', { name: 'Lascia stare' }).click()

  // Why it waits is half typed, and stays so while they look at something else.
  await story.getByRole('button', { name: 'Aspetta la persona' }).click()
  const why = story.getByRole('form', { name: 'Aspetta la persona' }).getByLabel('Motivo')
  const half = 'Deve ancora mandare la planim'
  await why.fill(half)
  await opensRequests()
  await story.getByRole('button', { name: protocol ?? '' }).click()
  await expect(why).toHaveValue(half)
  await acts({ do: 'move', to: 'closed', reason: null, closedFor: 'duplicate' })
  await expect(story.getByText(/^Questo non si può più fare con la richiesta com’è adesso\./)).toBeVisible()
  await expect(why).toHaveValue(half)
  await expect(story.getByRole('button', { name: 'Conferma' })).toBeHidden()
  await acts({ do: 'move', to: 'in-progress', reason: 'non è doppia', closedFor: null })
  await expect(story.getByRole('button', { name: 'Conferma' })).toBeVisible()

  const text = 'Gentile signora, la tariffa è stata ricalcolata.'
  await story.getByLabel('Messaggio alla persona').fill(text)
  await expect(story.getByText('Bozza salvata')).toBeVisible()
  await supervisor.tickets.act({
    ...{ ticketId: id, id: newId() },
    action: { do: 'hand-over', team: 'mobility', reason: 'è un pass', reference: null, from: 'taxes' },
  })
  await expect(story.getByText(/^Questa richiesta non c’è più, o adesso l’ha un gruppo/)).toBeVisible()
  const left = story.getByRole('region', { name: 'Quello che avevi scritto' })
  await expect(left.getByText(text)).toBeVisible()
  await expect(left.getByRole('region', { name: 'Aspetta la persona' }).getByText(half)).toBeVisible()
  const message = left.getByRole('region', { name: 'Messaggio alla persona' })
  await message.getByRole('button', { name: 'Copia il testo' }).click()
  await expect(message.getByRole('status')).not.toBeEmpty()

  await opensRequests()
  const drafts = story.getByRole('region', { name: 'Bozze tue di richieste che qui non ci sono più' })
  await drafts.getByRole('button', { name: text }).click()
  await left.getByRole('button', { name: 'Togli la bozza' }).click()
  await left.getByRole('button', { name: 'Sì, togli' }).click()
  await expect(left).toBeHidden()
  await opensRequests()
  await expect(drafts).toBeHidden()

  // Who is in the team is the CRM's to say; an empty list would say that nobody is.
  await city.killCrm()
  await expect(desk.truth).toContainText('CRM assente')
  await story.getByRole('button', { name: /^R-/ }).first().click()
  await story.getByRole('button', { name: 'Assegna', exact: true }).click()
  await expect(story.getByText('Chi è nel gruppo lo sa solo il CRM. Il CRM non risponde.')).toBeVisible()
  await city.startCrm()
  await desk.seesAllWell()
  await expect(story.getByRole('button', { name: /A chi$/ })).toBeVisible()
  await story.getByRole('button', { name: 'Lascia stare' }).click()
})

test('a request is found by the number that its citizen quotes: by the command bar, and where a person is searched', async ({
  city,
  desks,
}) => {
  const supervisor = await as(city.crmUrl, 'paolo')
  const { id, protocol } = await supervisor.tickets.open({
    ...{ id: newId(), kind: 'complaint', topicId: 'waste-tax', text: 'La bolletta è doppia.' },
  })
  await supervisor.tickets.act({
    ...{ ticketId: id, id: newId() },
    action: { do: 'move', to: 'closed', reason: null, closedFor: 'withdrawn' },
  })
  const named = protocol ?? ''
  const said = named.replace(/^R-(\d+)-0*(\d+)$/, '$2/$1')
  const desk = await desks.open()
  await desk.beginShift()
  const { page, story } = desk
  await city.call('unknown-number')
  await desk.answer()
  await story.getByRole('searchbox').fill(named.toLowerCase())
  const found = story.getByRole('region', { name: `Richiesta ${named}` })
  await expect(found).toContainText('Non è legata a nessuna persona.')
  await found.getByRole('button', { name: 'Apri la richiesta' }).click()
  await expect(story.getByText('La bolletta è doppia.')).toBeVisible()
  await story.getByRole('button', { name: 'Indietro' }).click()
  await expect(story.getByText('La bolletta è doppia.')).toBeHidden()

  await page.keyboard.press('Control+k')
  await page.keyboard.type('R-2026-999999')
  await expect(page.getByText('Nessuna richiesta R-2026-999999 tra quelle che puoi vedere.')).toBeVisible()
  await page.getByRole('searchbox').or(page.getByRole('textbox')).and(page.locator(':focus')).fill(said)
  await page.getByRole('menuitem', { name: `Apri la richiesta ${named}` }).click()
  await expect(story.getByText('La bolletta è doppia.')).toBeVisible()
  await desk.hangUp()
  await desk.wrapUp('Richiesta aperta')
})

test('a request that nobody was named for is given its person later, and a wrong one is taken away', async ({
  city,
  desks,
}) => {
  const supervisor = await as(city.crmUrl, 'paolo')
  const { id, protocol } = await supervisor.tickets.open({
    ...{ id: newId(), kind: 'complaint', topicId: 'waste-tax', text: 'Scritta senza un nome.' },
  })
  const desk = await desks.open()
  await desk.comeIn()
  await desk.openFromMenu('Esci')
  await desk.signIn('marta')
  await desk.seesAllWell()
  await desk.seesCacheFilled()
  const { page, story } = desk
  await page.keyboard.press('Control+k')
  await page.keyboard.type(protocol ?? '')
  await page.getByRole('menuitem', { name: `Apri la richiesta ${protocol}` }).click()
  await expect(story.getByText('Senza una persona')).toBeVisible()
  await expect(story.getByRole('button', { name: 'Non è di questa persona' })).toHaveCount(0)

  await story.getByRole('button', { name: 'Di chi è' }).click()
  const whose = story.getByRole('form', { name: 'Di chi è' })
  await whose.getByRole('button', { name: 'Conferma' }).click()
  await expect(whose.getByText('Scegli la persona.')).toBeVisible()
  await whose.getByLabel('Cerca la persona').fill('Bruno Sala')
  await whose.getByRole('option', { name: 'Bruno Sala' }).first().click()
  await expect(whose.getByText('Per Bruno Sala')).toBeVisible()
  await whose.getByRole('button', { name: 'Conferma' }).click()
  await expect(whose).toBeHidden()
  await expect(story.getByText('Per Bruno Sala')).toBeVisible()
  await expect(story.getByText('Ora si sa di chi è')).toBeVisible()
  await expect.poll(async () => (await supervisor.tickets.get({ id })).ticket.citizenId).not.toBeNull()

  await story.getByRole('button', { name: 'Non è di questa persona' }).click()
  const wrong = story.getByRole('form', { name: 'Non è di questa persona' })
  await expect(wrong.getByText(/^Ciò che era scritto a questa persona/)).toBeVisible()
  await wrong.getByRole('button', { name: 'Conferma' }).click()
  await expect(wrong.getByText('Scrivi il motivo.')).toBeVisible()
  await wrong.getByLabel('Motivo').fill('Un omonimo')
  await wrong.getByRole('button', { name: 'Conferma' }).click()
  await expect(story.getByText('Senza una persona')).toBeVisible()
  await expect(story.getByText('Un omonimo')).toBeVisible()
  await expect.poll(async () => (await supervisor.tickets.get({ id })).ticket.citizenId).toBeNull()
})

test('a file for a request that the CRM does not have yet waits on the desk, also over a restart, and goes by itself', async ({
  city,
  desks,
}) => {
  let desk = await desks.open()
  await desk.comeIn()
  await desk.openFromMenu('Esci')
  await desk.signIn()
  await desk.beginShift()
  await desk.seesCacheFilled()
  await city.killCrm()
  await expect(desk.truth).toContainText('CRM assente')
  await city.call('stays-on-the-line')
  await desk.answer()
  await desk.openRequest('Segnalazione', 'Tessera elettorale', 'Allega la ricevuta.')
  await desk.hangUp()
  await desk.wrapUp('Richiesta aperta')
  const opensIt = async () => {
    await desk.page.keyboard.press('Control+k')
    await desk.page.keyboard.type('richieste')
    await desk.page.getByRole('menuitem', { name: /^Richieste:/ }).click()
    await desk.story.getByText('Del gruppo', { exact: true }).click()
    await desk.story.getByRole('button', { name: /^Protocollo in arrivo, Tessera elettorale/ }).click()
  }
  await opensIt()
  const files = () => desk.story.getByRole('region', { name: 'Allegati' })
  const adds = (name: string) =>
    files()
      .locator('input[type=file]')
      .setInputFiles({ name, mimeType: 'text/plain', buffer: Buffer.from('Pagato.') })
  const waits = (name = 'ricevuta.txt') => files().getByRole('listitem').filter({ hasText: name })
  await adds('ricevuta.txt')
  await expect(waits()).toContainText('aspetta il CRM')
  await adds('sbagliato.txt')
  await expect(waits('sbagliato.txt')).toContainText('aspetta il CRM')
  await desk.truth.getByRole('button', { name: /CRM assente/ }).click()
  await desk.page.getByRole('button', { name: 'Mostra gli invii' }).click()
  const wrong = desk.story.getByRole('listitem').filter({ hasText: 'sbagliato.txt' })
  await wrong.getByRole('button', { name: 'Togli il file' }).click()
  await wrong.getByRole('button', { name: 'No, lascia' }).click()
  await wrong.getByRole('button', { name: 'Togli il file' }).click()
  await wrong.getByRole('button', { name: 'Sì, togli' }).click()
  await expect(wrong).toBeHidden()
  await expect(desk.story.getByText('ricevuta.txt')).toBeVisible()
  desk = await desks.restart()
  await expect(desk.truth).toContainText('CRM assente')
  await opensIt()
  await expect(waits()).toContainText('aspetta il CRM')

  await city.startCrm()
  await desk.seesAllWell()
  await expect(files().getByRole('button', { name: 'Scarica ricevuta.txt' })).toBeVisible({ timeout: 60_000 })
  await expect(waits()).not.toContainText('aspetta il CRM')
})

test('a report for the city’s platform says that somebody has to enter it there, and takes its number', async ({
  city,
  desks,
}) => {
  const desk = await desks.open()
  const { page, sheet, story } = desk
  // Whoever was here before may be a specialist, who is told that it is opened, and sees no request of another team.
  await desk.comeIn()
  await desk.openFromMenu('Esci')
  await desk.signIn('marta')
  await desk.beginShift()
  await city.call('unknown-number')
  await desk.answer()
  await desk.openRequest('Segnalazione', 'Buche', 'Un’altra buca in via Larga.')
  await expect(sheet.getByText(/^Richiesta aperta: è di un altro gruppo/)).toBeVisible()
  await desk.hangUp()
  await desk.wrapUp('Richiesta aperta')
  await desk.seesAllWell()
  await desk.openFromMenu('Esci')
  await desk.signIn()
  await desk.beginShift()
  await city.call('unknown-number')
  await desk.answer()
  await desk.openRequest('Segnalazione', 'Buche', 'Una buca in via Larga.')
  const enter = sheet.getByRole('region', {
    name: 'Da inserire presso: Segnalazioni per la cura della città',
  })
  await expect(enter).toContainText('riporta qui il numero che assegna')
  const protocol = (await sheet.getByText(/R-\d{4}-\d{6}/).textContent())?.match(/R-\d{4}-\d{6}/)?.[0] ?? ''
  await desk.hangUp()
  await desk.wrapUp('Richiesta aperta')
  await desk.seesAllWell()

  // Nobody wrote the number during the call: it is in sight at rest, and in a list.
  const below = story.getByRole('region', { name: 'Da inserire altrove' })
  await below.getByRole('button', { name: 'Guarda' }).click()
  await story.getByRole('button', { name: protocol }).click()
  const inside = story.getByRole('region', {
    name: 'Da inserire presso: Segnalazioni per la cura della città',
  })
  await inside.getByRole('button', { name: 'Registra il numero' }).click()
  await expect(inside).toContainText('Scrivi il numero.')
  await inside.getByLabel('Numero che le hanno dato').fill('SEG-77')
  await page.keyboard.press('Enter')
  await expect(inside).toBeHidden()
  await expect(story.getByText('Numero presso Segnalazioni per la cura della città: SEG-77')).toBeVisible()
  await story.getByRole('button', { name: 'Indietro' }).click()
  await expect(story.getByRole('button', { name: protocol })).toHaveCount(0)
})
