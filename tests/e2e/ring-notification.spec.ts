import { expect, test } from './desk.ts'

type Shown = { title: string; options: NotificationOptions; open: boolean }
declare global {
  interface Window {
    shown: Shown[]
  }
}

test('a ring behind other windows is announced once, without sound or names, and no longer than it rings', async ({
  city,
  desks,
}) => {
  const desk = await desks.open()
  await desk.beginShift()
  await desk.page.evaluate(() => {
    window.shown = []
    document.hasFocus = () => false
    Object.assign(window, {
      Notification: class {
        static permission = 'granted'
        readonly #shown: Shown
        constructor(title: string, options: NotificationOptions) {
          this.#shown = { title, options, open: true }
          window.shown.push(this.#shown)
        }
        close() {
          this.#shown.open = false
        }
      },
    })
  })
  const notification = {
    title: 'Squilla: Ascolto',
    options: { body: 'Apri Ascolto per rispondere.', silent: true, tag: 'ring' },
  }
  await city.call('stays-on-the-line')
  await desk.rings()
  await expect.poll(() => desk.page.evaluate(() => window.shown)).toEqual([{ ...notification, open: true }])
  await desk.answer()
  await expect.poll(() => desk.page.evaluate(() => window.shown)).toEqual([{ ...notification, open: false }])
})
