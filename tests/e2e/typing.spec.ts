import type { Page } from '@playwright/test'
import { City } from '../support/city.ts'
import { expect, test } from './desk.ts'
import { Operator } from './operator.ts'
import { typist } from './typist.ts'

let city: City
test.beforeAll(async () => {
  city = await City.open(undefined, { afterCallSeconds: 1 })
})
test.afterAll(() => city.close())
test.afterEach(() => city.stopDesk())
test.beforeEach(({ shell }) => test.skip(shell === 'electron', 'only the loopback host has a second window'))

/** A desk in its own process, as it was left by the one before. */
async function opened(page: Page): Promise<Operator> {
  const desk = await Operator.at(page, await city.startDesk())
  await expect(page.getByRole('button', { name: 'Entra' }).or(desk.call)).toBeVisible()
  if (!(await desk.call.isVisible())) await desk.signIn()
  await desk.seesAllWell()
  return desk
}

/** What a window asks of its host beside watching, saving its drafts and linking by itself who calls. */
function deeds(page: Page): string[] {
  const asked: string[] = []
  page.on('websocket', (socket) =>
    socket.on('framesent', ({ payload }) => {
      for (const [, path = ''] of String(payload).matchAll(
        /"u":"[^"]*?\/((?:calls|work|agent|session)\/\w+)"/g,
      ))
        if (!/\/(watch|list|history|directory|save|made)$/.test(path)) asked.push(path)
    }),
  )
  return asked
}

test('typing in a note while calls ring, are cancelled, taken over and end loses no key and moves no call', async ({
  page,
  browser,
}) => {
  const asked = deeds(page)
  const desk = await opened(page)
  await desk.goReady()
  await city.call('stays-on-the-line')
  await desk.answer()
  expect(asked).toContain('calls/answer')
  // A window of its own: one behind another would be drawn once a second.
  const otherPage = await (await browser.newContext()).newPage()
  const other = await Operator.at(otherPage, await city.deskUrl())
  await other.talks()
  const elsewhere = 'Le telefonate sono in un’altra finestra'
  await expect(otherPage.getByText(elsewhere)).toBeVisible()
  await otherPage.keyboard.press('Alt+w')
  await expect(page.getByText(elsewhere)).toBeVisible()
  await expect(otherPage.getByText(elsewhere)).toHaveCount(0)

  await desk.note.focus()
  asked.length = 0
  const hands = typist(page)
  await test.step('the call ends under the hands, and the time to wrap it up', async () => {
    await otherPage.keyboard.press('Alt+f')
    await expect(desk.sheet.getByRole('heading', { name: 'Chiudi la conversazione' })).toBeVisible()
    await expect(desk.state('Disponibile')).toBeVisible()
  })
  await test.step('one rings and gives up', async () => {
    await city.call('hangs-up-while-ringing')
    await desk.rings()
    await expect(desk.call.getByRole('button', { name: 'Rispondi' })).toHaveCount(0)
  })
  await test.step('one rings, is answered in another window, and ends there', async () => {
    await city.call('stays-on-the-line')
    await desk.rings()
    await other.rings()
    await otherPage.keyboard.press('Alt+Enter')
    await other.talks()
    await expect(desk.verb('Muto')).toBeVisible()
    await other.hangUp()
    await expect(desk.verb('Muto')).toHaveCount(0)
    await expect(desk.state('Disponibile')).toBeVisible()
  })
  await test.step('one rings and nobody answers', async () => {
    await city.call('stays-on-the-line')
    await desk.rings()
    await other.rings()
    await otherPage.keyboard.press('Alt+x')
    await expect(desk.call.getByRole('button', { name: 'Rispondi' })).toHaveCount(0)
  })
  const text = await hands.stop()

  await expect(desk.note).toBeFocused()
  await expect(desk.note).toHaveValue(text)
  expect(text).toContain('123456')
  await desk.saved()
  expect(asked).toEqual([])
  await test.step('what the refused call made of the state is undone with one key', async () => {
    await expect(desk.call.getByRole('button', { name: 'Torna disponibile' })).toBeVisible()
    await page.keyboard.press('Alt+t')
    await expect.poll(async () => (await city.line()).agents[0]?.state.kind).toMatch(/ready|offered|in-call/)
    expect(asked).toEqual(['agent/setDesired'])
    await expect(desk.note).toHaveValue(text)
  })
})

test('who answers while typing goes on typing in the note of the new call', async ({ page }) => {
  const desk = await opened(page)
  await page.getByRole('button', { name: /^(Comincia a rispondere|Torna disponibile)/ }).click()
  if ((await city.line()).calls.length === 0) await city.call('stays-on-the-line')
  await desk.answer()
  await desk.note.focus()
  await page.keyboard.type('Prima telefonata.')
  await page.keyboard.press('Alt+f')
  await expect(desk.state('Disponibile')).toBeVisible()
  await city.call('stays-on-the-line')
  await desk.rings()
  await page.keyboard.type(' Ancora.')
  await page.keyboard.press('Alt+Enter')
  await desk.talks()
  await expect(desk.note).toHaveValue('')
  await expect(desk.note).toBeFocused()
  await page.keyboard.type('Seconda 123 usw.')
  await expect(desk.note).toHaveValue('Seconda 123 usw.')
  await desk.saved()
  await page.keyboard.press('Alt+f')
})

test('a digit that chooses who of a household rings says nothing of the conversation before', async ({
  page,
}) => {
  const desk = await opened(page)
  await desk.beginShift()
  await city.call('stays-on-the-line')
  await desk.answer()
  await desk.hangUp()
  await expect(desk.state('Disponibile')).toBeVisible()
  await city.call('household')
  await expect(desk.person).toHaveText('Chi sta chiamando?')
  await expect(desk.sheet.getByRole('heading', { name: 'Chiudi la conversazione' })).toBeVisible()
  // What is closed, and what would be booked there, is still whose the conversation was with.
  await expect(desk.sheet).toContainText('Teresa Colombo')
  await expect(desk.sheet.getByText('Nessuna persona collegata')).toHaveCount(0)
  await expect(desk.person).toHaveText('Chi sta chiamando?')
  await page.keyboard.press('2')
  await expect(desk.person).toHaveText('Andrea Colombo')
  await expect(desk.sheet.getByRole('radio', { checked: true })).toHaveCount(0)
  // Whoever is refused would ring for the next test.
  await desk.answer()
  await desk.hangUp()
  await expect(desk.state('Disponibile')).toBeVisible()
})

type Point = { x: number; y: number }
type Chord = { key: string; code: string; altKey?: true; ctrlKey?: true }

/**
 * Lies in wait in the page itself and presses as soon as the ribbon shows somebody else: no slow machine can come too late with a key there.
 * Gives what waits until it has.
 */
async function pressWhenReplaced(page: Page, presses: readonly (Chord | Point)[]) {
  const pressed = await page.evaluateHandle((all) => {
    const shown = () =>
      `${document.querySelector('header b')?.textContent} ${document.querySelector('[aria-keyshortcuts="Alt+F"]') === null}`
    const before = shown()
    const press = (one: Chord | Point) => {
      const at = 'x' in one ? document.elementFromPoint(one.x, one.y) : document.activeElement
      const kind = { bubbles: true, cancelable: true }
      at?.dispatchEvent(
        'x' in one ? new MouseEvent('click', kind) : new KeyboardEvent('keydown', { ...one, ...kind }),
      )
    }
    return {
      done: new Promise<void>((resolve) => {
        const observer = new MutationObserver(() => {
          if (shown() === before) return
          observer.disconnect()
          setTimeout(() => {
            for (const one of all) press(one)
            resolve()
          }, 50)
        })
        observer.observe(document.body, { childList: true, characterData: true, subtree: true })
      }),
    }
  }, presses)
  return () => pressed.evaluate(({ done }) => done)
}

test('a press meant for whoever has just hung up does nothing to the one who was on hold', async ({
  page,
  browser,
}) => {
  const asked = deeds(page)
  const desk = await opened(page)
  await desk.beginShift()
  await city.call('stays-on-the-line')
  await desk.answer()
  const context = await browser.newContext()
  try {
    const luca = await Operator.at(await context.newPage(), await city.startColleague())
    await luca.comeIn('luca')
    await luca.seesAllWell()
    const speaksBesideHeld = async () => {
      await luca.dials('2001')
      await page.getByRole('button', { name: /chi è in linea resta in attesa/ }).click()
      await luca.talks()
      await expect(page.getByRole('button', { name: /^Riprendi/ })).toBeEnabled()
      asked.length = 0
    }

    await test.step('to hang up', async () => {
      await speaksBesideHeld()
      const pressed = await pressWhenReplaced(page, [{ key: 'f', code: 'KeyF', altKey: true }])
      await luca.page.keyboard.press('Alt+f')
      await pressed()
      await expect(page.getByText('Non ho potuto chiudere la chiamata.')).toBeVisible()
    })
    await test.step('to hand over, with the list of whom open', async () => {
      await page.keyboard.press('Alt+a')
      await expect(desk.verb('Attesa')).toBeVisible()
      await speaksBesideHeld()
      await desk.opensTransfer()
      await page.keyboard.type('tribut')
      await expect(page.getByRole('dialog').getByRole('option')).toHaveCount(1)
      const pressed = await pressWhenReplaced(page, [
        { key: 'Enter', code: 'Enter' },
        { key: 'Enter', code: 'Enter', ctrlKey: true },
        { key: 's', code: 'KeyS', altKey: true },
      ])
      await luca.page.keyboard.press('Alt+f')
      await pressed()
      await expect(page.getByText('La chiamata non è passata.')).toBeVisible()
      await expect(page.getByRole('dialog')).toHaveCount(0)
    })
    expect(asked).toEqual([])
    await expect(desk.verb('Riprendi')).toBeVisible()
    await test.step('and a moment later the key is for the one who stands there', async () => {
      await expect(async () => {
        await page.keyboard.press('Alt+f')
        expect(asked).toEqual(['calls/hangUp'])
      }).toPass()
    })
    await test.step('a click that was to hang up calls nobody back', async () => {
      await luca.dials('2001')
      await desk.answer()
      await luca.talks()
      const hangUp = desk.call.getByRole('button', { name: 'Chiudi', exact: true })
      await expect(hangUp).toHaveAttribute('aria-keyshortcuts', 'Alt+F')
      const box = await hangUp.boundingBox()
      if (!box) throw new Error('nothing to hang up')
      asked.length = 0
      const pressed = await pressWhenReplaced(page, [{ x: box.x + box.width / 2, y: box.y + box.height / 2 }])
      await luca.page.keyboard.press('Alt+f')
      await pressed()
      await expect(page.getByRole('button', { name: /^Richiama/ })).toBeEnabled()
      expect(asked).toEqual([])
    })
  } finally {
    await context.close()
  }
})
